/** Sheets of access reviews, as spreadsheets leave them. */
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'

export type SheetRow = Readonly<Record<string, string>>

/** The rows of a sheet by its columns. */
export function sheetRows(text: string): SheetRow[] {
  const [header = [], ...records] = parse(text, { bom: true })
  return records.map((cells) => Object.fromEntries(header.map((key, index) => [key, cells[index] ?? ''])))
}

/** Who has what: `ed_dev_user: editor on shop_dev_db`. */
export function rightIn({ login = '', right = '', database = '' }: SheetRow): string {
  return `${login}: ${right}${database === '' ? '' : ` on ${database}`}`
}

/** The sheet with what was decided, by `rightIn`; null leaves it open. */
export function decide(text: string, decisionOf: (right: string) => string | null): SheetRow[] {
  return sheetRows(text).map((row) => {
    const decision = decisionOf(rightIn(row))
    return decision === null ? row : { ...row, decision, reviewer: 'Zoë Müller', decided_on: '28.11.2026' }
  })
}

/** As a spreadsheet of a European locale saves it: semicolons, CRLF, a byte order mark, empty lines at the end. */
export function fromSpreadsheet(rows: readonly SheetRow[], delimiter = ';'): string {
  const columns = Object.keys(rows[0] ?? {})
  const body = stringify(
    rows.map((row) => columns.map((column) => row[column] ?? '')),
    { header: true, columns, delimiter, record_delimiter: '\r\n', bom: true },
  )
  return `${body}${delimiter.repeat(columns.length - 1)}\r\n\r\n`
}
