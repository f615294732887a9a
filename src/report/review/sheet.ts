/** Lines as the sheet that reviewers fill in. */
import type { Column, ReportRow, Section } from '../report.ts'
import { counted } from '../verdict.ts'
import type { LastChange } from './history.ts'
import { type ColumnKey, columnsOf, RIGHT_KEYS } from './columns.ts'
import { type Line, NOT_SEEN } from './line.ts'

/** The sheet's file, in its order; `report --signed` finds them by their keys. */
const SHEET_KEYS = [
  'line',
  ...RIGHT_KEYS,
  'last_change',
  'last_change_build',
  'last_change_by',
  'looked_at',
  'scope',
  'id',
  'decision',
  'reviewer',
  'decided_on',
  'comment',
] as const satisfies readonly ColumnKey[]

export type SheetKey = (typeof SHEET_KEYS)[number]

/** On paper there is less room: what belongs together stands together. */
const PAPER_COLUMNS = [
  { key: 'line', title: 'Line' },
  { key: 'database', title: 'Database (owner)' },
  { key: 'login', title: 'Login (application)' },
  { key: 'right', title: 'Right' },
  { key: 'via', title: 'By' },
  { key: 'logs_in_by', title: 'Logs in by' },
  { key: 'tags', title: 'Tags' },
  { key: 'last_change', title: 'Last change' },
  { key: 'decision', title: 'Decision', isForm: true },
  { key: 'reviewer', title: 'Reviewer, date', isForm: true },
] as const satisfies readonly Column[]
type PaperKey = (typeof PAPER_COLUMNS)[number]['key']

export interface Sheet {
  readonly lines: readonly Line[]
  /** When the server was asked. */
  readonly lookedAt: Date
  /** What `report` was restricted to, in words; '': nothing. */
  readonly scope: string
  readonly lastChange: (line: Line) => LastChange | null
}

/** All columns, for a spreadsheet or a program. */
export function sheetSection(sheet: Sheet): Section {
  return section(sheet, columnsOf(SHEET_KEYS), (line, index) => {
    const cells = cellsOf(sheet, line, index)
    return SHEET_KEYS.map((key) => cells[key])
  })
}

/** What a person needs to decide, with boxes to tick. */
export function paperSection(sheet: Sheet): Section {
  return section(sheet, PAPER_COLUMNS, (line, index) => {
    const cells = paperCells(line, index, sheet.lastChange(line))
    return PAPER_COLUMNS.map(({ key }) => cells[key])
  })
}

function section(
  sheet: Sheet,
  columns: readonly Column[],
  cellsFor: (line: Line, index: number) => ReportRow['cells'],
): Section {
  const { lines } = sheet
  const beyond = lines.filter(({ declared }) => declared === 'no').length
  const unseen = lines.filter(({ right }) => right === NOT_SEEN).length
  const parts = [
    ...(beyond === 0 ? [] : [counted(beyond, 'right that is not declared', 'rights that are not declared')]),
    ...(unseen === 0 ? [] : [counted(unseen, 'database not looked into', 'databases not looked into')]),
  ]
  return {
    id: 'review',
    title: 'Access review',
    about:
      `${counted(lines.length, 'line', 'lines')}, as the server had it at ${timeOf(sheet)}. ` +
      'Decide keep, revoke or change for each, and put your name and the date beside it.',
    attention: parts.length === 0 ? null : parts.join(' and '),
    columns,
    rows: lines.map((line, index): ReportRow => ({
      cells: cellsFor(line, index),
      environment: line.environment,
      application: line.database_owner === '' ? line.application : line.database_owner,
      ...(line.declared !== 'yes' && { mark: 'warning' }),
    })),
  }
}

function cellsOf(sheet: Sheet, line: Line, index: number): Readonly<Record<SheetKey, string>> {
  const change = sheet.lastChange(line)
  return {
    ...line,
    // A spreadsheet takes 7/42 for a date.
    line: `${String(index + 1)} of ${String(sheet.lines.length)}`,
    last_change: change?.at ?? '',
    last_change_build: change?.build ?? '',
    last_change_by: change?.actor ?? '',
    looked_at: timeOf(sheet),
    scope: sheet.scope,
    decision: '',
    reviewer: '',
    decided_on: '',
    comment: '',
  }
}

const DECLARED: Readonly<Record<string, string>> = {
  yes: 'declared',
  no: 'not declared',
  'no longer': 'no longer declared',
}

function paperCells(line: Line, index: number, change: LastChange | null): Readonly<Record<PaperKey, string>> {
  const { database, database_owner: owner, login, application, right, details, via, declared } = line
  const named = (name: string, whose: string): string => (whose === '' ? name : `${name} (${whose})`)
  const until = line.valid_until === '' ? '' : ` until ${dayOf(line.valid_until)}`
  return {
    line: String(index + 1),
    database: named(database, owner),
    login: named(login, application),
    right: details === '' ? right : `${right}: ${details}`,
    via: [via, DECLARED[declared] ?? ''].filter((word) => word !== '').join(', '),
    logs_in_by: `${line.logs_in_by}${until}`,
    tags: line.tags,
    last_change: change === null ? '' : `${dayOf(change.at)} by build ${change.build}`,
    // A box stays with its word.
    decision: '☐\u00a0keep ☐\u00a0revoke ☐\u00a0change',
    reviewer: '',
  }
}

function dayOf(time: string): string {
  return time.slice(0, 'YYYY-MM-DD'.length)
}

/** To the second. */
function timeOf({ lookedAt }: Sheet): string {
  return `${lookedAt.toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)}Z`
}
