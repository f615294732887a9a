/** The access matrix: from the server's answers to who may do what on which database. Pure. */
import type {
  AccessMatrix,
  DatabaseAccess,
  DatabasePrivileges,
  InsideAccess,
  LoginAccess,
  OutsideGrant,
  SchemaAccess,
  SchemaPrivileges,
} from '../model/access.ts'
import type { GrantPlace } from '../model/beyond.ts'
import { ROW_PRIVILEGES, TABLE_PRIVILEGES, type TablePrivilege } from '../model/access.ts'
import type { Cluster, DatabaseState } from '../model/catalog.ts'
import { isOfStack } from '../model/claim.ts'
import type { AccessLevel, Application, Declaration } from '../model/declaration.ts'
import { membersOf } from '../model/members.ts'
import { parseTag, type Tag } from '../model/tag.ts'
import { isHelper } from '../model/upgrade-helper.ts'
import { RDS_IAM } from '../plan/membership-revocation.ts'
import { findOrphanLogins } from './orphans.ts'

export interface MatrixInput {
  readonly declaration: Declaration
  readonly cluster: Cluster
  /** By database; what was not looked into is absent. */
  readonly inside: ReadonlyMap<string, InsideAccess>
  /** What logins may do on the databases that were not looked into. */
  readonly privileges: readonly DatabasePrivileges[]
}

/** Databases and logins of this stack, declared or not; sorted by name. */
export function makeAccessMatrix(input: MatrixInput): AccessMatrix {
  const { environment, stack, clusterName, instance } = input.declaration
  const databases = stackDatabases(input.declaration, input.cluster)
    .map((database) => databaseAccess(input, database))
    .sort((a, b) => byText(a.database, b.database))
  return {
    environment,
    stack,
    clusterName,
    instance: instance.identifier,
    databases,
    orphans: findOrphanLogins(input.declaration, input.cluster, databases, (role) =>
      stackTag(input.declaration, input.cluster, role),
    ),
  }
}

/** The databases of the stack that exist: those whose owner's tag says so (src/README.md: Tags). */
export function stackDatabases(declaration: Declaration, cluster: Cluster): DatabaseState[] {
  return [...cluster.databases.values()].filter((database) => stackTag(declaration, cluster, database.owner) !== null)
}

/** The tag of a role that this stack manages; null for any other. */
export function stackTag(declaration: Declaration, cluster: Cluster, role: string): Tag | null {
  const tag = parseTag(cluster.roles.get(role)?.comment ?? null)
  return isOfStack(declaration, tag) ? tag : null
}

function databaseAccess(input: MatrixInput, state: DatabaseState): DatabaseAccess {
  const inside = input.inside.get(state.name)
  const privileges = (inside?.privileges ?? input.privileges).filter(
    ({ database, login }) => database === state.name && stackTag(input.declaration, input.cluster, login) !== null,
  )
  const schemas = inside?.schemas ?? null
  const logins = privileges.map((held) =>
    loginAccess(input, state, held, schemas?.filter(({ login }) => login === held.login) ?? null),
  )
  return {
    database: state.name,
    owner: state.owner,
    logins: logins.sort((a, b) => byText(a.username, b.username)),
    outsideGrants: outsideGrants(input, state, new Set(privileges.map(({ login }) => login))),
    isSeen: inside !== undefined,
  }
}

function loginAccess(
  { declaration, cluster }: MatrixInput,
  state: DatabaseState,
  held: DatabasePrivileges,
  schemas: readonly SchemaPrivileges[] | null,
): LoginAccess {
  const { login: username, connect, temporary, create } = held
  const entries = declaration.applications.filter((item) => item.username === username)
  const declared = entries.find(({ database }) => database === state.name)
  const application = declared ?? entries.find(({ loginOf }) => loginOf === null)
  const role = cluster.roles.get(username)
  const groups = groupsOf(cluster, username)
  const ownerMembers = membersOf(
    cluster.memberships.filter(({ inherit, set }) => inherit || set),
    state.owner,
  )
  return {
    username,
    application: application?.name ?? null,
    accessLevel: levelOf(declared, state.owner === username || ownerMembers.has(username), schemas),
    auth: groups.includes(RDS_IAM) ? 'iam' : application?.auth === 'unmanaged' ? 'unmanaged' : 'password',
    canLogin: role?.canLogin ?? false,
    createDb: role?.createDb ?? false,
    connectionLimit: role === undefined || role.connectionLimit < 0 ? null : role.connectionLimit,
    memberOf: groups.filter((group) => group !== RDS_IAM),
    connect,
    temporary,
    create,
    schemas: (schemas ?? []).map((schema): SchemaAccess => ({
      schema: schema.schema,
      may: describeSchemaAccess(schema),
    })),
    build: stackTag(declaration, cluster, username)?.get('BuildId') ?? null,
    validUntil: role?.validUntil ?? null,
  }
}

/** Roles that it is a member of and acts or may act as, directly; sorted. */
function groupsOf({ memberships }: Cluster, username: string): string[] {
  const held = memberships.filter(({ member, inherit, set }) => member === username && (inherit || set))
  return [...new Set(held.map(({ role }) => role))].sort(byText)
}

/** Who owns it, or is a member of its owner, is an owner; else as declared, or nearest to what it may do. */
function levelOf(
  declared: Application | undefined,
  isOwner: boolean,
  schemas: readonly SchemaPrivileges[] | null,
): AccessLevel | null {
  if (isOwner) return 'owner'
  if (declared !== undefined) return declared.accessLevel
  if (schemas === null) return null
  if (schemas.some(({ create }) => create)) return 'owner'
  return schemas.some(
    ({ held, byDefault }) => [held.INSERT, held.UPDATE, held.DELETE].some((count) => count > 0) || byDefault.INSERT,
  )
    ? 'editor'
    : 'reader'
}

/**
 * What a login may do in a schema, the same words whether or not there are tables yet: `create objects, read and write
 * rows`, `read rows, TRUNCATE`. What is neither is spelled out: `SELECT on 3 of 5 tables`. Who creates the tables has
 * all of it.
 */
function describeSchemaAccess({ usage, create, tables, held, byDefault }: SchemaPrivileges): string {
  const told: readonly TablePrivilege[] = create ? ROW_PRIVILEGES : TABLE_PRIVILEGES
  const having = told.filter((privilege) => (tables === 0 ? byDefault[privilege] : held[privilege] === tables))
  const partial = told.filter((privilege) => held[privilege] > 0 && held[privilege] < tables)
  const lasts = having.every((privilege) => byDefault[privilege])
  const rows = rowWords(having)
  const parts = [
    ...(create ? ['create objects'] : []),
    ...(rows === '' ? [] : [lasts ? rows : `${rows} of the tables there now`]),
    ...partial.map((privilege) => `${privilege} on ${String(held[privilege])} of ${String(tables)} tables`),
  ]
  if (parts.length === 0) return 'use'
  return usage ? parts.join(', ') : `${parts.join(', ')} (but no USAGE)`
}

function rowWords(privileges: readonly string[]): string {
  const onRows = ROW_PRIVILEGES.filter((privilege) => privileges.includes(privilege))
  const others = privileges.filter((privilege) => !onRows.some((item) => item === privilege))
  return [...onRowsInWords(onRows), ...others].join(', ')
}

function onRowsInWords(privileges: readonly string[]): string[] {
  if (privileges.length === ROW_PRIVILEGES.length) return ['read and write rows']
  if (privileges.length === 1 && privileges[0] === 'SELECT') return ['read rows']
  return privileges.length === 0 ? [] : [`${privileges.join(', ')} on rows`]
}

/** What others than the stack's own logins hold, and who acts as one of these logins by membership. */
function outsideGrants(
  { declaration, cluster, inside }: MatrixInput,
  state: DatabaseState,
  logins: ReadonlySet<string>,
): OutsideGrant[] {
  const { login } = cluster.server
  const isNeutral = (name: string): boolean => {
    const role = cluster.roles.get(name)
    const isOurs = name === login || (role !== undefined && isHelper(role, login))
    return isOurs || name === 'pg_database_owner' || role?.superuser === true
  }
  const isOutside = (role: string): boolean => role !== state.owner && !logins.has(role) && !isNeutral(role)
  const isDeclared = (role: string, member: string): boolean =>
    declaration.applications.some(({ username, memberOf }) => username === member && memberOf.includes(role))
  const place: GrantPlace = { on: 'database', schema: null, creator: null }
  const onDatabase = state.acl.map(({ grantee, privilege }) => ({ role: grantee, privilege, on: 'database', place }))
  const granted = [...onDatabase, ...(inside.get(state.name)?.grants ?? [])].filter(({ role }) => isOutside(role))
  const members = cluster.memberships
    .filter(
      ({ role, member, inherit, set }) =>
        logins.has(role) &&
        stackTag(declaration, cluster, role) !== null &&
        (inherit || set) &&
        !isNeutral(member) &&
        !isDeclared(role, member),
    )
    .map(({ role, member }) => ({ role: member, privilege: 'membership', on: `role ${role}` }))
  return [...new Map([...granted, ...members].map((grant) => [JSON.stringify(grant), grant])).values()]
}

/** By code point: the order must not depend on the machine. */
function byText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
