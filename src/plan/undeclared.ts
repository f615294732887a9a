/** Roles of ours that nobody declares, and what is remembered of them (src/README.md: Removal). Pure. */
import type { Cluster, RoleState } from '../model/catalog.ts'
import type { Database, Declaration } from '../model/declaration.ts'
import { removalOf, type RemovalRequest } from '../model/removal-memory.ts'
import type { Tag } from '../model/tag.ts'
import { isHolder } from '../model/withheld.ts'

/** The removal of the role that is still to be carried out; one that stays disabled is done while it stays so. */
export function pendingRemoval(tag: Tag, role: Pick<RoleState, 'canLogin'>): RemovalRequest | null {
  const request = removalOf(tag, tag.get('Application') ?? '')
  return request === null || (request.doneAt !== null && !role.canLogin) ? null : request
}

/** A database that is declared and that this role, which is not, owns; null: there is none. */
export function declaredDatabase(declaration: Declaration, cluster: Cluster, username: string): Database | null {
  const isTheirs = ({ name }: Database): boolean => {
    const state = cluster.databases.get(name)
    return state !== undefined && isHolder(declaration, cluster, state, username)
  }
  return declaration.databases.find(isTheirs) ?? null
}
