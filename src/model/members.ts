/** Who may act as a role. Pure. */
import type { Membership } from './catalog.ts'

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
