/** Who is in a role. */
import type { Cluster, Membership } from '../model/catalog.ts'

/** All members of a role, through others too. */
export function membersOf(memberships: readonly Membership[], role: string): ReadonlySet<string> {
  const found = new Set<string>()
  for (let roles = new Set([role]); roles.size > 0;) {
    const members = memberships
      .filter((item) => roles.has(item.role) && !found.has(item.member))
      .map((item) => item.member)
    for (const member of members) found.add(member)
    roles = new Set(members)
  }
  return found
}

/** Who can grant a role from 16 on: those that hold ADMIN on it. */
export function administrators({ memberships }: Cluster, role: string): string {
  const names = [
    ...new Set(memberships.filter((item) => item.role === role && item.admin).map((item) => item.member)),
  ].sort()
  return names.length === 0 ? 'Only a superuser can (nobody administers it)' : `As ${names.join(' or ')}`
}
