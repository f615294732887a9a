/** The inside of one database, in one round trip, over whichever connection is at hand. */
import type { DefaultAcl, InstalledExtension, Interior, ObjectClass, SchemaObject, SchemaState } from '../model/catalog.ts'
import { defaultAcl, INSTALLED_EXTENSIONS, objects, schemas } from './database-queries.ts'
import { acl, integer, text, textOrNull } from './row.ts'
import type { Row, Session } from './session.ts'

/**
 * @param grantees the roles whose privileges the plan compares: the database's editors and readers, and other declared
 *   logins that can connect to it. Without any, objects are not listed.
 */
export async function inspectDatabase(session: Session, grantees: readonly string[]): Promise<Interior> {
  const counted = grantees.length > 0
  const queries = [schemas(counted), INSTALLED_EXTENSIONS, ...(counted ? [objects(grantees), defaultAcl(grantees)] : [])]
  const [schemaRows = [], extensionRows = [], objectRows = [], defaultRows = []] = await session.query(queries)
  return {
    database: session.database,
    schemas: byName(schemaRows.map(schemaState)),
    extensions: byName(extensionRows.map(installedExtension)),
    objects: objectRows.map(schemaObject),
    defaultAcl: defaultRows.map(defaultAclItem),
  }
}

function byName<T extends { readonly name: string }>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.name, item]))
}

function schemaState(row: Row): SchemaState {
  return {
    name: text(row, 'name'),
    owner: text(row, 'owner'),
    acl: acl(row, 'acl'),
    objects: integer(row, 'objects'),
    foreignObjects: integer(row, 'foreign_objects'),
  }
}

function installedExtension(row: Row): InstalledExtension {
  return { name: text(row, 'name'), owner: text(row, 'owner') }
}

function objectClass(row: Row): ObjectClass {
  const value = text(row, 'class')
  if (value === 'table' || value === 'sequence' || value === 'function') return value
  throw new TypeError(`the server answered an unknown class of objects: ${value}`)
}

function schemaObject(row: Row): SchemaObject {
  return { schema: text(row, 'schema'), name: text(row, 'name'), objectClass: objectClass(row), args: textOrNull(row, 'args'), acl: acl(row, 'acl') }
}

function defaultAclItem(row: Row): DefaultAcl {
  return {
    creator: text(row, 'creator'),
    schema: textOrNull(row, 'schema'),
    objectClass: objectClass(row),
    grantee: text(row, 'grantee'),
    privilege: text(row, 'privilege'),
  }
}
