/** What a major upgrade by `pg_upgrade` leaves of a server's rights. */
import type { AclItem } from '../../../src/model/catalog.ts'
import { SUPERUSER } from './names.ts'
import { hasOptions } from './rights.ts'
import { allOn, type State } from './state.ts'

/**
 * Roles and lists of access are dumped and made anew. Who granted a membership is not dumped from below 16, nor its options,
 * so there each is as if the server's superuser had granted it (dumpRoleMembership in pg_dumpall.c). What an owner has by
 * itself is not dumped either where it has all: it has what the new version gives.
 * @param version server_version_num of the new server
 */
export function upgrade(state: State, version: number): void {
  if (!hasOptions(state) && version >= 160_000)
    state.memberships = state.memberships.map((item) => ({
      ...item,
      grantor: SUPERUSER,
      inherit: state.roles.get(item.member)?.inherits ?? true,
      set: true,
    }))
  const [before, after] = [allOn('table', state.version), allOn('table', version)]
  const renewed = (acl: readonly AclItem[], owner: string): AclItem[] => {
    const own = acl.filter(({ grantee }) => grantee === owner)
    const hasAll = before.every((privilege) => own.some((item) => item.privilege === privilege))
    const added = hasAll ? after.filter((privilege) => !before.includes(privilege)) : []
    return [...acl, ...added.map((privilege) => ({ grantor: owner, grantee: owner, privilege }))]
  }
  for (const database of state.databases.values()) {
    for (const object of database.objects)
      if (object.objectClass === 'table' && object.acl !== null) object.acl = renewed(object.acl, object.owner)
    for (const item of database.defaults)
      if (item.objectClass === 'table' && item.schema === null) item.acl = renewed(item.acl, item.creator)
  }
  state.version = version
}
