/** A database whose owner can be no entry gets one that can: what a person runs, and what is there after it. Pure. */
import type { AclItem, Cluster, Interior, Membership, RoleState } from '../model/catalog.ts'
import { plainRole } from '../model/plain-role.ts'
import { VERSION_16 } from '../model/server-version.ts'
import { alterDatabaseOwner, joinRole, leaveRole } from '../sql/owner.ts'
import { printInTransaction } from '../sql/print.ts'
import { printName } from '../sql/quote.ts'
import { createRole, grantAdministration, grantMembership } from '../sql/role.ts'
import { rightsOf } from './effective.ts'
import type { Survey } from './types.ts'

export interface HandOver {
  readonly database: string
  readonly from: string
  readonly to: string
}

/** What a person runs, as `as …: …;`. */
export type Way = { readonly statement: string } | { readonly refusal: string }

/**
 * The former owner becomes a member of the new one, so it keeps what it could do; what it owns inside stays its own.
 * https://www.postgresql.org/docs/current/sql-alterdatabase.html
 */
export function wayOf(survey: Survey, { database, from, to }: HandOver): Way {
  const { cluster, admin, noInherit } = survey
  const { version } = cluster.server
  if (cluster.roles.get(from)?.superuser === true) return { refusal: 'nobody but a superuser can give it away' }
  if (version < VERSION_16 && noInherit.has(from))
    return { refusal: `${from} is NOINHERIT, and would not have the rights of a new owner that it is a member of` }
  const who = runnerOf(survey, from)
  if (who === null) return { refusal: `no login with CREATEROLE and CREATEDB may act as ${from}` }
  const isSelf = who === from
  const isMember = isSelf || rightsOf(survey, who, database).has(from)
  const statements = [
    createRole(to, { login: false }),
    ...(isSelf ? [] : [joinRole(to)]),
    ...(isMember ? [] : [joinRole(from)]),
    grantMembership(version, to, from),
    ...(version < VERSION_16 || who === admin || !cluster.roles.has(admin) ? [] : [grantAdministration(to, admin)]),
    alterDatabaseOwner(database, to),
    ...(isMember ? [] : [leaveRole(from)]),
    ...(isSelf ? [] : [leaveRole(to)]),
  ]
  return { statement: `as ${printName(who)}: ${printInTransaction(statements)}` }
}

/** Who may make a role, give databases away and act as the owner: the master before the owner before others. */
function runnerOf({ cluster, master }: Survey, owner: string): string | null {
  const { roles, memberships, server } = cluster
  const able = [...roles.values()].filter(({ canLogin, createRole: makes, createDb }) => canLogin && makes && createDb)
  const may = ({ name }: RoleState): boolean =>
    name === owner ||
    server.version < VERSION_16 ||
    memberships.some((item) => item.role === owner && item.member === name && (item.set || item.admin))
  const rank = ({ name }: RoleState): number => [master, owner, server.login].indexOf(name) + 1 || 4
  const [first] = able.filter(may).sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
  return first?.name ?? null
}

/** The cluster once it was run. */
export function afterwards(cluster: Cluster, { database, from, to }: HandOver, admin: string): Cluster {
  const state = cluster.databases.get(database)
  if (state === undefined) return cluster
  const replace = (name: string): string => (name === from ? to : name)
  const acl = state.acl.map(({ grantor, grantee, privilege }): AclItem => ({
    grantor: replace(grantor),
    grantee: replace(grantee),
    privilege,
  }))
  const member = (name: string, isAdmin: boolean): Membership => ({
    role: to,
    member: name,
    grantor: from,
    admin: isAdmin,
    inherit: !isAdmin,
    set: !isAdmin,
  })
  return {
    ...cluster,
    roles: new Map([...cluster.roles, [to, plainRole(to)]]),
    databases: new Map([...cluster.databases, [database, { ...state, owner: to, acl }]]),
    memberships: [
      ...cluster.memberships,
      member(from, false),
      ...(cluster.server.version < VERSION_16 ? [] : [member(admin, true)]),
    ],
  }
}

/** What is inside belongs to others than its owner from then on. */
export function interiorAfterwards(interior: Interior): Interior {
  const schemas = [...interior.schemas].map(
    ([name, schema]) => [name, { ...schema, foreignObjects: schema.objects }] as const,
  )
  const othersObjects = [...interior.othersObjects, ...interior.objects]
  return { ...interior, schemas: new Map(schemas), objects: [], othersObjects }
}
