/** A sheet that came back: what was decided, whatever a spreadsheet made of the file. */
import { show } from '../../input/text.ts'
import { isIdOf } from './line.ts'
import { type Cells, type Fault, GIVE, type ReadKey, readRows, refusal, type Row } from './signed-rows.ts'

export const DECISIONS = ['keep', 'revoke', 'change'] as const
export type Decision = (typeof DECISIONS)[number]

export interface SignedLine {
  /** Of the file, from 1 on. */
  readonly at: number
  readonly id: string
  /** null: not decided. */
  readonly decision: Decision | null
  readonly cells: Cells
}

export interface SignedSheet {
  readonly lines: readonly SignedLine[]
  /** When the server was asked for it, as the sheet says. */
  readonly lookedAt: string
  /** Lines that the sheet had and this file does not. */
  readonly missing: number
}

/** Which sheets are taken. */
export interface Expected {
  readonly environment: string
  readonly instance: string
  readonly stack: string
  /** What this report is restricted to, in words. */
  readonly scope: string
}

const RESTORE = 'Put back what the sheet had there, or decide in a new sheet.'

/**
 * @param text of the file, decoded
 * @throws InvalidInputError with each line that cannot be taken, and why
 */
export function parseSigned(text: string, expected: Expected): SignedSheet {
  const rows = readRows(text.replace(/^\ufeff/, '').replace(/^sep=.\r?\n/i, ''))
  const [first] = rows
  if (first === undefined) throw refusal([{ message: 'has no line.', remedy: GIVE }])
  const foreign = foreignOf(rows, expected)
  if (foreign.length > 0) throw refusal(foreign)
  const lines = rows.map(({ at, cells }) => ({ at, cells, id: cells.id, decision: decisionOf(cells.decision) }))
  const faults = [
    ...mixed(rows),
    ...otherPart(first, expected),
    ...rows.flatMap(({ at, cells }) => lineFaults(at, cells)),
    ...repeated(rows),
  ]
  if (faults.length > 0) throw refusal(faults)
  const total = /\bof (\d{1,7})$/.exec(first.cells.line)?.[1]
  return {
    lines,
    lookedAt: first.cells.looked_at,
    missing: total === undefined ? 0 : Math.max(Number(total) - lines.length, 0),
  }
}

/** A sheet of another stack tells nothing of this one. */
function foreignOf(rows: readonly Row[], expected: Expected): Fault[] {
  const fields = ['environment', 'instance', 'stack'] as const
  const told = new Set<string>()
  return rows.flatMap(({ at, cells }): Fault[] => {
    const other = fields.filter((field) => cells[field] !== expected[field])
    const words = other.map((field) => `${field} ${show(cells[field])} and not ${show(expected[field])}`).join(', ')
    if (cells.id === '' || other.length === 0 || told.size === told.add(words).size) return []
    return [
      { message: `is a sheet of ${words} (line ${String(at)}).`, remedy: 'Give the declaration that it was made of.' },
    ]
  })
}

/** One sheet is one look, at one part. */
function mixed(rows: readonly Row[]): Fault[] {
  const differing = (key: ReadKey): Row | undefined => rows.find(({ cells }) => cells[key] !== rows[0]?.cells[key])
  const fault = (row: Row | undefined, message: (row: Row) => string): Fault[] =>
    row === undefined ? [] : [{ message: message(row), remedy: 'Give one sheet at a time.' }]
  return [
    ...fault(
      differing('looked_at'),
      ({ at, cells }) => `is of several looks: line ${String(at)} is of ${show(cells.looked_at)}.`,
    ),
    ...fault(
      differing('scope'),
      ({ at, cells }) => `is of several parts: line ${String(at)} is of ${show(cells.scope)}.`,
    ),
  ]
}

/** What a sheet of one application does not have would seem to have come since. */
function otherPart({ cells }: Row, { scope }: Expected): Fault[] {
  if (cells.scope === scope) return []
  const nameOf = (part: string): string => (part === '' ? 'everything' : show(part))
  return [
    {
      message: `is a sheet of ${nameOf(cells.scope)} and not of ${nameOf(scope)}.`,
      remedy: 'Give the same --environment, --application and --database as for the sheet.',
    },
  ]
}

function lineFaults(at: number, cells: Cells): Fault[] {
  const line = `line ${String(at)}`
  const { id, decision, login, database, right } = cells
  const isId = /^r[0-9a-f]{20}$/.test(id)
  const where = database === '' ? '' : ` on ${show(database)}`
  return [
    ...(isId ? [] : [{ message: `${line}: ${show(id)} is no id of a line.`, remedy: RESTORE }]),
    ...(isId && !isIdOf(id, cells)
      ? [
          {
            message: `${line}: its id is not that of ${show(login)}: ${show(right)}${where}, which stands beside it.`,
            remedy: `Was the sheet sorted by some of its columns only? ${RESTORE}`,
          },
        ]
      : []),
    ...(decision === '' || decisionOf(decision) !== null
      ? []
      : [
          {
            message: `${line}: ${show(decision)} is no decision.`,
            remedy: `Use one of ${DECISIONS.join(', ')}, or leave it empty.`,
          },
        ]),
  ]
}

function decisionOf(cell: string): Decision | null {
  return DECISIONS.find((decision) => decision === cell.toLowerCase()) ?? null
}

function repeated(rows: readonly Row[]): Fault[] {
  const seen = new Map<string, number>()
  return rows.flatMap(({ at, cells: { id } }): Fault[] => {
    const before = seen.get(id)
    seen.set(id, at)
    if (before === undefined || id === '') return []
    return [
      {
        message: `line ${String(at)}: it is the same right as in line ${String(before)}.`,
        remedy: 'Keep one of the two.',
      },
    ]
  })
}
