/** What an entry leaves as the server has it (src/README.md: Beyond the declaration). Pure. */
import type { Cluster, RoleState } from './catalog.ts'
import type { Application, Database, Declaration } from './declaration.ts'
import { parseTag } from './tag.ts'

/** The declaration with what the server has of each field that is kept; where nothing is there yet, its default. */
export function keepFields(declaration: Declaration, cluster: Cluster): Declaration {
  if (declaration.applications.every(({ kept }) => kept.size === 0)) return declaration
  const kept = new Map(declaration.applications.map((item) => [item.name, keptLogin(item, cluster)]))
  const resolve = (application: Application): Application => kept.get(application.name) ?? application
  return {
    ...declaration,
    applications: declaration.applications.map(resolve),
    databases: declaration.databases.map((database) => ({
      ...keptDatabase(database, cluster),
      owner: resolve(database.owner),
      guests: database.guests.map(resolve),
    })),
  }
}

function keptLogin(application: Application, { roles }: Cluster): Application {
  const { kept, username } = application
  const role = roles.get(username)
  if (role === undefined) return application
  return {
    ...application,
    ...(kept.has('can_create_databases') && { canCreateDatabases: role.createDb }),
    ...(kept.has('connection_limit') && { connectionLimit: role.connectionLimit }),
    ...(kept.has('valid_until') && { validUntil: role.validUntil }),
  }
}

function keptDatabase(database: Database, { databases }: Cluster): Database {
  const limit = databases.get(database.name)?.connectionLimit
  const isKept = database.owner.kept.has('database_connection_limit') && limit !== undefined
  return isKept ? { ...database, connectionLimit: limit } : database
}

/**
 * Whether a login that may not log in stays so: one that a removal of ours closed is opened again, and one that was
 * closed when its `valid_until` was over (`src/model/expiry.ts`), where that is declared anew.
 */
export function staysClosed({ auth, kept, validUntil }: Application, role: RoleState): boolean {
  const tag = parseTag(role.comment)
  const isProlonged =
    auth !== 'password' &&
    tag !== null &&
    !kept.has('valid_until') &&
    validUntil?.getTime() !== role.validUntil?.getTime()
  return kept.has('can_login') && !role.canLogin && tag?.has('Removal') !== true && !isProlonged
}

/**
 * Whether a declared database stays as open as it is. One that this project made is shut from its first moment: one
 * whose first run was cut off is still to be (src/README.md: What people rename and drop).
 */
export function staysOpen({ name, owner }: Database, { databases, roles }: Cluster): boolean {
  if (owner.undeclared !== 'keep' || databases.get(name)?.owner !== owner.username) return false
  return parseTag(roles.get(owner.username)?.comment ?? null)?.get('PendingDatabase') !== name
}

/** Whether it lets nobody in, or may be copied, and that stays: a removal of ours closes a database too. */
export function staysUnusual(database: Database, cluster: Cluster): boolean {
  const tag = parseTag(cluster.roles.get(database.owner.username)?.comment ?? null)
  return staysOpen(database, cluster) && tag?.has('Removal') !== true
}

/** Whether nobody can look into a database, and that is kept; nobody but a superuser gets past a limit of 0. */
export function isKeptShut(database: Database, cluster: Cluster): boolean {
  const state = cluster.databases.get(database.name)
  const isClosed = state?.allowConnections === false
  const isLimited = state?.connectionLimit === 0 && database.owner.kept.has('database_connection_limit')
  return (isClosed || isLimited) && staysUnusual(database, cluster)
}
