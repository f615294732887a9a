/** What the plan of grants can only tell. */

import type { AclItem } from '../model/catalog.ts'
import type { Finding } from '../model/step.ts'
import { finding, subjectIn, subject } from './context.ts'
import type { GrantPlace } from './grant-places.ts'
import { objectPrivileges, isReachable, heldBy } from './privileges.ts'

export function placeFindings(place: GrantPlace): Finding[] {
  return [...usageFindings(place), ...foreignGrants(place)]
}

/** What others than the owner granted to the login, under a grant option, only they can revoke. */
function foreignGrants({ database, application, schema, owner, groups, isListed }: GrantPlace): Finding[] {
  // Taken away or told with all else that is beyond (`src/plan/revocations.ts`).
  if (application.undeclared === 'revoke') return []
  const from = (acl: readonly AclItem[], by: string, wanted: readonly string[]): AclItem[] =>
    acl.filter(
      (item) => item.grantee === application.username && item.grantor !== by && !wanted.includes(item.privilege),
    )
  const items = [
    ...from(schema.acl, schema.owner, isListed ? ['USAGE'] : []),
    ...groups.flatMap((group) =>
      from(
        [...group.itemsOf(application.username), ...group.columnItemsOf(application.username)],
        owner,
        isListed ? objectPrivileges(application, group.objectClass) : [],
      ),
    ),
  ]
  const names = (of: (item: AclItem) => string): string => [...new Set(items.map(of))].sort().join(', ')
  if (items.length === 0) return []
  const held = `${names((item) => item.privilege)} in schema ${schema.name} of ${database.name} beyond its level`
  const grantors = names((item) => item.grantor)
  const message = `${application.username} holds ${held}, from ${grantors}, who can revoke it`
  return [finding(subjectIn(database, application, 'grant'), 'keep', 'warning', message)]
}

/**
 * A schema that the owner cannot grant on (src/README.md: The schema public) works only as far as PUBLIC may use it.
 */
function usageFindings({ database, application, schema, isListed }: GrantPlace): Finding[] {
  if (
    !isListed ||
    isReachable(database, schema) ||
    heldBy(schema.acl, '').includes('USAGE') ||
    heldBy(schema.acl, application.username).includes('USAGE')
  )
    return []
  const where = `schema ${schema.name} of ${database.name}`
  const why = `it belongs to ${schema.owner}, who alone can grant USAGE on it`
  const message = `${application.username} cannot use ${where}: ${why}`
  return [finding(subject(application, 'grant'), 'grant', 'warning', message)]
}
