/** Lines as the sheet that reviewers fill in. */
import type { Column, ReportRow, Section } from '../report.ts'
import { counted } from '../verdict.ts'
import type { LastChange } from './history.ts'
import { type Line, type LineKey, NOT_SEEN } from './line.ts'

/** The sheet's file, in its order; `report --signed` finds them by their keys. */
const SHEET_COLUMNS = [
  { key: 'line', title: 'Line' },
  { key: 'environment', title: 'Environment' },
  { key: 'instance', title: 'Instance' },
  { key: 'stack', title: 'Stack' },
  { key: 'database', title: 'Database' },
  { key: 'database_owner', title: 'Owner' },
  { key: 'login', title: 'Login' },
  { key: 'application', title: 'Application' },
  { key: 'right', title: 'Right' },
  { key: 'details', title: 'Details' },
  { key: 'via', title: 'By' },
  { key: 'declared', title: 'Declared' },
  { key: 'logs_in_by', title: 'Logs in by' },
  { key: 'tags', title: 'Tags' },
  { key: 'valid_until', title: 'Valid until' },
  { key: 'granted_by', title: 'Granted by' },
  { key: 'last_change', title: 'Last change' },
  { key: 'last_change_build', title: 'By build' },
  { key: 'last_change_by', title: 'Changed by' },
  { key: 'looked_at', title: 'Looked at' },
  { key: 'scope', title: 'Only' },
  { key: 'id', title: 'Id' },
  { key: 'decision', title: 'Decision' },
  { key: 'reviewer', title: 'Reviewer' },
  { key: 'decided_on', title: 'Decided on' },
  { key: 'comment', title: 'Comment' },
] as const satisfies readonly Column[]

export type SheetKey = (typeof SHEET_COLUMNS)[number]['key']

/** On paper there is less room. */
const PAPER_COLUMNS = [
  { key: 'line', title: 'Line' },
  { key: 'database', title: 'Database' },
  { key: 'database_owner', title: 'Owner' },
  { key: 'login', title: 'Login' },
  { key: 'application', title: 'Application' },
  { key: 'right', title: 'Right' },
  { key: 'details', title: 'Details' },
  { key: 'via', title: 'By' },
  { key: 'declared', title: 'Declared' },
  { key: 'logs_in_by', title: 'Logs in by' },
  { key: 'tags', title: 'Tags' },
  { key: 'valid_until', title: 'Valid until' },
  { key: 'last_change', title: 'Last change' },
  { key: 'last_change_build', title: 'By build' },
  { key: 'decision', title: 'Decision', isForm: true },
  { key: 'reviewer', title: 'Reviewer, date', isForm: true },
] as const satisfies readonly Column[]

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
  return section(sheet, SHEET_COLUMNS, '')
}

/** What a person needs to decide, with boxes to tick. */
export function paperSection(sheet: Sheet): Section {
  return section(sheet, PAPER_COLUMNS, '☐ keep ☐ revoke ☐ change')
}

function section(sheet: Sheet, columns: readonly (Column & { readonly key: SheetKey })[], boxes: string): Section {
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
    rows: lines.map((line, index): ReportRow => {
      const cells = cellsOf(sheet, line, index, boxes)
      return {
        cells: columns.map(({ key }) => cells[key]),
        environment: line.environment,
        application: line.database_owner === '' ? line.application : line.database_owner,
        ...(line.declared !== 'yes' && { mark: 'warning' }),
      }
    }),
  }
}

function cellsOf(sheet: Sheet, line: Line, index: number, boxes: string): Readonly<Record<SheetKey | LineKey, string>> {
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
    decision: boxes,
    reviewer: '',
    decided_on: '',
    comment: '',
  }
}

/** To the second. */
function timeOf({ lookedAt }: Sheet): string {
  return `${lookedAt.toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)}Z`
}
