/** The columns of an access review, named once: its lines, its sheet and what became of a sheet have some each. */
import type { Column } from '../report.ts'

const TITLES = {
  line: 'Line',
  state: 'What became of it',
  environment: 'Environment',
  instance: 'Instance',
  stack: 'Stack',
  database: 'Database',
  database_owner: 'Owner',
  login: 'Login',
  application: 'Application',
  right: 'Right',
  details: 'Details',
  via: 'By',
  declared: 'Declared',
  logs_in_by: 'Logs in by',
  tags: 'Tags',
  valid_until: 'Valid until',
  granted_by: 'Granted by',
  last_change: 'Last change',
  last_change_build: 'By build',
  last_change_by: 'Changed by',
  looked_at: 'Looked at',
  scope: 'Only',
  note: 'Note',
  remedy: 'What takes it away',
  id: 'Id',
  decision: 'Decision',
  reviewer: 'Reviewer',
  decided_on: 'Decided on',
  comment: 'Comment',
} as const

export type ColumnKey = keyof typeof TITLES

/** What names a right and says what it is, in the order of the columns. */
export const RIGHT_KEYS = [
  'environment',
  'instance',
  'stack',
  'database',
  'database_owner',
  'login',
  'application',
  'right',
  'details',
  'via',
  'declared',
  'logs_in_by',
  'tags',
  'valid_until',
  'granted_by',
] as const satisfies readonly ColumnKey[]

/**
 * @param keys in the order of the columns
 * @param others titles that are others there
 */
export function columnsOf(
  keys: readonly ColumnKey[],
  others: Readonly<Partial<Record<ColumnKey, string>>> = {},
): Column[] {
  return keys.map((key) => ({ key, title: others[key] ?? TITLES[key] }))
}
