/** Statements on roles, read and done. */
import { plainRole } from '../../../src/model/plain-role.ts'
import { grantorOf, grantRole, hasOptions, isSuper, mustAdminister, revokeRole } from './rights.ts'
import { SUPERUSER } from './names.ts'
import { DEPENDENTS, type ModelRole, NO, Refusal, type State, THERE } from './state.ts'
import type { Reader } from './tokens.ts'

export function newRole(name: string, fields: Partial<ModelRole> = {}): ModelRole {
  const { oid: _, ...plain } = plainRole(name)
  return { ...plain, password: null, inherits: true, ...fields }
}

const FLAGS: Readonly<Record<string, Partial<ModelRole>>> = {
  LOGIN: { canLogin: true },
  NOLOGIN: { canLogin: false },
  CREATEDB: { createDb: true },
  NOCREATEDB: { createDb: false },
  CREATEROLE: { createRole: true },
  NOCREATEROLE: { createRole: false },
  INHERIT: { inherits: true },
  NOINHERIT: { inherits: false },
}

function readOptions(reader: Reader): Partial<ModelRole> {
  const found: Partial<ModelRole> = {}
  while (!reader.isAtEnd) {
    if (reader.takes('CONNECTION LIMIT')) found.connectionLimit = Number(reader.word())
    else if (reader.takes('VALID UNTIL')) {
      const text = reader.text()
      found.validUntil = text === 'infinity' ? null : new Date(text)
    } else if (reader.takes('PASSWORD')) found.password = reader.takes('NULL') ? null : reader.text()
    else Object.assign(found, FLAGS[reader.word()] ?? reader.fail())
  }
  return found
}

/** After CREATE ROLE. */
export function createRole(state: State, by: string, reader: Reader): void {
  const name = reader.name()
  const options = readOptions(reader)
  if (state.roles.has(name)) throw new Refusal(`role ${name} already exists`, THERE.role)
  if (!isSuper(state, by) && state.roles.get(by)?.createRole !== true) throw new Refusal('no CREATEROLE')
  state.roles.set(name, newRole(name, options))
  if (hasOptions(state) && !isSuper(state, by))
    state.memberships.push({ role: name, member: by, grantor: SUPERUSER, admin: true, inherit: false, set: false })
}

/** After ALTER ROLE. */
export function alterRole(state: State, by: string, reader: Reader): void {
  const name = reader.name()
  const role = state.roles.get(name)
  if (role === undefined) throw new Refusal(`role ${name} does not exist`, NO.role)
  mustAdminister(state, by, name)
  if (reader.takes('RENAME TO')) {
    renameRole(state, name, reader.name())
    return
  }
  const database = reader.takes('IN DATABASE') ? reader.name() : null
  if (database !== null && !state.databases.has(database)) throw new Refusal(`no database ${database}`, NO.database)
  if (reader.takes('SET') || reader.takes('RESET')) {
    alterSetting(state, database, name, reader)
    return
  }
  Object.assign(role, readOptions(reader))
}

/** After SET or RESET: the name of the parameter, and the value. */
export function alterSetting(state: State, database: string | null, role: string, reader: Reader): void {
  const name = reader.name()
  const isOther = (item: State['settings'][number]): boolean =>
    item.database !== database || item.role !== role || item.name !== name
  state.settings = state.settings.filter(isOther)
  if (!reader.takes('=')) {
    reader.end()
    return
  }
  state.settings.push({ database, role, name, value: reader.text() })
  reader.end()
}

function renameRole(state: State, from: string, to: string): void {
  if (state.roles.has(to)) throw new Refusal(`role ${to} already exists`, THERE.role)
  const renamed = (name: string): string => (name === from ? to : name)
  const ofAcl = <T extends { grantor: string; grantee: string }>(acl: T[]): T[] =>
    acl.map((item) => ({ ...item, grantor: renamed(item.grantor), grantee: renamed(item.grantee) }))
  state.roles = new Map(
    [...state.roles.values()].map((role) => [renamed(role.name), { ...role, name: renamed(role.name) }]),
  )
  for (const item of state.memberships) {
    item.role = renamed(item.role)
    item.member = renamed(item.member)
    item.grantor = renamed(item.grantor)
  }
  state.settings = state.settings.map((item) => ({ ...item, role: renamed(item.role) }))
  for (const database of state.databases.values()) {
    database.owner = renamed(database.owner)
    database.acl = ofAcl(database.acl)
    for (const schema of database.schemas.values()) {
      schema.owner = renamed(schema.owner)
      schema.acl = ofAcl(schema.acl)
    }
    for (const object of database.objects) {
      object.owner = renamed(object.owner)
      object.acl = object.acl === null ? null : ofAcl(object.acl)
    }
    database.extensions = new Map([...database.extensions].map(([name, owner]) => [name, renamed(owner)]))
    for (const item of database.defaults) {
      item.creator = renamed(item.creator)
      item.acl = ofAcl(item.acl)
    }
  }
}

/** Everything on the server that hangs on a role; while there is any, it cannot be dropped. */
function holdingsOf({ databases, memberships, version }: State, role: string): string[] {
  const names = (acl: readonly { grantor: string; grantee: string }[]): boolean =>
    acl.some((item) => item.grantee === role || item.grantor === role)
  const inDatabases = [...databases.values()].flatMap(
    ({ name, owner, acl, schemas, objects, defaults, extensions }) => [
      ...[...extensions].flatMap(([item, by]) => (by === role ? [`extension ${item}`] : [])),
      ...(owner === role ? [`owns ${name}`] : []),
      ...(names(acl) ? [`in the list of ${name}`] : []),
      ...[...schemas.values()].flatMap((item) =>
        item.owner === role || names(item.acl) ? [`schema ${item.name}`] : [],
      ),
      ...objects.flatMap((item) => (item.owner === role || names(item.acl ?? []) ? [`object ${item.name}`] : [])),
      ...defaults.flatMap((item) => (item.creator === role || names(item.acl) ? ['default privileges'] : [])),
    ],
  )
  // From 16 on a membership hangs on who granted it.
  const granted = version < 160000 ? [] : memberships.filter((item) => item.grantor === role && item.role !== role)
  return [...inDatabases, ...granted.map((item) => `granted ${item.role} to ${item.member}`)]
}

/** After DROP ROLE. */
export function dropRole(state: State, by: string, reader: Reader): void {
  const name = reader.name()
  reader.end()
  mustAdminister(state, by, name)
  const holdings = holdingsOf(state, name).filter((item) => !item.endsWith(` to ${name}`))
  if (holdings.length > 0) throw new Refusal(`role ${name} cannot be dropped: ${holdings.join(', ')}`, DEPENDENTS)
  state.roles.delete(name)
  state.memberships = state.memberships.filter((item) => item.role !== name && item.member !== name)
  state.settings = state.settings.filter((item) => item.role !== name)
}

/** After GRANT role TO. */
export function grantRoleTo(state: State, by: string, role: string, reader: Reader): void {
  const member = reader.name()
  const options: { admin?: boolean; inherit?: boolean; set?: boolean } = {}
  if (reader.takes('WITH ADMIN OPTION')) options.admin = true
  else if (reader.takes('WITH'))
    do {
      const option = reader.word().toLowerCase()
      if (option !== 'admin' && option !== 'inherit' && option !== 'set') reader.fail()
      options[option] = reader.word() === 'TRUE'
    } while (reader.takes(','))
  reader.end()
  grantRole(state, by, role, member, options)
}

/** After REVOKE [ADMIN OPTION FOR] role FROM. */
export function revokeRoleFrom(state: State, by: string, role: string, onlyAdmin: boolean, reader: Reader): void {
  const member = reader.name()
  const named = reader.takes('GRANTED BY') ? reader.name() : null
  const cascade = reader.takes('CASCADE')
  reader.end()
  mustAdminister(state, by, role)
  if (!state.roles.has(member)) throw new Refusal(`role ${member} does not exist`, NO.role)
  revokeRole(state, named ?? grantorOf(state, by), role, member, { onlyAdmin, cascade })
}
