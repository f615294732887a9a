/** What the audit tells of the last change of a login's rights. */
import type { RecordedRun } from '../../audit/governance/entry.ts'
import type { AuditObject } from '../../model/audit.ts'
import type { Line } from './line.ts'

export interface LastChange {
  /** RFC 3339. */
  readonly at: string
  readonly build: string
  /** Who called, as AWS STS says; '' where the audit does not. */
  readonly actor: string
}

const CHANGES: ReadonlySet<string> = new Set(['created', 'updated', 'removed'])
const ON_RIGHTS: ReadonlySet<AuditObject> = new Set(['role', 'database', 'schema', 'grant', 'default_privileges'])

/**
 * By login and database, and under '' for the login wherever it is. Later runs win, in the order of the entries. What
 * somebody granted by hand is in no audit.
 */
export function lastChanges(
  { environment, instance }: Pick<Line, 'environment' | 'instance'>,
  entries: readonly RecordedRun[],
): (line: Pick<Line, 'login' | 'database'>) => LastChange | null {
  const found = new Map<string, LastChange>()
  for (const { run, records } of entries) {
    if (run !== null && run.instance !== null && run.instance.identifier !== instance) continue
    for (const { environment: of, username, database, object, status, at, build_id: build } of records) {
      if (of !== environment || username === null || !CHANGES.has(status) || !ON_RIGHTS.has(object)) continue
      const change = { at, build, actor: run?.actor?.arn ?? '' }
      found.set(keyOf(username, ''), change)
      if (database !== null) found.set(keyOf(username, database), change)
    }
  }
  return ({ login, database }) => found.get(keyOf(login, database)) ?? null
}

function keyOf(login: string, database: string): string {
  return JSON.stringify([login, database])
}
