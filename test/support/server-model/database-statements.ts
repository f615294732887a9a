/** Statements on databases, read and done. */
import { isSuper, maySet, mustOwn } from './rights.ts'
import { alterSetting } from './role-statements.ts'
import { SUPERUSER } from './names.ts'
import { builtIn, type ModelDatabase, type ModelSchema, NO, ofNewOwner, Refusal, type State, THERE } from './state.ts'
import type { Reader } from './tokens.ts'

export const DATABASE_OWNER = 'pg_database_owner'

/** Its schema public belongs to whoever owns the database, from 15 on; before, PUBLIC may create in it. */
function publicSchema(version: number): ModelSchema {
  const owner = version >= 150000 ? DATABASE_OWNER : SUPERUSER
  const toPublic = version >= 150000 ? ['USAGE'] : ['CREATE', 'USAGE']
  const items = toPublic.map((privilege) => ({ grantor: owner, grantee: '', privilege }))
  return { name: 'public', owner, acl: [...builtIn('schema', owner, version), ...items] }
}

export function newDatabase(state: State, name: string, owner: string): ModelDatabase {
  state.nextOid += 1
  return {
    oid: state.nextOid,
    name,
    owner,
    connectionLimit: -1,
    allowConnections: true,
    isTemplate: false,
    comment: null,
    acl: builtIn('database', owner, state.version),
    schemas: new Map([['public', publicSchema(state.version)]]),
    objects: [],
    defaults: [],
    extensions: new Map(),
  }
}

/** After CREATE DATABASE. */
export function createDatabase(state: State, by: string, reader: Reader): void {
  const name = reader.name()
  reader.words('OWNER')
  const made = newDatabase(state, name, reader.name())
  reader.words('TEMPLATE template0')
  if (reader.takes('ALLOW_CONNECTIONS false')) made.allowConnections = false
  if (reader.takes('CONNECTION LIMIT')) made.connectionLimit = Number(reader.word())
  reader.end()
  if (!isSuper(state, by) && state.roles.get(by)?.createDb !== true) throw new Refusal('no CREATEDB')
  if (!state.roles.has(made.owner)) throw new Refusal(`no role ${made.owner}`, NO.role)
  if (!maySet(state, by, made.owner)) throw new Refusal(`${by} may not SET ROLE ${made.owner}`)
  if (state.databases.has(name)) throw new Refusal(`database ${name} already exists`, THERE.database)
  state.databases.set(name, made)
}

export function databaseOf(state: State, name: string): ModelDatabase {
  const database = state.databases.get(name)
  if (database === undefined) throw new Refusal(`database ${name} does not exist`, NO.database)
  return database
}

/** After ALTER DATABASE. */
export function alterDatabase(state: State, by: string, reader: Reader): void {
  const database = databaseOf(state, reader.name())
  mustOwn(state, by, database.owner, database.name)
  if (reader.takes('CONNECTION LIMIT')) database.connectionLimit = Number(reader.word())
  else if (reader.takes('ALLOW_CONNECTIONS')) database.allowConnections = reader.word() === 'true'
  else if (reader.takes('IS_TEMPLATE')) database.isTemplate = reader.word() === 'true'
  else if (reader.takes('OWNER TO')) {
    const owner = reader.name()
    if (!state.roles.has(owner)) throw new Refusal(`no role ${owner}`, NO.role)
    database.acl = ofNewOwner(database.acl, database.owner, owner)
    database.owner = owner
  } else if (reader.takes('RENAME TO')) {
    const name = reader.name()
    if (state.databases.has(name)) throw new Refusal(`database ${name} already exists`, THERE.database)
    state.databases.delete(database.name)
    state.settings = state.settings.map((item) =>
      item.database === database.name ? { ...item, database: name } : item,
    )
    database.name = name
    state.databases.set(name, database)
  } else if (reader.takes('RESET') || reader.takes('SET')) alterSetting(state, database.name, '', reader)
  else reader.fail()
  reader.end()
}

/** After DROP DATABASE. */
export function dropDatabase(state: State, by: string, reader: Reader): void {
  const database = databaseOf(state, reader.name())
  reader.takes('WITH ( FORCE )')
  reader.end()
  mustOwn(state, by, database.owner, database.name)
  if (database.isTemplate) throw new Refusal('cannot drop a template database', '42809')
  state.databases.delete(database.name)
  state.settings = state.settings.filter((item) => item.database !== database.name)
}
