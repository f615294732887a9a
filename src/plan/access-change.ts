/** Steps that change a login's privileges: each statement stands beside what it changes as data. */
import type { PrivilegeChange } from '../model/access-change.ts'
import type { AccessLevel } from '../model/declaration.ts'
import type { Statement } from '../model/statement.ts'
import type { Step, StepKind, Subject } from '../model/step.ts'
import { step } from './context.ts'

export interface PrivilegeStatement {
  readonly statement: Statement
  readonly change: PrivilegeChange
}

const LOSSES: ReadonlySet<StepKind> = new Set(['revoke_privileges', 'revoke_default_privileges'])

/**
 * Equal changes count once: of many objects each statement names some.
 * @param level what the declaration gives the login there; null: nothing.
 */
export function accessStep(
  about: Subject,
  kind: StepKind,
  action: string,
  status: Step['status'],
  message: string,
  level: AccessLevel | null,
  items: readonly PrivilegeStatement[],
  target: string | null = null,
): Step {
  const changes = new Map(items.map(({ change }) => [JSON.stringify(change), change]))
  const statements = items.map(({ statement }) => statement)
  return {
    ...step(about, kind, action, status, message, statements, target),
    ...(LOSSES.has(kind) && about.username !== null && { loser: about.username }),
    ...(items.length > 0 && { access: { level, changes: [...changes.values()] } }),
  }
}
