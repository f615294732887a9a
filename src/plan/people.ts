/** Who has what roles have: logins, by themselves and by their memberships (src/README.md: Who loses what). Pure. */
import { groupBy } from '../group-by.ts'
import type { Membership } from '../model/catalog.ts'
import { membersOf } from '../model/members.ts'
import { helperOf } from '../model/upgrade-helper.ts'
import type { Step } from '../model/step.ts'
import type { PlanContext } from './context.ts'
import { membershipKey } from './membership-revocation.ts'

/** Before the plan, and once all of it is done. */
export type Moment = 'before' | 'after'

/** By memberships that it inherits from, or by any: what it has once it has said SET ROLE. */
export type Reach = 'inherited' | 'any'

export const REACHES: readonly Reach[] = ['inherited', 'any']

export interface People {
  /** All logins that are told of, sorted. */
  readonly logins: readonly string[]
  /** Those of them that have what the role has, before or after; '' is PUBLIC. */
  holders(role: string): readonly string[]
  /** The roles whose privileges a login has, itself among them; PUBLIC is not. */
  rolesOf(login: string, moment: Moment, reach: Reach): ReadonlySet<string>
  isTold(role: string): boolean
}

/**
 * Told are logins that were there before the run. Superusers lose and gain nothing, what the admin and its helper have
 * comes and goes with what a run does, and the server's own roles are nobody.
 */
export function peopleOf({ actual: { cluster }, made }: PlanContext, steps: readonly Step[]): People {
  const { login } = cluster.server
  const told = [...cluster.roles.values()]
    .filter(({ canLogin, superuser }) => canLogin && !superuser)
    .map(({ name }) => name)
    .filter((name) => !made.has(name) && name !== login && name !== helperOf(login) && !/^(pg|rds)_/.test(name))
    .sort()
  const logins = new Set(told)
  const memberships = { before: cluster.memberships, after: afterwards(cluster.memberships, steps) }
  const byMember = {
    before: groupBy(memberships.before, ({ member }) => member),
    after: groupBy(memberships.after, ({ member }) => member),
  }
  const both = [...memberships.before, ...memberships.after]
  const holders = new Map<string, readonly string[]>([['', told]])
  const roles = new Map<string, ReadonlySet<string>>()
  return {
    logins: told,
    isTold: (role) => logins.has(role),
    holders: (role) => {
      const found = holders.get(role) ?? [role, ...membersOf(both, role)].filter((name) => logins.has(name)).sort()
      holders.set(role, found)
      return found
    },
    rolesOf: (name, moment, reach) => {
      const key = `${moment} ${reach} ${name}`
      const found = roles.get(key) ?? rolesReached(byMember[moment], name, reach)
      roles.set(key, found)
      return found
    },
  }
}

function rolesReached(
  byMember: ReadonlyMap<string, readonly Membership[]>,
  login: string,
  reach: Reach,
): ReadonlySet<string> {
  const found = new Set([login])
  for (const name of found)
    for (const { role, inherit, set } of byMember.get(name) ?? [])
      if (inherit || (reach === 'any' && set)) found.add(role)
  return found
}

/** Memberships once the steps are done. */
function afterwards(memberships: readonly Membership[], steps: readonly Step[]): readonly Membership[] {
  const revoked = new Set(steps.flatMap(({ kind, target }) => (kind === 'revoke_membership' ? (target ?? []) : [])))
  const granted = steps.flatMap(({ kind, target, username }): Membership[] =>
    kind === 'grant_membership' && target !== null && username !== null
      ? [{ role: target, member: username, grantor: '', admin: false, inherit: true, set: true }]
      : [],
  )
  return [...memberships.filter((item) => !revoked.has(membershipKey(item))), ...granted]
}
