import { parse } from 'csv-parse/sync'

/** A JSON text that must hold an object. */
export function readJson(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text)
  if (!isRecord(value)) throw new TypeError(`no JSON object: ${text.slice(0, 80)}`)
  return value
}

/** The rows of a CSV with a header, by column. */
export function readCsv(text: string): readonly Readonly<Record<string, unknown>>[] {
  const rows: unknown = parse(text, { columns: true, record_delimiter: '\r\n' })
  if (!Array.isArray(rows)) throw new TypeError('no rows')
  return rows.filter(isRecord)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
