import { toCsv } from '../../audit/governance/csv.ts'
import type { Section } from '../report.ts'

/** One section as RFC 4180 with a header of the columns' keys, safe to open in a spreadsheet. */
export function sectionCsv({ columns, rows }: Section): string {
  return toCsv([columns.map(({ key }) => key), ...rows.map(({ cells }) => cells.map((cell) => String(cell ?? '')))])
}
