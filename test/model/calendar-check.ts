import { fullPeriod, periodContaining, periodNumber } from '../../src/kernel/period.js'
import { type Interval, periodOf, pricedPeriodOf, type Schedule } from './calendar.js'

export const zones = Intl.supportedValuesOf('timeZone')
export const intervals: readonly Interval[] = ['DAY', 'WEEK', 'MONTH', 'YEAR']

/** Where the product's calendar and the other library's part, or the periods do not join; null where all is well. */
export function calendarFault(schedule: Schedule, n: number): string | null {
  const { anchorAt, count: intervalCount, zone: timeZone, interval, anchor } = schedule
  const ours = { anchorAt: new Date(anchorAt), interval, intervalCount, anchor, timeZone }
  const [period, next] = [periodNumber(n, ours), periodNumber(n + 1, ours)]
  const expected = periodOf(schedule, n)
  const whole = fullPeriod(n, ours)
  const priced = pricedPeriodOf(schedule, n)
  const faults: string[] = []
  const same = (name: string, real: Date, wanted: number) => {
    if (real.getTime() !== wanted)
      faults.push(`${name} is ${real.toISOString()}, and ${new Date(wanted).toISOString()} there`)
  }
  same('the start', period.start, expected.start)
  same('the end', period.end, expected.end)
  same('the start of the next', next.start, expected.end)
  same('the start of what is priced', whole.start, priced.start)
  same('the end of what is priced', whole.end, priced.end)
  if (period.start >= period.end) faults.push('it has no length')
  for (const at of [period.start, new Date(period.end.getTime() - 1)]) {
    if (faults.length === 0 && periodContaining(at, ours).number !== n)
      faults.push(`${at.toISOString()} is in another period`)
  }
  const about = `${timeZone} ${anchor} ${intervalCount} ${interval} from ${ours.anchorAt.toISOString()}, period ${n}`
  return faults.length === 0 ? null : `${about}: ${faults.join('; ')}`
}
