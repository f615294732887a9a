/** Who can take back what was granted: the roles that a removal may act as. Pure. */
import { mayAdminister } from './administers.ts'
import type { Cluster } from './catalog.ts'
import { isOfStack } from './claim.ts'
import type { Declaration } from './declaration.ts'
import { parseTag } from './tag.ts'

/** Owner of the schema public from 15 on: whoever owns the database is its member. */
export const PG_DATABASE_OWNER = 'pg_database_owner'

/**
 * The role to act as for what `grantor` granted: itself, or the database's owner in its stead. null: neither the
 * delegated admin nor a role of this stack, so nothing of it is ours to change.
 */
export function revokerOf(
  declaration: Declaration,
  cluster: Cluster,
  grantor: string,
  database: string,
): string | null {
  const { login } = cluster.server
  const name = grantor === PG_DATABASE_OWNER ? (cluster.databases.get(database)?.owner ?? '') : grantor
  if (name === login) return name
  const tag = parseTag(cluster.roles.get(name)?.comment ?? null)
  if (!isOfStack(declaration, tag)) return null
  return mayAdminister(cluster, name) ? name : null
}
