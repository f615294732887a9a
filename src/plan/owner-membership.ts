/** The owner's membership, held only while it is needed (design §5 facts 1 and 2). */
import type { Application } from '../model/declaration.ts'
import type { AtomicTransaction, Step } from '../model/step.ts'
import { holdRole, releaseRole } from '../sql/role.ts'
import type { PlanContext } from './context.ts'

/**
 * One transaction of `steps`, with the grant of the owner's membership before the first statement that runs as the
 * owner and its revoke after the last; without such statements, the steps alone.
 * @param held the membership was granted before (around CREATE DATABASE): only the revoke is added.
 */
export function ownerTransaction(
  context: PlanContext,
  owner: Application,
  steps: readonly Step[],
  held = false,
): AtomicTransaction {
  const asOwner = steps.map((item) => item.statements.some((statement) => statement.runAs === owner.username))
  const first = asOwner.indexOf(true)
  const last = asOwner.lastIndexOf(true)
  if (first === -1) return { kind: 'atomic', steps }
  const { version, login } = context.actual.cluster.server
  const hold = held ? [] : [holdRole(version, owner.username, login)]
  const release = [releaseRole(version, owner.username, login)]
  return {
    kind: 'atomic',
    steps: steps.map((item, index) => ({
      ...item,
      statements: [...(index === first ? hold : []), ...item.statements, ...(index === last ? release : [])],
    })),
  }
}
