import { DateTime } from 'luxon'
import { calendarFault, intervals, zones } from './calendar-check.js'

/**
 * `npm run calendar [-- ZONE …]` compares every period of a hundred years, from each day of January and February of a leap year on, in each time
 * zone, with another library's. All zones take hours.
 */
const wanted = process.argv.slice(2)
const counts = { DAY: [1, 30], WEEK: [1, 2], MONTH: [1, 3], YEAR: [1] }
const periodsInAHundredYears = { DAY: 36_525, WEEK: 5_218, MONTH: 1_200, YEAR: 100 }

let compared = 0
const faults: string[] = []
for (const zone of zones.filter((name) => wanted.length === 0 || wanted.includes(name))) {
  for (const interval of intervals) for (const count of counts[interval]) compareAll(zone, interval, count)
  console.info(`${zone}: ${compared} periods compared, ${faults.length} differ`)
}
for (const fault of faults.slice(0, 100)) console.error(fault)
process.exitCode = faults.length > 0 ? 1 : 0

function compareAll(zone: string, interval: (typeof intervals)[number], count: number): void {
  const first = DateTime.fromObject({ year: 2024, month: 1, day: 1, hour: 2, minute: 30 }, { zone })
  for (const anchor of ['ANNIVERSARY', 'CALENDAR'] as const) {
    // Days and weeks, and what the calendar cuts, are the same from wherever one counts.
    const days = anchor === 'ANNIVERSARY' && (interval === 'MONTH' || interval === 'YEAR') ? 60 : 1
    for (let day = 0; day < days; day += 1) {
      const anchorAt = first.plus({ days: day }).toMillis()
      for (let n = 0; n < periodsInAHundredYears[interval] / count; n += 1) {
        const fault = calendarFault({ zone, interval, count, anchor, anchorAt }, n)
        compared += 1
        if (fault) faults.push(fault)
      }
    }
  }
}
