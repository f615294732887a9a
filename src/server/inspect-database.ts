/** The inside of one database, in one round trip, over whichever connection is at hand. */
import type {
  DefaultAcl,
  InstalledExtension,
  Interior,
  ObjectClass,
  SchemaObject,
  SchemaState,
} from '../model/catalog.ts'
import type { OtherGrant, Uncovered } from '../model/unreached.ts'
import { accessQueries, insideAccess } from './inspect-access.ts'
import { DEFAULT_ACL, INSTALLED_EXTENSIONS, objects, type SchemaOwners, schemas } from './database-queries.ts'
import { OTHER_GRANTS, uncovered } from './uncovered-queries.ts'
import { readAcl, readFlag, readInteger, readText, readTextOrNull, readTexts, type Row } from './row.ts'
import type { Session } from './session.ts'

/** What to look for inside a database. */
export interface DatabaseQuestion {
  /**
   * The roles whose privileges the plan compares: the database's editors and readers, and other declared logins that
   * can connect to it. Without any, objects are not listed.
   */
  readonly grantees: readonly string[]
  /** Also where there is nobody to give anything (src/README.md: Beyond the declaration). */
  readonly everybody: boolean
  /** Also what was granted on objects of others than whose they are to be. */
  readonly others: boolean
  readonly owners: SchemaOwners
  /** Also ask who may do what here, for the access matrix. */
  readonly wantsAccess: boolean
}

/** @throws StatementError, ConnectionLost */
export async function inspectDatabase(
  session: Session,
  { grantees, everybody, others, owners, wantsAccess }: DatabaseQuestion,
): Promise<Interior> {
  const counted = everybody || others || grantees.length > 0
  const queries = [
    schemas(owners),
    INSTALLED_EXTENSIONS,
    ...(counted ? [objects(grantees, owners, others), DEFAULT_ACL, uncovered(grantees)] : []),
    ...(everybody || others ? [OTHER_GRANTS] : []),
  ]
  const access = wantsAccess ? accessQueries(session.database) : []
  const results = await session.query([...queries, ...access])
  const [schemaRows = [], extensionRows = [], ...more] = results.slice(0, queries.length)
  const [objectRows = [], defaultRows = [], uncoveredRows = [], otherRows = []] = more
  return {
    database: session.database,
    schemas: byName(schemaRows.map(schemaState)),
    extensions: byName(extensionRows.map(installedExtension)),
    objects: inOrder(objectRows.filter((row) => readFlag(row, 'own')).flatMap(schemaObjects)),
    othersObjects: inOrder(objectRows.filter((row) => !readFlag(row, 'own')).flatMap(schemaObjects)),
    defaultAcl: defaultRows.map(defaultAclItem),
    uncovered: uncoveredRows.map(uncoveredObjects),
    otherGrants: otherRows.map(otherGrant),
    ...(wantsAccess && { access: insideAccess(results.slice(queries.length)) }),
  }
}

function byName<T extends { readonly name: string }>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.name, item]))
}

function schemaState(row: Row): SchemaState {
  const foreign = { names: readTexts(row, 'foreign_names'), unusable: readInteger(row, 'unusable') }
  return {
    ...(foreign.names.length > 0 && { foreign }),
    name: readText(row, 'name'),
    owner: readText(row, 'owner'),
    acl: readAcl(row, 'acl'),
    objects: readInteger(row, 'objects'),
    foreignObjects: readInteger(row, 'foreign_objects'),
  }
}

function installedExtension(row: Row): InstalledExtension {
  return { name: readText(row, 'name'), owner: readText(row, 'owner') }
}

function objectClass(row: Row): ObjectClass {
  const value = readText(row, 'class')
  if (value === 'table' || value === 'sequence' || value === 'function') return value
  throw new TypeError(`the server answered an unknown class of objects: ${value}`)
}

/** The objects of one row share their lists. */
function schemaObjects(row: Row): SchemaObject[] {
  const shared = {
    schema: readText(row, 'schema'),
    objectClass: objectClass(row),
    owner: readText(row, 'owner'),
    acl: readAcl(row, 'acl'),
    columnAcl: readAcl(row, 'column_acl'),
  }
  const args = row['args'] === null ? [] : readTexts(row, 'args')
  return readTexts(row, 'names').map((name, index) => ({ ...shared, name, args: args[index] ?? null }))
}

/** In the order of their names, whatever that of the server. */
function inOrder(objects: readonly SchemaObject[]): SchemaObject[] {
  const keys = new Map(objects.map((item) => [item, [item.schema, item.objectClass, item.name, item.args ?? '']]))
  const compare = (a: readonly string[], b: readonly string[]): number => {
    const index = a.findIndex((part, at) => part !== b[at])
    return index < 0 ? 0 : (a[index] ?? '') < (b[index] ?? '') ? -1 : 1
  }
  return [...objects].sort((a, b) => compare(keys.get(a) ?? [], keys.get(b) ?? []))
}

function uncoveredObjects(row: Row): Uncovered {
  return {
    kind: readText(row, 'kind') === 'type' ? 'type' : 'large object',
    schema: readTextOrNull(row, 'schema'),
    objects: readInteger(row, 'objects'),
    name: readText(row, 'name'),
  }
}

const OTHER_KINDS = ['TYPE', 'LANGUAGE', 'FOREIGN DATA WRAPPER', 'FOREIGN SERVER', 'LARGE OBJECT'] as const

function otherGrant(row: Row): OtherGrant {
  const word = readText(row, 'keyword')
  const keyword = OTHER_KINDS.find((kind) => kind === word)
  if (keyword === undefined) throw new TypeError(`the server answered an unknown kind of object: ${word}`)
  return {
    keyword,
    owner: readText(row, 'owner'),
    grantor: readText(row, 'grantor'),
    grantee: readText(row, 'grantee'),
    privileges: [...readTexts(row, 'privileges')].sort(),
    objects: readInteger(row, 'objects'),
    identity: readText(row, 'identity'),
  }
}

function defaultAclItem(row: Row): DefaultAcl {
  return {
    creator: readText(row, 'creator'),
    schema: readTextOrNull(row, 'schema'),
    objectClass: row['class'] === 'schema' ? 'schema' : objectClass(row),
    grantee: readText(row, 'grantee'),
    privilege: readText(row, 'privilege'),
  }
}
