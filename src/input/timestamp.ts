/** What `parseTimestamp` asks for, as a remedy. */
export const TIMESTAMP_RULE = 'Use RFC 3339 with an offset, for example 2030-01-31T00:00:00Z.'

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))$/i

/**
 * Reads an RFC 3339 date-time with its offset (section 5.6); null where the text is none, names a day that no calendar
 * has, or lies outside of the years 1 to 9999 in UTC. `Date.parse` alone takes 30 February for 1 March.
 * Fractions are cut to milliseconds; leap seconds, which a Date cannot hold, are refused.
 */
export function parseTimestamp(text: string): Date | null {
  const match = RFC_3339.exec(text)
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, offsetHour = 0, offsetMinute = 0] = match
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0))
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return null
  const date = new Date(text.toUpperCase())
  const utcYear = date.getUTCFullYear()
  return utcYear >= 1 && utcYear <= 9999 ? date : null
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (month === 2) return leap ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}
