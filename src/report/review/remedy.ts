/** What takes a right away, in words; SQL is that of the plan's findings. */
import type { AccessMatrix } from '../../model/access.ts'
import type { Beyond } from '../../model/beyond.ts'
import { printClaim } from '../../model/claim.ts'
import { type Application, type CleanupPolicy, type Declaration, deletes } from '../../model/declaration.ts'

const LEAVES_ACCESS: ReadonlySet<CleanupPolicy> = new Set(['retain', 'release'])

/** Of what an entry declares in its database. */
export function entryRemedy({ name, accessLevel, cleanupPolicy }: Application): string {
  const entry = `application_databases["${name}"]`
  const isDropped = deletes(cleanupPolicy) && accessLevel === 'owner'
  const out = LEAVES_ACCESS.has(cleanupPolicy)
    ? `set cleanup_policy = "disable" in ${entry} and apply, since "${cleanupPolicy}" leaves its access; ` +
      'then take the entry out, and apply'
    : `take ${entry} out, and apply: its cleanup_policy is "${cleanupPolicy}"${isDropped ? ', which drops the database' : ''}`
  return accessLevel === 'owner' || accessLevel === 'none' ? out : `${out}; or lower its access_level`
}

/**
 * Of a login that no entry declares any more. Whatever its policy, it is closed and no more: who takes a right away
 * wants no database dropped.
 */
function orphanRemedy({ claim }: Declaration, application: string): string {
  const given = claim === null ? '' : ` --claim ${printClaim(claim)}`
  return `RDS_CLEANUP_POLICY=disable rds-provision destroy --application ${application}${given}`
}

/** Of what somebody granted. */
export function grantRemedy(items: readonly Beyond[]): string {
  if (items.length === 0) return 'whoever granted it can revoke it'
  const statements = items.map(({ remedy }) => remedy).join(' ')
  const isTaken = items.every(({ fate }) => fate === 'taken away')
  return isTaken ? `the next apply; by hand ${statements}` : statements
}

/** By login; absent where it is declared. */
export function orphanRemedies(declaration: Declaration, { orphans }: AccessMatrix): ReadonlyMap<string, string> {
  return new Map(orphans.map(({ username, application }) => [username, orphanRemedy(declaration, application)]))
}
