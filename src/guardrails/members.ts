/** Who is in a role. */
import type { Cluster } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import { printName } from '../sql/quote.ts'

export { membersOf } from '../model/members.ts'

/**
 * Who can grant a role from 16 on: those that hold ADMIN on it, or inherit the rights of one that may not log in. Where
 * there is none, a superuser can; whether RDS lets a member of rds_superuser do it, only a try shows.
 */
export function administrators({ memberships, roles }: Cluster, role: string): string {
  const holders = memberships.filter((item) => item.role === role && item.admin).map((item) => item.member)
  const mayLogIn = (name: string): boolean => roles.get(name)?.canLogin !== false
  const names = holders.flatMap((holder) =>
    mayLogIn(holder)
      ? [holder]
      : memberships
          .filter((item) => item.role === holder && item.inherit && mayLogIn(item.member))
          .map((item) => item.member),
  )
  const sorted = [...new Set(names)].sort()
  return sorted.length === 0
    ? 'Only a superuser can (nobody administers it)'
    : `As ${sorted.map(printName).join(' or ')}`
}

/** Why the login of the run cannot change a role from 16 on (src/README.md: Rights over roles; Major upgrades). */
export function noRight(login: string, role: string): string {
  return `${login} has no right over the role ${role}: another login created it, or it is older than the server's upgrade to PostgreSQL 16 or later.`
}

/** Where there is one, it has tried already, or the apply lets it. */
export function masterHint({ masterSecretId }: Pick<Declaration, 'masterSecretId'>): string {
  return masterSecretId === null ? ' or give master_secret_id.' : ''
}
