/** What is told of a role beside each of its rights. */
import type { Cluster, Membership } from '../../model/catalog.ts'
import type { Application, Declaration } from '../../model/declaration.ts'
import { parseTag, TAG_FIELDS } from '../../model/tag.ts'
import { RDS_IAM } from '../../plan/membership-revocation.ts'
import { stackTag } from '../access-matrix.ts'
import type { Line } from './line.ts'

interface RoleSources {
  readonly declaration: Declaration
  readonly cluster: Cluster
  /** Members of rds_iam, through others too. */
  readonly tokenLogins: ReadonlySet<string>
}

/** Those of RDS: a person's role may be called `rds_…` too, and is told. */
const ROLES_OF_RDS: ReadonlySet<string> = new Set([
  'rdsadmin',
  'rdsproxyadmin',
  'rdsrepladmin',
  'rdstopmgr',
  'rdswriteforwarduser',
  'rds_ad',
  'rds_iam',
  'rds_password',
  'rds_replication',
  'rds_reserved',
  'rds_superuser',
])

/** The server's own roles, whose prefix it lets nobody else use, and those of RDS. */
export function isSystem(role: string): boolean {
  return role.startsWith('pg_') || ROLES_OF_RDS.has(role)
}

/** Whoever has a role's rights or may act as it. */
export function isEffective({ inherit, set }: Membership): boolean {
  return inherit || set
}

/** Or may give itself that. */
export function reaches(item: Membership): boolean {
  return isEffective(item) || item.admin
}

/** Roles whose rights it has, through others too. */
export function rolesAbove({ memberships }: Cluster, member: string): ReadonlySet<string> {
  const found = new Set<string>()
  const next = [member]
  for (let name = next.pop(); name !== undefined; name = next.pop())
    for (const item of memberships)
      if (item.member === name && item.role !== RDS_IAM && isEffective(item) && !found.has(item.role)) {
        found.add(item.role)
        next.push(item.role)
      }
  return found
}

/** The entry that has the login; else the first that uses it. */
export function entryOf({ applications }: Declaration, username: string): Application | undefined {
  const entries = applications.filter((item) => item.username === username)
  return entries.find(({ loginOf }) => loginOf === null) ?? entries[0]
}

/** What stands beside each right of a role; '' in all of it for PUBLIC, whose name is ''. */
export function roleFacts(
  { declaration, cluster, tokenLogins }: RoleSources,
  name: string,
): Pick<Line, 'application' | 'logs_in_by' | 'tags' | 'valid_until'> {
  const role = cluster.roles.get(name)
  const entry = entryOf(declaration, name)
  const tag = stackTag(declaration, cluster, name)
  const method = tokenLogins.has(name) ? 'iam' : entry?.auth === 'unmanaged' ? 'unmanaged' : 'password'
  return {
    application: entry?.name ?? tag?.get('Application') ?? '',
    logs_in_by: role === undefined ? '' : role.canLogin ? method : 'no',
    tags: ownTags(cluster, name),
    valid_until: role?.validUntil?.toISOString() ?? '',
  }
}

/** The module's own tags, such as a team's. */
export function ownTags({ roles }: Cluster, name: string): string {
  const known: ReadonlySet<string> = new Set(TAG_FIELDS)
  return [...(parseTag(roles.get(name)?.comment ?? null) ?? [])]
    .filter(([key]) => !known.has(key))
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(', ')
}
