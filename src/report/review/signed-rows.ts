/** The rows of a sheet that came back, whatever a spreadsheet made of the file. */
import { CsvError, parse } from 'csv-parse/sync'
import * as v from 'valibot'
import { InvalidInputError } from '../../errors.ts'
import type { Problem } from '../../model/problem.ts'
import type { SheetKey } from './sheet.ts'

/** Columns that are read; what else stands in the file is for people. */
const READ = [
  'line',
  'environment',
  'instance',
  'stack',
  'database',
  'database_owner',
  'login',
  'application',
  'right',
  'details',
  'logs_in_by',
  'looked_at',
  'scope',
  'id',
  'decision',
  'reviewer',
  'decided_on',
  'comment',
] as const satisfies readonly SheetKey[]
export type ReadKey = (typeof READ)[number]
const CELLS = v.object(v.entriesFromList(READ, v.string()))
export type Cells = Readonly<v.InferOutput<typeof CELLS>>

/** Without these it is no sheet; others may be missing. */
const NEEDED = [
  'environment',
  'instance',
  'stack',
  'database',
  'login',
  'right',
  'details',
  'looked_at',
  'scope',
  'id',
  'decision',
  'reviewer',
] as const satisfies readonly ReadKey[]

export interface Row {
  /** Line of the file, from 1 on. */
  readonly at: number
  readonly cells: Cells
}

export interface Fault {
  readonly message: string
  readonly remedy: string
}

export const GIVE = 'Give the CSV file that `report --review --format csv` wrote, filled in.'

/** @throws InvalidInputError where it is no sheet */
export function readRows(text: string): Row[] {
  const records = readRecords(text, delimiterOf(text))
  const [header] = records
  if (header === undefined) return []
  const keys = header.cells.map((title) => title.toLowerCase().replace(/\s+/g, '_'))
  const missing = NEEDED.filter((key) => !keys.includes(key))
  if (missing.length > 0)
    throw refusal([{ message: `has no column ${missing.join(', ')} in its first line.`, remedy: GIVE }])
  const double = READ.filter((key) => keys.indexOf(key) !== keys.lastIndexOf(key))
  if (double.length > 0)
    throw refusal([{ message: `has two columns ${double.join(', ')}.`, remedy: 'Rename those that were added.' }])
  return records.slice(1).map(({ at, cells }) => {
    const cell = (key: ReadKey): string => unescape(cells[keys.indexOf(key)] ?? '')
    return { at, cells: v.parse(CELLS, Object.fromEntries(READ.map((key) => [key, cell(key)]))) }
  })
}

/** One apostrophe in front is ours (`toCsv`). */
function unescape(cell: string): string {
  return cell.startsWith("'") ? cell.slice(1) : cell
}

/** A spreadsheet writes the separator of its language: what stands between names that are known is it. */
function delimiterOf(text: string): string {
  const [header = ''] = text.split(/\r?\n/, 1)
  const count = (delimiter: string): number => header.split(delimiter).length
  return [',', ';', '\t'].reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best))
}

function readRecords(text: string, delimiter: string): { readonly at: number; readonly cells: readonly string[] }[] {
  const records: { at: number; cells: string[] }[] = []
  try {
    parse(text, {
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
      on_record: (cells: string[], { lines }) => {
        records.push({ at: lines, cells: cells.map((cell) => cell.trim()) })
        return null
      },
    })
  } catch (error) {
    if (error instanceof CsvError) throw refusal([{ message: `is no CSV: ${error.message}.`, remedy: GIVE }])
    throw error
  }
  return records
}

/** So many are told one by one: what is wrong with one line is often wrong with all. */
const TOLD = 20

/** @returns each that cannot be taken, and why */
export function refusal(faults: readonly Fault[]): InvalidInputError {
  const more = faults.length - TOLD
  const problems = faults.slice(0, TOLD).map(problemOf)
  const rest =
    more > 0 ? [problemOf({ message: `${String(more)} lines more cannot be taken.`, remedy: 'Mend these first.' })] : []
  return new InvalidInputError([...problems, ...rest])
}

function problemOf({ message, remedy }: Fault): Problem {
  return { application: null, code: 'unusable_sheet', field: '--signed', message, remedy }
}
