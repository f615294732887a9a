import { toCsv } from '../../audit/governance/csv.ts'
import type { Section } from '../report.ts'

/** One section as RFC 4180 with a header of the columns' keys, safe to open in a spreadsheet. */
export function sectionCsv({ columns, rows }: Section): string {
  const cellsOf = ({ cells }: Section['rows'][number]): string[] =>
    cells.map((cell) => disarmSemicolons(String(cell ?? '')))
  return toCsv([columns.map(({ key }) => key), ...rows.map(cellsOf)])
}

/**
 * Where a spreadsheet's language separates cells by semicolons, it begins a new one within a text that has some: the
 * apostrophe goes before a formula there too. It stays when the file is read again, and is put before none twice.
 */
export function disarmSemicolons(text: string): string {
  return text.replace(/;(?=[\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20])/g, ";'")
}
