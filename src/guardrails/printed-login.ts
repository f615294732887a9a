/** As whom a person runs statements inside a database. Pure. */
import type { Cluster } from '../model/catalog.ts'
import { membersOf } from '../model/members.ts'
import { grantOnDatabase } from '../sql/database.ts'
import { printStatements } from '../sql/print.ts'
import { printName } from '../sql/quote.ts'

/**
 * `as …, in …`, and before that what lets this role in: a database of ours is shut to PUBLIC, and the master is no
 * superuser.
 * @param label what the role is called, where the name of its member is not known
 */
export function printLogin(cluster: Cluster, role: string, database: string, label = printName(role)): string {
  const login = `as ${label}, in ${printName(database)}`
  const state = cluster.databases.get(database)
  if (state === undefined || !cluster.roles.has(role) || mayConnect(cluster, role, database)) return login
  const grant = grantOnDatabase(database, ['CONNECT'], role, state.owner)
  return `as ${printName(state.owner)}: ${printStatements([grant])} Then ${login}`
}

/** Whoever may only give a role on, or SET ROLE to it, does not log in with its rights. */
function mayConnect({ roles, databases, memberships }: Cluster, role: string, database: string): boolean {
  const state = databases.get(database)
  if (roles.get(role)?.superuser === true || state?.owner === role) return true
  const inherited = memberships.filter(({ inherit }) => inherit)
  const isIn = (group: string): boolean => group === '' || group === role || membersOf(inherited, group).has(role)
  return state?.acl.some(({ privilege, grantee }) => privilege === 'CONNECT' && isIn(grantee)) === true
}

/** A sentence that begins with it. */
export function capitalized(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}
