/** A state may end where nothing in it stands that its policy would remove (src/README.md: Removal). Pure. */
import type { Cluster } from '../model/catalog.ts'
import { printClaim } from '../model/claim.ts'
import type { CleanupPolicy, Declaration } from '../model/declaration.ts'
import type { Problem } from '../model/problem.ts'
import { removalOf } from '../model/removal-memory.ts'
import { parseTag } from '../model/tag.ts'
import { violation } from './violation.ts'

/**
 * Applications that have this state's claim, a policy other than `retain` or `release`, and whose removal nobody asked
 * for: the stack is being replaced, or their markers were taken out of the state.
 * @param policy RDS_CLEANUP_POLICY; null: each role's own
 */
export function checkStanding({ claim }: Declaration, { roles }: Cluster, policy: CleanupPolicy | null): Problem[] {
  return [...roles.values()].flatMap((role) => {
    const tag = parseTag(role.comment)
    if (tag === null || claim === null || tag.get('Claim') !== claim) return []
    const application = tag.get('Application') ?? ''
    const own = policy ?? tag.get('CleanupPolicy') ?? 'retain'
    if (own === 'retain' || own === 'release' || removalOf(tag, application) !== null) return []
    const message = `the state is about to end, and the removal of ${role.name} (${own}) was not asked for.`
    const remedy = [
      'Where terraform_data.stack is only being replaced: apply without that.',
      `Where ${application} is to go: rds-provision destroy --application ${application} --claim ${printClaim(claim)},`,
      'then run again. Where it is to stay: RDS_CLEANUP_POLICY=retain in the environment of the run, which keeps what',
      'is pending too.',
    ].join(' ')
    return [violation({ name: application }, 'standing_application', message, remedy)]
  })
}
