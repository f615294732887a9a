/** Steps that change a login's privileges: each statement stands beside what it changes as data. */
import type { PrivilegeChange } from '../model/access-change.ts'
import type { AccessLevel } from '../model/declaration.ts'
import type { PrivilegeStatement, Step, StepKind, Subject } from '../model/step.ts'
import { step } from './context.ts'

export type { PrivilegeStatement } from '../model/step.ts'

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
  const statements = items.map(({ statement }) => statement)
  return {
    ...step(about, kind, action, status, message, statements, target),
    ...(LOSSES.has(kind) && about.username !== null && { loser: about.username }),
    ...(items.length > 0 && { access: { level, changes: changesOf(items) }, privileges: items }),
  }
}

function changesOf(items: readonly PrivilegeStatement[]): PrivilegeChange[] {
  return [...new Map(items.map(({ change }) => [JSON.stringify(change), change])).values()]
}

/** The same step, for some of what it does. */
export function partOf(whole: Step, items: readonly PrivilegeStatement[]): Step {
  return {
    ...whole,
    statements: items.map(({ statement }) => statement),
    ...(whole.access !== undefined && { access: { ...whole.access, changes: changesOf(items) } }),
    privileges: items,
  }
}
