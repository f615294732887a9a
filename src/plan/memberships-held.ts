/**
 * Memberships of the admin that last as long as they are needed (src/README.md: Owner's membership; Transient
 * membership).
 */
import type { ServerFacts } from '../model/catalog.ts'
import type { AtomicTransaction, Step } from '../model/step.ts'
import { holdRole, releaseRole } from '../sql/role.ts'

/**
 * One transaction of `steps`, in which the admin is a member of every role that they act as: the grants stand before
 * the first statement that acts as another role, the revokes after the last.
 * @param isHeld the memberships were granted before (around CREATE DATABASE): only the revokes are added.
 */
export function holdMemberships(
  { version, login }: ServerFacts,
  steps: readonly Step[],
  isHeld = false,
): AtomicTransaction {
  const roles = [
    ...new Set(steps.flatMap((item) => item.statements.flatMap((statement) => statement.runAs ?? []))),
  ].filter((role) => role !== login)
  const isActing = steps.map((item) => item.statements.some((statement) => statement.runAs !== null))
  const first = isActing.indexOf(true)
  const last = isActing.lastIndexOf(true)
  const hold = isHeld ? [] : roles.map((role) => holdRole(version, role, login))
  const release = roles.map((role) => releaseRole(version, role, login))
  return {
    kind: 'atomic',
    steps: steps.map((item, index) => ({
      ...item,
      statements: [...(index === first ? hold : []), ...item.statements, ...(index === last ? release : [])],
    })),
  }
}
