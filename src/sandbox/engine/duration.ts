const form = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/

/** An instant later by an ISO 8601 duration, in milliseconds; null where it is none. The 31st plus a month is its last day. */
export function after(instant: number, duration: string): number | null {
  const parts = form.exec(duration)
  if (!parts || duration === 'P' || duration.endsWith('T')) return null
  const [years, months, weeks, days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const date = new Date(instant)
  const dayOfMonth = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + 12 * years + months)
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(dayOfMonth, lastDay))
  const left = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds
  return date.getTime() + left * 1000
}
