/** How a person, on an instance where nobody is a superuser, gives what one role owns to another. Pure. */
import { mayAdminister } from '../model/administers.ts'
import type { Cluster, DatabaseState } from '../model/catalog.ts'
import { membersOf } from '../model/members.ts'
import { VERSION_16 } from '../model/server-version.ts'
import type { Statement } from '../model/statement.ts'
import { alterDatabaseOwner, joinRole, leaveRole } from '../sql/owner.ts'
import { printInside, printStatements } from '../sql/print.ts'
import { printName } from '../sql/quote.ts'
import { grantRole, revokeMembership } from '../sql/role.ts'
import { printLogin } from './printed-login.ts'

export interface HandOver {
  readonly from: string
  readonly to: string
  /** Where it runs. */
  readonly database: string
  /** What hands it over; takes membership in both roles, and CREATEDB where databases change hands. */
  readonly statements: readonly Statement[]
}

/**
 * `as …, in …: …;`: who can run it, where, and what. Where nobody may become a member of both
 * and one is the master, the other is granted to it for that long: to a tenant that would be too much.
 * https://www.postgresql.org/docs/current/sql-reassign-owned.html
 */
export function printHandOver(cluster: Cluster, { from, to, database, statements }: HandOver): string {
  const roles = [from, to]
  const { login, version } = cluster.server
  if (isSuperuser(cluster, roles) || runnerOf(cluster, roles) !== null)
    return printAsMembers(cluster, { roles, database, statements })
  const pairs = [
    { one: to, other: from },
    { one: from, other: to },
  ]
  const masters = membersOf(cluster.memberships, 'rds_superuser')
  const lent = pairs.find(({ one, other }) => masters.has(one) && mayAdminister(cluster, other))
  if (lent !== undefined) {
    const [grant, revoke] = [grantRole(lent.other, lent.one), revokeMembership(version, lent.other, lent.one, login)]
    return (
      `as ${printName(login)}: ${printStatements([grant])} Then ${printLogin(cluster, lent.one, database)}: ` +
      `${printInside(statements, null)} Then as ${printName(login)}: ${printStatements([revoke])}`
    )
  }
  return printAsMembers(cluster, { roles, database, statements })
}

/** What runs as a member of these roles. */
export interface MembersWork extends Pick<HandOver, 'database' | 'statements'> {
  readonly roles: readonly string[]
}

/** `as …, in …: …;`: who can run it, where, and what; for what takes CREATEDB and membership in the roles. */
export function printAsMembers(cluster: Cluster, { roles, database, statements }: MembersWork): string {
  const where = `in ${printName(database)}`
  if (isSuperuser(cluster, roles)) return `as a superuser, ${where}: ${printInside(statements, null)}`
  const who = runnerOf(cluster, roles)
  if (who !== null) {
    const joined = roles.filter((role) => !isMember(cluster, who, role))
    return `${printLogin(cluster, who, database)}: ${withMembership(joined, statements)}`
  }
  const names = roles.map(printName).join(' and ')
  return `as a login with CREATEDB that may grant ${names}, ${where}: ${withMembership(roles, statements)}`
}

function isSuperuser(cluster: Cluster, roles: readonly string[]): boolean {
  return roles.some((role) => cluster.roles.get(role)?.superuser === true)
}

/**
 * What to do about a database that became somebody else's.
 * @param from where the statement runs: not in that database, which may be closed
 */
export function printGiveBack(cluster: Cluster, { name, owner }: DatabaseState, to: string, from: string): string {
  const leave = 'To leave it as it is, take the marker out of the state (terraform state rm).'
  if (!cluster.roles.has(to)) return leave
  const statements = [alterDatabaseOwner(name, to)]
  return `${leave} To give it back, ${printHandOver(cluster, { from: owner, to, database: from, statements })}`
}

/**
 * The statements as a member of the roles, which is given back.
 * @param before what comes before the membership: a role may have to be made
 */
export function withMembership(
  roles: readonly string[],
  statements: readonly Statement[],
  before: readonly Statement[] = [],
): string {
  return printInside([...before, ...roles.map(joinRole), ...statements, ...roles.map(leaveRole)], null)
}

/** Who is, or may become, a member of all of them, the login of the run before others, the new owner before the old. */
function runnerOf({ server, roles, memberships }: Cluster, all: readonly string[]): string | null {
  const may = (who: string): boolean =>
    all.every(
      (role) =>
        role === who ||
        (server.version < VERSION_16
          ? roles.get(who)?.createRole === true
          : memberships.some((item) => item.role === role && item.member === who && item.admin)),
    )
  const administrators = memberships.filter((item) => item.role === all[0] && item.admin).map(({ member }) => member)
  return (
    [server.login, ...[...all].reverse(), ...administrators].find(
      (who) => roles.get(who)?.createDb === true && may(who),
    ) ?? null
  )
}

/** Below 16 there is one membership, which leaving would take away; from 16 on it is another grantor's. */
function isMember({ server, memberships }: Cluster, who: string, role: string): boolean {
  if (role === who) return true
  return server.version < VERSION_16 && memberships.some((item) => item.role === role && item.member === who)
}
