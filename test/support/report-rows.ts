/** A report as data. */

/** The rows of a section of a report that was printed as JSON. @throws TypeError where there is none. */
export function rowsOf(text: string, section: string): Record<string, unknown>[] {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || !('sections' in value)) throw new TypeError('no report')
  const { sections } = value
  if (typeof sections !== 'object' || sections === null) throw new TypeError('no sections')
  const rows: unknown = Object.entries(sections).find(([id]) => id === section)?.[1]
  if (!isListOfObjects(rows)) throw new TypeError(`no section ${section}`)
  return rows
}

function isListOfObjects(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null)
}
