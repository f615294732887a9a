/**
 * Databases that the admin keeps for itself until the master has made their extensions (src/README.md: The master in a
 * database). Pure.
 */
import type { Actual, Cluster, DatabaseState } from './catalog.ts'
import { isOfStack } from './claim.ts'
import type { Database, Declaration } from './declaration.ts'
import { areAvailable, untrusted } from './extensions.ts'
import { membersOf } from './members.ts'
import { parseTag, type Tag } from './tag.ts'

const RDS_SUPERUSER = 'rds_superuser'

/**
 * The tag of a database that is withheld; null: it is not. Only an admin can write the comment of a database that the
 * admin owns.
 */
export function withheldTag({ server }: Pick<Cluster, 'server'>, state: DatabaseState): Tag | null {
  const tag = state.owner === server.login ? parseTag(state.comment) : null
  return tag?.has('WithheldFor') === true ? tag : null
}

/**
 * Whether a declared database is there and withheld from its owner. A run that was cut off right after CREATE DATABASE
 * left one without a tag: nobody may connect to that, and the owner's role waits for it.
 */
export function isWithheld(declaration: Declaration, cluster: Cluster, { name, owner }: Database): boolean {
  const state = cluster.databases.get(name)
  if (state?.owner !== cluster.server.login || owner.username === cluster.server.login) return false
  const tag = withheldTag(cluster, state)
  if (tag !== null) return isOfStack(declaration, tag) && tag.get('WithheldFor') === owner.username
  const role = parseTag(cluster.roles.get(owner.username)?.comment ?? null)
  const isAwaited = isOfStack(declaration, role) && role?.get('PendingDatabase') === name
  return isAwaited && state.comment === null && !state.allowConnections
}

/** Whether a role owns a database, or is the one that it is withheld from. */
export function isHolder(declaration: Declaration, cluster: Cluster, state: DatabaseState, username: string): boolean {
  if (state.owner === username) return true
  const tag = withheldTag(cluster, state)
  return isOfStack(declaration, tag) && tag?.get('WithheldFor') === username
}

/** Who may connect to a withheld database, or create in it, beside the admin and the owner that waits for it. */
export interface LetIn {
  /** The master of the run that withheld it, and whoever is as much. */
  readonly masters: readonly string[]
  /** Others, by hand: they may have put code there. PUBLIC is the empty name. */
  readonly visitors: readonly string[]
}

/** @param owner the role that the database waits for */
export function letIn(cluster: Cluster, owner: string, state: DatabaseState): LetIn {
  const tag = withheldTag(cluster, state)
  // Without its tag it was never open, whatever its list of privileges says.
  if (tag === null) return { masters: [], visitors: [] }
  const superusers = membersOf(cluster.memberships, RDS_SUPERUSER)
  const isMaster = (role: string): boolean =>
    role === tag.get('AdmittedMaster') ||
    role === RDS_SUPERUSER ||
    superusers.has(role) ||
    cluster.roles.get(role)?.superuser === true
  const grantees = state.acl
    .filter(({ grantee, privilege }) => grantee !== owner || privilege === 'CONNECT')
    .map(({ grantee }) => grantee)
  const others = [...new Set(grantees)].filter((role) => role !== cluster.server.login).sort()
  return { masters: others.filter(isMaster), visitors: others.filter((role) => !isMaster(role)) }
}

/** Whether nobody but the admin and the master was ever in a database: it is not there yet, or withheld. */
export function isUntouched(declaration: Declaration, cluster: Cluster, database: Database): boolean {
  const state = cluster.databases.get(database.name)
  if (state === undefined) return true
  return (
    isWithheld(declaration, cluster, database) && letIn(cluster, database.owner.username, state).visitors.length === 0
  )
}

/** Whether a database has extensions to get that only the master can make, and the master may make them there. */
export function needsMaster(declaration: Declaration, { cluster, interiors }: Actual, database: Database): boolean {
  if (declaration.masterSecretId === null || !isUntouched(declaration, cluster, database)) return false
  if (!areAvailable(database, cluster.extensions)) return false
  return untrusted(database.extensions, interiors.get(database.name), cluster.extensions).length > 0
}
