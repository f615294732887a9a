/** The access table, as the catalogs spell privileges (src/README.md: Access levels). */
import type { AclItem, ObjectClass, SchemaState } from '../model/catalog.ts'
import type { AccessLevel, Application, Database } from '../model/declaration.ts'
import { schemaOwner } from '../model/schema-owner.ts'

type GuestLevel = Exclude<AccessLevel, 'owner'>

const DATABASE: Readonly<Record<AccessLevel, readonly string[]>> = {
  owner: ['CONNECT', 'CREATE', 'TEMPORARY'],
  editor: ['CONNECT', 'TEMPORARY'],
  reader: ['CONNECT'],
  none: [],
}
const MEMBER = ['CONNECT']

const OBJECTS: Readonly<Record<GuestLevel, Readonly<Record<ObjectClass, readonly string[]>>>> = {
  editor: {
    table: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    sequence: ['SELECT', 'UPDATE', 'USAGE'],
    function: ['EXECUTE'],
  },
  reader: { table: ['SELECT'], sequence: ['SELECT'], function: ['EXECUTE'] },
  none: { table: [], sequence: [], function: [] },
}

/** On the database itself: those of the level; without one CONNECT, where rights come from memberships. */
export function databasePrivileges({
  accessLevel,
  connects,
}: Pick<Application, 'accessLevel' | 'connects'>): readonly string[] {
  return accessLevel === 'none' && connects ? MEMBER : DATABASE[accessLevel]
}

/** Of the database's owner. */
export function ownerPrivileges(): readonly string[] {
  return DATABASE.owner
}

/**
 * On one class of objects in a listed schema, now and by default: what the entry names, else what its level has. The
 * owner owns them and needs none.
 */
export function objectPrivileges(
  { accessLevel, privileges }: Pick<Application, 'accessLevel' | 'privileges'>,
  objectClass: ObjectClass,
): readonly string[] {
  return accessLevel === 'owner' ? [] : (privileges[objectClass] ?? OBJECTS[accessLevel][objectClass])
}

/** `reader`, `reader with SELECT, TRUNCATE on tables and nothing on functions`. */
export function levelInWords({ accessLevel, privileges }: Pick<Application, 'accessLevel' | 'privileges'>): string {
  const classes: readonly ObjectClass[] = ['table', 'sequence', 'function']
  const own = classes.flatMap((objectClass) => {
    const named = privileges[objectClass]
    return named === null ? [] : [`${named.length === 0 ? 'nothing' : named.join(', ')} on ${objectClass}s`]
  })
  return own.length === 0 ? accessLevel : `${accessLevel} with ${own.join(' and ')}`
}

/** Privileges of one grantee ('' is PUBLIC), from one grantor if given. */
export function heldBy(acl: readonly AclItem[], grantee: string, grantor?: string): string[] {
  const items = acl.filter((item) => item.grantee === grantee && (grantor === undefined || item.grantor === grantor))
  return [...new Set(items.map((item) => item.privilege))].sort()
}

/**
 * Whom a role granted some of these privileges on to, under a grant option: a REVOKE from it takes theirs along, or is
 * refused.
 */
export function passedOnTo(acl: readonly AclItem[], role: string, privileges: readonly string[]): string[] {
  const items = acl.filter(
    (item) => item.grantor === role && item.grantee !== role && privileges.includes(item.privilege),
  )
  return [...new Set(items.map((item) => (item.grantee === '' ? 'PUBLIC' : item.grantee)))].sort()
}

/** What the message of a revoke says of them. */
export function alongWith(others: readonly string[]): string {
  return others.length === 0 ? '' : `; what it granted on to ${others.join(', ')} goes too`
}

/** Items of `a` that are not in `b`. */
export function subtract(a: readonly string[], b: readonly string[]): string[] {
  return a.filter((item) => !b.includes(item))
}

/** Owner of the schema public from 15 on: whoever owns the database is its member. */
export const PG_DATABASE_OWNER = 'pg_database_owner'

/** Privileges on a schema can be changed by whose it is to be: it owns the schema, or is its implicit owner. */
export function isReachable(database: Database, schema: SchemaState): boolean {
  return schema.owner === schemaOwner(database, schema.name).username || schema.owner === PG_DATABASE_OWNER
}

function isOwners({ owner, schemaOwners }: Database, schema: SchemaState): boolean {
  return !schemaOwners.has(schema.name) && [owner.username, PG_DATABASE_OWNER].includes(schema.owner)
}

/** Whether it is a schema of the login: a listed one, or with `*` any of the database's owner, `public` among them. */
export function worksIn(
  database: Database,
  { schemas, allSchemas, ownsSchemas }: Application,
  schema: SchemaState,
): boolean {
  const isListed = schemas.includes(schema.name) || ownsSchemas.includes(schema.name)
  return isListed || (allSchemas && (schema.name === 'public' || isOwners(database, schema)))
}

/** Whether it is a schema of any of the database's logins. */
export function isCovered(database: Database, schema: SchemaState): boolean {
  return [database.owner, ...database.guests].some((application) => worksIn(database, application, schema))
}
