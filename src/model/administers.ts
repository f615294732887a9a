import type { Cluster } from './catalog.ts'
import { VERSION_16 } from './server-version.ts'

/**
 * Whether the login of the run may change a role: below 16 CREATEROLE is enough, from 16 on it takes ADMIN on the role.
 * https://www.postgresql.org/docs/16/role-attributes.html
 */
export function mayAdminister({ server, memberships }: Pick<Cluster, 'server' | 'memberships'>, role: string): boolean {
  if (server.version < VERSION_16) return true
  return memberships.some((item) => item.role === role && item.member === server.login && item.admin)
}
