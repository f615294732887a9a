/** The role that keeps the admin's rights over a major upgrade (src/README.md: Major upgrades). Pure. */
import type { Cluster, RoleState } from './catalog.ts'
import type { Declaration } from './declaration.ts'
import { VERSION_16 } from './server-version.ts'
import { isOfStack } from './claim.ts'
import { parseTag } from './tag.ts'

/** Its name, after the admin's login: each admin of an instance has its own. */
export function helperOf(admin: string): string {
  return `${admin}_upgrade`
}

/** Whether a role is the helper as this program makes it: it may not log in, and is no application's. */
export function isHelper({ name, canLogin, comment }: RoleState, admin: string): boolean {
  const tag = parseTag(comment)
  return name === helperOf(admin) && !canLogin && tag !== null && !tag.has('Application')
}

/**
 * All managed roles of the instance, whatever their stack: an upgrade takes the admin's right over each. Nobody but a
 * superuser can grant a superuser's.
 */
export function managedRoles({ roles }: Pick<Cluster, 'roles'>): readonly RoleState[] {
  return [...roles.values()].filter(
    ({ comment, superuser }) => !superuser && parseTag(comment)?.has('Application') === true,
  )
}

/**
 * Roles that the admin of this declaration needs a right over from 16 on: the declared ones, predefined ones that an
 * entry is a member of, and those of its stack that are to be removed one day. None below 16, where CREATEROLE is
 * enough.
 */
export function neededRoles(declaration: Declaration, cluster: Pick<Cluster, 'roles' | 'server'>): readonly string[] {
  if (cluster.server.version < VERSION_16) return []
  const ofStack = managedRoles(cluster).filter(({ comment }) => isOfStack(declaration, parseTag(comment)))
  const names = [
    ...declaration.applications.flatMap(({ username, memberOf }) => [username, ...memberOf]),
    ...ofStack.map(({ name }) => name),
  ]
  return [...new Set(names)].filter((name) => cluster.roles.has(name))
}
