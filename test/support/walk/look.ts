/** What `src/server` would read of the model, as the planner's own types. */
import type {
  Actual,
  Cluster,
  DatabaseState,
  Interior,
  LoginState,
  SchemaObject,
  SchemaState,
  Unseen,
} from '../../../src/model/catalog.ts'
import { cloneOf } from '../../../src/model/credential.ts'
import type { Application, Database, Declaration } from '../../../src/model/declaration.ts'
import { parseTag } from '../../../src/model/tag.ts'
import { isWithheld } from '../../../src/model/withheld.ts'
import { isSuper } from './rights.ts'
import { ADMIN, type ModelServer } from './server.ts'
import { builtIn, type ModelDatabase, type State, SUPERUSER } from './state.ts'

/** Everything that a run inspects. */
export function look(server: ModelServer, declaration: Declaration): Actual {
  const { state } = server
  const cluster = clusterOf(state, declaration)
  const interiors = new Map<string, Interior>()
  const unseen = new Map<string, Unseen>()
  const logins = new Map(declaration.applications.map((item) => [item.name, loginOf(state, item)]))
  for (const database of declaration.databases) {
    const found = state.databases.get(database.name)
    if (found === undefined) continue
    if (found.owner !== database.owner.username && !isWithheld(declaration, cluster, database)) continue
    const ownerIsIn =
      logins.get(database.owner.name)?.kind === 'password_right' &&
      entryOf(state, found, database.owner.username) === null
    const reason = ownerIsIn ? null : entryOf(state, found, ADMIN)
    if (reason === null)
      interiors.set(
        database.name,
        interiorOf(state, found, granteesOf(declaration, cluster, database), database.owner.undeclared !== 'report'),
      )
    else unseen.set(database.name, reason)
  }
  return { cluster, interiors, unseen, logins }
}

/** Why the server lets a role not into a database; null: it does. */
function entryOf(state: State, database: ModelDatabase, role: string): Unseen | null {
  if (!database.allowConnections) return { reason: 'not accepting connections', isFull: false }
  if (state.roles.get(role)?.canLogin !== true) return { reason: 'not permitted to log in', isFull: false }
  if (database.connectionLimit === 0 && !isSuper(state, role)) return { reason: 'too many connections', isFull: true }
  const may = database.acl.some(
    ({ grantee, privilege }) => (grantee === role || grantee === '') && privilege === 'CONNECT',
  )
  return may ? null : { reason: 'permission denied', isFull: false }
}

function loginOf(state: State, application: Application): LoginState {
  const role = state.roles.get(application.username)
  const isTried = role !== undefined && application.auth === 'password' && application.loginOf === null
  if (!isTried || !(application.adoptExisting || parseTag(role.comment) !== null)) return { kind: 'not_tried' }
  if (role.validUntil !== null && role.validUntil.getTime() <= Date.now()) return { kind: 'expired' }
  if (role.password?.startsWith('SCRAM-SHA-256') !== true) return { kind: 'password_wrong' }
  return { kind: 'password_right', note: role.canLogin ? null : 'not permitted to log in' }
}

function clusterOf(state: State, declaration: Declaration): Cluster {
  const roles = new Set(declaration.applications.flatMap(({ username }) => [username, cloneOf(username)]))
  const databases = new Set(declaration.databases.map(({ name }) => name))
  const parameters = declaration.applications.flatMap(({ settings }) => [...settings.keys()])
  return {
    server: {
      version: state.version,
      versionText: String(state.version / 10000),
      login: ADMIN,
      inRecovery: false,
      passwordEncryption: 'scram-sha-256',
      restrictsPasswords: false,
      encoding: 'UTF8',
      defaultEncoding: 'UTF8',
      freeConnections: 100,
    },
    roles: new Map([...state.roles.values()].map(({ password: _, inherits: __, ...role }) => [role.name, role])),
    databases: new Map([...state.databases.values()].map((item) => [item.name, databaseState(item)])),
    memberships: state.memberships.map((item) => ({ ...item })),
    settings: state.settings.filter(
      ({ role, database }) => roles.has(role) || (role === '' && database !== null && databases.has(database)),
    ),
    parameters: new Map(parameters.map((name) => [name, { name, context: 'user' }])),
    extensions: new Map(),
    encodings: new Map(),
    unknownLocales: new Set(),
    holders: new Map(
      [...state.databases.values()].flatMap((item) => {
        const holders = holdersOf(item)
        return holders.size === 0 ? [] : [[item.name, holders] as const]
      }),
    ),
  }
}

function databaseState({
  name,
  owner,
  connectionLimit,
  allowConnections,
  isTemplate,
  comment,
  acl,
}: ModelDatabase): DatabaseState {
  return {
    name,
    owner,
    encoding: 'UTF8',
    collate: 'C',
    ctype: 'C',
    localeProvider: 'libc',
    icuLocale: null,
    connectionLimit,
    allowConnections,
    isTemplate,
    comment,
    acl: [...acl],
  }
}

/** pg_shdepend: whom lists inside name, the owner of the object and what the server pins apart. */
function holdersOf({ schemas, objects, defaults }: ModelDatabase): Set<string> {
  const lists = [
    ...[...schemas.values()].map(({ owner, acl }) => ({ owner, acl })),
    ...objects.map(({ owner, acl }) => ({ owner, acl: acl ?? [] })),
    ...defaults.map(({ creator, acl }) => ({ owner: creator, acl })),
  ]
  const named = lists.flatMap(({ owner, acl }) =>
    acl.flatMap(({ grantee, grantor }) => [grantee, grantor].filter((role) => role !== owner)),
  )
  return new Set(named.filter((role) => role !== '' && role !== SUPERUSER && !role.startsWith('pg_')))
}

function granteesOf(declaration: Declaration, { databases, holders }: Cluster, database: Database): string[] {
  const declared = new Set(declaration.applications.map(({ username }) => username))
  const all = [
    ...(databases.get(database.name)?.acl ?? []).map(({ grantee }) => grantee),
    ...(holders.get(database.name) ?? []),
  ]
  const strangers = [...new Set(all)].filter((role) => declared.has(role) && role !== database.owner.username)
  return [...new Set([...database.guests.map(({ username }) => username), ...strangers.sort()])]
}

export function interiorOf(
  state: State,
  database: ModelDatabase,
  grantees: readonly string[],
  everybody: boolean,
): Interior {
  const isCounted = everybody || grantees.length > 0
  const isMeant = (grantee: string): boolean => everybody || grantees.includes(grantee)
  const schemas = [...database.schemas.values()].map((schema): [string, SchemaState] => {
    const objects = database.objects.filter((item) => item.schema === schema.name)
    const foreign = objects.filter(({ owner }) => owner !== database.owner)
    const names = foreign
      .map(({ objectClass, name, owner }) => `${objectClass} ${name} (${owner})`)
      .sort()
      .slice(0, 3)
    const unusable = foreign.filter((item) => !isUsable(state, database.owner, item)).length
    return [
      schema.name,
      {
        ...(names.length > 0 && { foreign: { names, unusable } }),
        name: schema.name,
        owner: schema.owner,
        acl: [...schema.acl],
        objects: objects.length,
        foreignObjects: foreign.length,
      },
    ]
  })
  const objects = database.objects
    .filter((item) => item.owner === database.owner && (grantees.length > 0 || item.acl !== null))
    .map(({ owner, acl, ...item }): SchemaObject => ({
      ...item,
      owner,
      columnAcl: [],
      acl: (acl ?? builtIn(item.objectClass, owner, state.version)).filter(
        ({ grantee, grantor }) => grantee === '' || isMeant(grantee) || grantees.includes(grantor),
      ),
    }))
  const key = ({ schema, objectClass, name }: SchemaObject): string => JSON.stringify([schema, objectClass, name])
  return {
    database: database.name,
    schemas: new Map(schemas),
    objects: isCounted ? objects.sort((a, b) => (key(a) < key(b) ? -1 : 1)) : [],
    defaultAcl: isCounted
      ? database.defaults.flatMap(({ creator, schema, objectClass, acl }) =>
          acl
            .filter(({ grantee }) => isMeant(grantee))
            .map(({ grantee, privilege }) => ({ creator, schema, objectClass, grantee, privilege })),
        )
      : [],
    othersObjects: [],
    uncovered: [],
    extensions: new Map([['plpgsql', { name: 'plpgsql', owner: SUPERUSER }]]),
  }
}

function isUsable(state: State, role: string, { acl, owner, objectClass }: ModelDatabase['objects'][number]): boolean {
  const wanted = objectClass === 'function' ? 'EXECUTE' : 'SELECT'
  const items = acl ?? builtIn(objectClass, owner, state.version)
  return items.some(({ grantee, privilege }) => (grantee === role || grantee === '') && privilege === wanted)
}
