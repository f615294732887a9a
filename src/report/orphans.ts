/** Logins of the stack that no entry declares any more: retained, disabled, or on their way out. Pure. */
import type { DatabaseAccess, LoginAccess, OrphanLogin, OrphanState } from '../model/access.ts'
import type { Cluster, RoleState } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import { removalOf, undeclaredOf } from '../model/removal-memory.ts'
import type { Tag } from '../model/tag.ts'
import { pendingRemoval } from '../plan/undeclared.ts'

/**
 * @param databases of the stack, with what each login may do there
 * @param tagOf the tag of a role of this stack; null for any other
 * @returns sorted by name
 */
export function findOrphanLogins(
  declaration: Declaration,
  cluster: Cluster,
  databases: readonly DatabaseAccess[],
  tagOf: (role: string) => Tag | null,
): OrphanLogin[] {
  const declared = new Set(declaration.applications.map(({ username }) => username))
  return [...cluster.roles.values()]
    .filter(({ name }) => !declared.has(name))
    .flatMap((role) => {
      const tag = tagOf(role.name)
      return !tag?.has('Application') ? [] : [orphanLogin(role, tag, databases)]
    })
    .sort((a, b) => (a.username < b.username ? -1 : 1))
}

function orphanLogin(role: RoleState, tag: Tag, databases: readonly DatabaseAccess[]): OrphanLogin {
  const application = tag.get('Application') ?? ''
  const request = removalOf(tag, application)
  const found = undeclaredOf(tag, application)
  return {
    username: role.name,
    application,
    state: stateOf(role, tag),
    cleanupPolicy: request?.policy ?? tag.get('CleanupPolicy') ?? null,
    canLogin: role.canLogin,
    databases: databases.filter((access) => hasAccess(access, role.name)).map(({ database }) => database),
    since: request?.doneAt ?? request?.at ?? found?.at ?? null,
    build: request?.buildId ?? found?.buildId ?? null,
  }
}

function stateOf(role: RoleState, tag: Tag): OrphanState {
  if (pendingRemoval(tag, role) !== null) return 'removal pending'
  if (removalOf(tag, tag.get('Application') ?? '') !== null) return 'disabled'
  return (tag.get('CleanupPolicy') ?? 'retain') === 'retain' ? 'retained' : 'undeclared'
}

function hasAccess({ owner, logins }: DatabaseAccess, username: string): boolean {
  return owner === username || logins.some((login) => login.username === username && reaches(login))
}

/** PUBLIC's rights count: what the login may do is asked, not what was granted to it. */
function reaches({ connect, create, schemas }: LoginAccess): boolean {
  return connect || create || schemas.length > 0
}
