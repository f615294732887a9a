/** What a role holds by whichever way: by name, through PUBLIC, through its groups. Pure. */
import type { AclItem } from '../model/catalog.ts'
import { PG_DATABASE_OWNER } from '../model/revoker.ts'
import { VERSION_16 } from '../model/server-version.ts'
import type { Survey } from './types.ts'

/**
 * The role itself, PUBLIC ('') and every role whose rights it has without SET ROLE; the owner of `public` by its
 * database.
 */
export function rightsOf({ cluster, noInherit }: Survey, role: string, database: string): ReadonlySet<string> {
  const isInherited = (member: string, inherit: boolean): boolean =>
    cluster.server.version < VERSION_16 ? !noInherit.has(member) : inherit
  const found = new Set([role])
  for (const name of found)
    for (const { role: of, member, inherit } of cluster.memberships)
      if (member === name && isInherited(member, inherit)) found.add(of)
  const owner = cluster.databases.get(database)?.owner
  return new Set([...found, '', ...(owner !== undefined && found.has(owner) ? [PG_DATABASE_OWNER] : [])])
}

/** What any of these roles holds by a list. */
export function heldByAny(acl: readonly AclItem[], roles: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(acl.filter(({ grantee }) => roles.has(grantee)).map(({ privilege }) => privilege))
}
