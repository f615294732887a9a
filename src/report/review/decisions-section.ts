/** A signed sheet beside what the server has, as a section. */
import type { ReportRow, Section } from '../report.ts'
import { counted } from '../verdict.ts'
import { columnsOf } from './columns.ts'
import type { SignedSheet } from './signed.ts'
import { type Judged, type DecisionState, DECISION_STATES } from './states.ts'

const COLUMNS = columnsOf(
  [
    'state',
    'decision',
    'database',
    'database_owner',
    'login',
    'application',
    'right',
    'details',
    'note',
    'remedy',
    'reviewer',
    'decided_on',
    'comment',
    'line',
    'id',
  ],
  { remedy: 'What would do it', line: 'Line of the file' },
)

const MARKS: Partial<Readonly<Record<DecisionState, string>>> = {
  'not carried out yet': 'failed',
  'not known': 'failed',
  'not decided': 'failed',
  'not on the sheet': 'warning',
  'kept, and changed since': 'warning',
  'changed since': 'warning',
  'decided keep, and gone': 'warning',
  'carried out': 'created',
}

/** @param judged in the order in which they are told */
export function decisionsSection(sheet: SignedSheet, judged: readonly Judged[], environment: string): Section {
  const told = DECISION_STATES.map((state) => [state, judged.filter((item) => item.state === state).length] as const)
  const counts = told.filter(([, count]) => count > 0).map(([state, count]) => `${String(count)} ${state}`)
  const attention = told
    .filter(([state, count]) => count > 0 && ['failed', 'warning'].includes(MARKS[state] ?? ''))
    .map(([state, count]) => `${String(count)} ${state}`)
  return {
    id: 'decisions',
    title: 'Decisions of the review',
    about: `Of the sheet of ${sheet.lookedAt}, by what the server has now: ${counts.join('; ')}.`,
    attention: attention.length === 0 ? null : attention.join(', '),
    columns: COLUMNS,
    rows: judged.map((item) => rowOf(item, environment)),
  }
}

function rowOf({ state, signed, line, note }: Judged, environment: string): ReportRow {
  const cells = signed?.cells
  const isToDo = state === 'not carried out yet'
  const owner = line?.database_owner ?? cells?.database_owner ?? ''
  const application = line?.application ?? cells?.application ?? ''
  return {
    cells: [
      state,
      signed?.decision ?? '',
      line?.database ?? cells?.database ?? '',
      owner,
      line?.login ?? cells?.login ?? '',
      application,
      line?.right ?? cells?.right ?? '',
      line?.details ?? cells?.details ?? '',
      note,
      isToDo ? (line?.remedy ?? 'see the lines in its place') : '',
      cells?.reviewer ?? '',
      cells?.decided_on ?? '',
      cells?.comment ?? '',
      signed?.at ?? null,
      line?.id ?? signed?.id ?? '',
    ],
    environment,
    application: owner === '' ? application : owner,
    mark: MARKS[state] ?? 'no_change',
  }
}

/** Why it is not as it was signed; empty: each decision is carried out, and each line decided by somebody. */
export function openSentences(sheet: SignedSheet, judged: readonly Judged[]): string[] {
  const count = (state: DecisionState): number => judged.filter((item) => item.state === state).length
  const unsigned = sheet.lines.filter(({ decision, cells }) => decision !== null && cells.reviewer === '').length
  const sentences: readonly (readonly [number, string, string])[] = [
    [count('not carried out yet'), 'decision is not carried out yet', 'decisions are not carried out yet'],
    [count('not known'), 'line is not known: nobody could look', 'lines are not known: nobody could look'],
    [count('not decided'), 'line is not decided', 'lines are not decided'],
    [unsigned, 'decision has no reviewer', 'decisions have no reviewer'],
    [sheet.missing, 'line of the sheet is missing in the file', 'lines of the sheet are missing in the file'],
  ]
  return sentences.flatMap(([number, one, many]) => (number === 0 ? [] : [`${counted(number, one, many)}.`]))
}
