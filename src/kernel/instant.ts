// Making a format takes a hundred times as long as using it, and there are only so many zones.
const formats = new Map<string, Intl.DateTimeFormat>()

/** An instant as people of a time zone write it: 14 March 2026 at 10:30 (Europe/Berlin). */
export function instantText(instant: Date, timeZone: string): string {
  return `${formatOf(timeZone).format(instant)} (${timeZone})`
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'long', timeStyle: 'short' })
  formats.set(timeZone, format)
  return format
}
