/** Who is in a role. */
import type { Cluster } from '../model/catalog.ts'
import { printName } from '../sql/quote.ts'

export { membersOf } from '../model/members.ts'

/** Who can grant a role from 16 on: those that hold ADMIN on it. */
export function administrators({ memberships }: Cluster, role: string): string {
  const names = [
    ...new Set(memberships.filter((item) => item.role === role && item.admin).map((item) => item.member)),
  ].sort()
  return names.length === 0 ? 'Only a superuser can (nobody administers it)' : `As ${names.map(printName).join(' or ')}`
}
