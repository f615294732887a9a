import type { Cluster, DatabaseState, RoleState } from '../../model/catalog.ts'
import { isOfStack } from '../../model/claim.ts'
import type { Declaration } from '../../model/declaration.ts'
import { parseTag, type Tag } from '../../model/tag.ts'
import { isHelper } from '../../model/upgrade-helper.ts'
import { withheldTag } from '../../model/withheld.ts'
import type { ReportRow, Section } from '../report.ts'

const COLUMNS = [
  { key: 'kind', title: 'Kind' },
  { key: 'name', title: 'Name' },
  { key: 'owner', title: 'Owner' },
  { key: 'managed_by', title: 'Managed by' },
  { key: 'remarks', title: 'Remarks' },
] as const

/** The server's own and RDS's: they are on every instance. */
const SYSTEM_ROLE = /^(?:pg_|rds|postgres$)/
const SYSTEM_DATABASES: ReadonlySet<string> = new Set(['postgres', 'rdsadmin'])

/** Roles and databases on the instance that are not this stack's: nobody's, or another stack's. */
export function unmanagedSection(declaration: Declaration, cluster: Cluster): Section {
  const foreign = [...roleRows(declaration, cluster), ...databaseRows(declaration, cluster)]
  const nobodys = foreign.filter(({ cells }) => cells[3] === null).length
  return {
    id: 'unmanaged',
    title: 'Not of this stack',
    about:
      foreign.length === 0
        ? 'Everything on this instance is managed by this stack.'
        : `${String(nobodys)} not managed by rds-provision at all, ${String(foreign.length - nobodys)} managed by another stack.`,
    columns: COLUMNS,
    rows: foreign,
  }
}

function roleRows(declaration: Declaration, cluster: Cluster): ReportRow[] {
  const { login } = cluster.server
  const roles = [...cluster.roles.values()].filter(
    (role) =>
      role.name !== login &&
      !isHelper(role, login) &&
      !SYSTEM_ROLE.test(role.name) &&
      !isOurs(declaration, role.comment),
  )
  return roles.sort(byName).map((role) => row('role', role.name, null, parseTag(role.comment), remarks(role, cluster)))
}

function databaseRows(declaration: Declaration, cluster: Cluster): ReportRow[] {
  const declared = new Set(declaration.databases.map(({ name }) => name))
  const isMade = ({ name, owner, comment }: DatabaseState): boolean =>
    isOurs(declaration, commentOf(cluster, owner)) && !declared.has(name) && parseTag(comment) === null
  const databases = [...cluster.databases.values()].filter(
    (state) =>
      !SYSTEM_DATABASES.has(state.name) && (isMade(state) || !isOurs(declaration, managingComment(cluster, state))),
  )
  return databases
    .sort(byName)
    .map((state) =>
      isMade(state)
        ? row('database', state.name, state.owner, null, `made by ${state.owner}`)
        : row('database', state.name, state.owner, parseTag(managingComment(cluster, state)), ''),
    )
}

/** Whose tag decides about a database: its owner's, and its own while it is withheld from that. */
function managingComment(cluster: Cluster, state: DatabaseState): string | null {
  return withheldTag(cluster, state) === null ? commentOf(cluster, state.owner) : state.comment
}

function commentOf({ roles }: Cluster, owner: string): string | null {
  return roles.get(owner)?.comment ?? null
}

function isOurs(declaration: Declaration, comment: string | null): boolean {
  return isOfStack(declaration, parseTag(comment))
}

function row(kind: string, name: string, owner: string | null, tag: Tag | null, remark: string): ReportRow {
  const managedBy = tag === null ? null : `stack ${tag.get('Stack') ?? '?'} (${tag.get('Environment') ?? '?'})`
  return {
    cells: [kind, name, owner, managedBy, remark],
    mark: tag === null ? 'warning' : 'skipped',
    application: tag?.get('Application') ?? null,
    build: tag?.get('BuildId') ?? null,
  }
}

function remarks(role: RoleState, { memberships }: Cluster): string {
  const rights: [boolean, string][] = [
    [role.superuser, 'SUPERUSER'],
    [role.createRole, 'CREATEROLE'],
    [role.createDb, 'CREATEDB'],
    [role.replication, 'REPLICATION'],
    [role.bypassRls, 'BYPASSRLS'],
    [!role.canLogin, 'may not log in'],
  ]
  const groups = memberships
    .filter(({ member, inherit, set }) => member === role.name && (inherit || set))
    .map((item) => `member of ${item.role}`)
  return [...rights.filter(([holds]) => holds).map(([, word]) => word), ...new Set(groups)].join(', ')
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}
