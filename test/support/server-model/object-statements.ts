/** Statements on what is inside a database, read and done. */
import type { AclItem, DefaultClass, ObjectClass } from '../../../src/model/catalog.ts'
import { DATABASE_OWNER, databaseOf } from './database-statements.ts'
import { hasRightsOf, holds, isSuper, mustOwn } from './rights.ts'
import {
  allOn,
  AVAILABLE,
  builtIn,
  changed,
  type ModelDatabase,
  type ModelDefault,
  NO,
  ofNewOwner,
  Refusal,
  sameAcl,
  type State,
  THERE,
} from './state.ts'
import type { Reader } from './tokens.ts'

/** After CREATE SCHEMA. */
export function createSchema(state: State, by: string, database: ModelDatabase, reader: Reader): void {
  const name = reader.name()
  const owner = reader.takes('AUTHORIZATION') ? reader.name() : by
  reader.end()
  if (!state.roles.has(owner)) throw new Refusal(`no role ${owner}`, NO.role)
  const mayCreate = hasOnDatabase(state, database, by, 'CREATE')
  if (!mayCreate) throw new Refusal(`${by} may not create in ${database.name}`)
  if (database.schemas.has(name)) throw new Refusal(`schema ${name} already exists`, THERE.schema)
  const global = database.defaults.find((item) => item.creator === owner && item.objectClass === 'schema')
  const acl = global?.acl ?? builtIn('schema', owner, state.version)
  database.schemas.set(name, { name, owner, acl: [...acl] })
}

function hasOnDatabase(state: State, { acl }: ModelDatabase, role: string, privilege: string): boolean {
  return isSuper(state, role) || holds(state, role, acl, privilege)
}

/** After CREATE TABLE, SEQUENCE or FUNCTION: only by hand. */
export function createObject(
  state: State,
  by: string,
  database: ModelDatabase,
  objectClass: ObjectClass,
  reader: Reader,
): void {
  const schema = reader.name()
  reader.words('.')
  const name = reader.name()
  if (!database.schemas.has(schema)) throw new Refusal(`no schema ${schema}`, NO.schema)
  if (database.objects.some((item) => item.schema === schema && item.name === name))
    throw new Refusal(`${name} exists`, THERE.relation)
  if (!mayCreateIn(state, database, schema, by)) throw new Refusal(`${by} may not create in ${schema}`)
  const of = (where: string | null): ModelDefault | undefined =>
    database.defaults.find((item) => item.creator === by && item.schema === where && item.objectClass === objectClass)
  const standard = builtIn(objectClass, by, state.version)
  const acl = [...(of(null)?.acl ?? standard), ...(of(schema)?.acl ?? [])]
  const merged = [...new Map(acl.map((item) => [JSON.stringify(item), item])).values()]
  database.objects.push({
    schema,
    name,
    objectClass,
    args: objectClass === 'function' ? '' : null,
    owner: by,
    acl: sameAcl(merged, standard) ? null : merged,
  })
}

function mayCreateIn(state: State, database: ModelDatabase, name: string, by: string): boolean {
  const schema = database.schemas.get(name)
  if (schema === undefined) return false
  const isOwner = schema.owner === by || (schema.owner === DATABASE_OWNER && database.owner === by)
  const has = schema.acl.some(({ grantee, privilege }) => privilege === 'CREATE' && (grantee === by || grantee === ''))
  return (
    isSuper(state, by) ||
    (isOwner && schema.acl.some((item) => item.grantee === schema.owner && item.privilege === 'CREATE')) ||
    has
  )
}

/** After CREATE EXTENSION: one that is not trusted is made by a superuser, or on RDS by its master. */
export function createExtension(state: State, by: string, database: ModelDatabase, reader: Reader): void {
  const name = reader.name()
  const schema = reader.takes('SCHEMA') ? reader.name() : 'public'
  reader.takes('CASCADE')
  reader.end()
  const known = AVAILABLE.find((item) => item.name === name)
  if (known === undefined) throw new Refusal(`extension ${name} is not available`, '0A000')
  const isMaster = isSuper(state, by) || hasRightsOf(state, by, 'rds_superuser')
  const mayCreate = known.trusted && hasOnDatabase(state, database, by, 'CREATE')
  if (!isMaster && !mayCreate) throw new Refusal(`permission denied to create extension ${name}`)
  if (!database.schemas.has(schema)) throw new Refusal(`no schema ${schema}`, NO.schema)
  if (database.extensions.has(name)) throw new Refusal(`extension ${name} already exists`, THERE.role)
  database.extensions.set(name, by)
}

/** After ALTER SCHEMA. */
export function alterSchema(state: State, by: string, database: ModelDatabase, reader: Reader): void {
  const schema = database.schemas.get(reader.name())
  if (schema === undefined) throw new Refusal('no such schema', NO.schema)
  mustOwn(state, by, schema.owner, schema.name)
  reader.words('OWNER TO')
  const owner = reader.name()
  reader.end()
  if (!state.roles.has(owner)) throw new Refusal(`no role ${owner}`, NO.role)
  schema.acl = ofNewOwner(schema.acl, schema.owner, owner)
  schema.owner = owner
}

/** Who a grant of this role on an object comes from. @throws Refusal where it may not grant */
function grantorOn(state: State, by: string, owner: string, database: ModelDatabase, what: string): string {
  if (owner === DATABASE_OWNER && by === database.owner) return owner
  mustOwn(state, by, owner, what)
  return owner
}

const CLASSES: Readonly<Record<string, ObjectClass>> = { TABLE: 'table', SEQUENCE: 'sequence', ROUTINE: 'function' }

/** After ON, of a GRANT or REVOKE of privileges. @param words the privileges; `ALL` by itself is all of the class */
export function changePrivileges(
  state: State,
  by: string,
  inside: ModelDatabase | null,
  grants: boolean,
  words: readonly string[],
  reader: Reader,
): void {
  const listed = (kind: DefaultClass | 'database'): readonly string[] =>
    words.length === 1 && words[0] === 'ALL' ? allOn(kind, state.version) : words
  const to = (): string => {
    reader.words(grants ? 'TO' : 'FROM')
    const grantee = reader.grantee()
    reader.takes('CASCADE')
    reader.end()
    if (grantee !== '' && !state.roles.has(grantee)) throw new Refusal(`no role ${grantee}`, NO.role)
    return grantee
  }
  if (reader.takes('DATABASE')) {
    const database = databaseOf(state, reader.identifier())
    const grantee = to()
    const grantor = grantorOn(state, by, database.owner, database, database.name)
    database.acl = changed(database.acl, grants, listed('database'), grantor, grantee)
    return
  }
  if (inside === null) reader.fail()
  if (reader.takes('SCHEMA')) {
    const schemas: string[] = []
    do schemas.push(reader.identifier())
    while (reader.takes(','))
    const grantee = to()
    for (const name of schemas) {
      const schema = inside.schemas.get(name)
      if (schema === undefined) throw new Refusal('no such schema', NO.schema)
      const grantor = grantorOn(state, by, schema.owner, inside, schema.name)
      schema.acl = changed(schema.acl, grants, listed('schema'), grantor, grantee)
    }
    return
  }
  const objectClass = CLASSES[reader.word()] ?? reader.fail()
  const names: [string, string][] = []
  do {
    const schema = reader.identifier()
    reader.words('.')
    names.push([schema, reader.identifier()])
    if (reader.takes('(')) reader.words(')')
  } while (reader.takes(','))
  const grantee = to()
  for (const [schema, name] of names) {
    const object = inside.objects.find((item) => item.schema === schema && item.name === name)
    if (object?.objectClass !== objectClass)
      throw new Refusal(`no ${objectClass} ${name}`, objectClass === 'function' ? NO.routine : NO.relation)
    mustOwn(state, by, object.owner, name)
    const acl = object.acl ?? builtIn(objectClass, object.owner, state.version)
    object.acl = changed(acl, grants, listed(objectClass), object.owner, grantee)
  }
}

const DEFAULT_CLASSES: Readonly<Record<string, DefaultClass>> = {
  TABLES: 'table',
  SEQUENCES: 'sequence',
  ROUTINES: 'function',
  SCHEMAS: 'schema',
}

/** After ALTER DEFAULT PRIVILEGES. An entry that says what holds anyway goes. */
export function alterDefaults(state: State, by: string, database: ModelDatabase, reader: Reader): void {
  reader.words('FOR ROLE')
  const creator = reader.name()
  mustOwn(state, by, creator, 'the default privileges')
  const schema = reader.takes('IN SCHEMA') ? reader.name() : null
  if (schema !== null && !database.schemas.has(schema)) throw new Refusal(`no schema ${schema}`, NO.schema)
  const grants = reader.takes('GRANT')
  if (!grants) reader.words('REVOKE')
  const words = privilegeWords(reader)
  const objectClass = DEFAULT_CLASSES[reader.word()] ?? reader.fail()
  reader.words(grants ? 'TO' : 'FROM')
  const grantee = reader.grantee()
  reader.end()
  if (grantee !== '' && !state.roles.has(grantee)) throw new Refusal(`no role ${grantee}`, NO.role)
  const isIt = (item: ModelDefault): boolean =>
    item.creator === creator && item.schema === schema && item.objectClass === objectClass
  const standard: AclItem[] = schema === null ? builtIn(objectClass, creator, state.version) : []
  const privileges = words[0] === 'ALL' ? allOn(objectClass, state.version) : words
  const before = database.defaults.find(isIt)?.acl ?? standard
  const acl = changed(before, grants, privileges, creator, grantee)
  database.defaults = database.defaults.filter((item) => !isIt(item))
  if (!sameAcl(acl, standard)) database.defaults.push({ creator, schema, objectClass, acl })
}

/** `SELECT, INSERT ON`, the last word read too. */
export function privilegeWords(reader: Reader): string[] {
  const words: string[] = []
  do words.push(reader.word())
  while (reader.takes(','))
  reader.words('ON')
  return words
}
