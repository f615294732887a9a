/** Entries for all that could be one, before anything was checked. Pure. */
import { PREDEFINED_ROLES } from '../model/predefined-roles.ts'
import { VERSION_16 } from '../model/server-version.ts'
import { heldByAny, rightsOf } from './effective.ts'
import { databaseFields, loginFields, settingFields } from './fields.ts'
import { levelOf } from './guests.ts'
import { afterwards, interiorAfterwards } from './hand-over.ts'
import { inOrder, isExpressible, keyFrom, Keys } from './names.ts'
import { findOwners, type Owned } from './owners.ts'
import { refusalOf, refusedRoles } from './roles.ts'
import type { Entry, Fields, Note, Survey } from './types.ts'

export interface Draft {
  readonly entries: readonly Entry[]
  readonly notes: readonly Note[]
  readonly before: Survey
  /** As it is once a person has run what comes first. */
  readonly after: Survey
}

/** Keys of entries by what they stand for. */
interface KeyMap {
  readonly roles: ReadonlyMap<string, string>
  readonly databases: ReadonlyMap<string, string>
  readonly keys: Keys
}

/** What a role has to do with a database that it does not own. */
interface Place {
  readonly database: string
  readonly fields: Fields
}

/**
 * @param now decides what is over by now
 * @param only the database that is asked for; null: all
 */
export function makeDraft(survey: Survey, now: Date, only: string | null = null): Draft {
  const { owned, notes } = findOwners(survey, only)
  const after = owned.reduce(takeOver, survey)
  const owners = new Set(owned.map(({ role }) => role))
  const others = inOrder(survey.cluster.roles.keys()).filter(
    (name) => !owners.has(name) && refusalOf(survey, name) === null,
  )
  const map = nameAll(survey, owned, others)
  const entries = [
    ...byKey(owned, ({ database }) => map.databases.get(database)).flatMap((item) =>
      ownerEntries(after, map, item, owned, now),
    ),
    ...byKey(others, (role) => map.roles.get(role)).flatMap((role) => guestEntries(after, map, role, owned, now)),
  ]
  return { entries, notes: [...notes, ...refusedRoles(survey)], before: survey, after }
}

function takeOver(survey: Survey, { database, handOver }: Owned): Survey {
  if (handOver === null) return survey
  const interior = survey.interiors.get(database)
  return {
    ...survey,
    cluster: afterwards(survey.cluster, handOver, survey.admin),
    interiors:
      interior === undefined
        ? survey.interiors
        : new Map([...survey.interiors, [database, interiorAfterwards(interior)]]),
  }
}

function nameAll({ declaration, hints }: Survey, owned: readonly Owned[], others: readonly string[]): KeyMap {
  const keys = new Keys(declaration.applications.map(({ name }) => name))
  const roles = new Map(
    declaration.applications.filter(({ loginOf }) => loginOf === null).map(({ username, name }) => [username, name]),
  )
  const databases = new Map<string, string>()
  const named = owned.map((item) => ({ ...item, name: hints.databases.get(item.database) ?? item.database }))
  for (const { database, role, name } of keysFirst(named)) {
    const key = keys.take(name)
    databases.set(database, key)
    roles.set(role, key)
  }
  const logins = others.map((role) => ({ role, name: hints.roles.get(role) ?? role }))
  for (const { role, name } of keysFirst(logins)) roles.set(role, keys.take(name))
  return { roles, databases, keys }
}

function byKey<T>(items: readonly T[], keyOf: (item: T) => string | undefined): T[] {
  return [...items].sort((a, b) => ((keyOf(a) ?? '') < (keyOf(b) ?? '') ? -1 : 1))
}

/** What is called as a key may be keeps its name. */
function keysFirst<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  const isKey = ({ name }: T): boolean => name === keyFrom(name)
  return [...items.filter(isKey), ...items.filter((item) => !isKey(item))]
}

function ownerEntries(
  survey: Survey,
  map: KeyMap,
  { database, role }: Owned,
  owned: readonly Owned[],
  now: Date,
): Entry[] {
  const key = map.databases.get(database) ?? database
  const state = survey.cluster.databases.get(database)
  if (state === undefined) return []
  const fields = {
    database_name: database,
    username: role,
    ...loginFields(survey, role, now),
    ...settingFields(survey, role, database),
    ...memberFields(survey, map, role, database),
    ...databaseFields(survey, state, survey.interiors.get(database), role),
    adopt_existing: true,
  }
  const elsewhere = placesOf(survey, role, owned).map((place) => usedEntry(map, key, role, place))
  return [makeEntry(key, role, database, fields), ...elsewhere]
}

/** With one place its own entry says it; with several each has one of its own, which uses the login. */
function guestEntries(survey: Survey, map: KeyMap, role: string, owned: readonly Owned[], now: Date): Entry[] {
  const key = map.roles.get(role) ?? role
  const places = placesOf(survey, role, owned)
  const [only] = places
  const place = places.length === 1 && only !== undefined ? only : null
  const fields = {
    ...(place === null ? {} : { database_of: map.databases.get(place.database) ?? '' }),
    username: role,
    access_level: 'none',
    ...loginFields(survey, role, now),
    ...place?.fields,
    ...memberFields(survey, map, role, place?.database ?? null),
    adopt_existing: true,
  }
  const used = place === null ? places.map((item) => usedEntry(map, key, role, item)) : []
  return [makeEntry(key, role, place?.database ?? null, fields), ...used]
}

function usedEntry(map: KeyMap, login: string, role: string, { database, fields }: Place): Entry {
  const of = map.databases.get(database) ?? ''
  const key = map.keys.take(`${keyFrom(role)}_${of}`)
  return makeEntry(key, role, database, { database_of: of, login_of: login, ...fields, undeclared: 'keep' })
}

function placesOf(survey: Survey, role: string, owned: readonly Owned[]): Place[] {
  return owned.flatMap((item): Place[] => {
    const { database, handOver } = item
    if (item.role === role) return []
    const level = handOver === null ? levelOf(survey, role, database) : null
    const own = {
      ...settingFields(survey, role, database),
      ...(handOver === null && ownSchemas(survey, role, database)),
    }
    const isEmpty = Object.keys(own).length === 0 || !mayConnect(survey, role, database)
    if (level === null && isEmpty) return []
    const { level: access_level = 'none', schemas, privileges } = level ?? {}
    const fields: Fields = {
      access_level,
      ...(schemas !== undefined && { schemas }),
      ...(privileges !== undefined && { privileges }),
      ...own,
    }
    return [{ database, fields }]
  })
}

/** Schemas of a guest in another's database; `public` is given to nobody. */
function ownSchemas({ interiors }: Survey, role: string, database: string): Fields {
  const own = [...(interiors.get(database)?.schemas.values() ?? [])].filter(
    ({ name, owner }) => owner === role && name !== 'public' && isExpressible(name),
  )
  return own.length === 0 ? {} : { owns_schemas: inOrder(own.map(({ name }) => name)) }
}

/** An entry of level `none` lets a member of something connect. */
function mayConnect(survey: Survey, role: string, database: string): boolean {
  const acl = survey.cluster.databases.get(database)?.acl ?? []
  return heldByAny(acl, rightsOf(survey, role, database)).has('CONNECT')
}

/** Memberships with all that a declared one has: rights of the role, and SET ROLE. */
function memberFields({ cluster, noInherit }: Survey, map: KeyMap, role: string, database: string | null): Fields {
  const isWhole = (inherit: boolean, set: boolean): boolean =>
    cluster.server.version < VERSION_16 ? !noInherit.has(role) : inherit && set
  const names = cluster.memberships
    .filter(({ member, inherit, set }) => member === role && isWhole(inherit, set))
    .flatMap((item) => {
      const key = map.roles.get(item.role)
      if (key !== undefined) return [key]
      return PREDEFINED_ROLES.some((name) => name === item.role) ? [item.role] : []
    })
  const stored = cluster.settings.find(
    (item) => item.role === role && item.database === database && item.name === 'role',
  )
  const actor = database === null || stored === undefined ? undefined : map.roles.get(stored.value)
  return {
    ...(names.length > 0 && { member_of: inOrder(new Set(names)) }),
    ...(actor !== undefined && names.includes(actor) && { acts_as: actor }),
  }
}

/** As the guide has them (terraform-module/docs/fields.md). */
const ORDER = [
  'database_name',
  'database_of',
  'username',
  'login_of',
  'access_level',
  'auth',
  'can_login',
  'can_create_databases',
  'connection_limit',
  'valid_until',
  'settings',
  'schemas',
  'privileges',
  'member_of',
  'acts_as',
  'owns_schemas',
  'extensions',
  'encoding',
  'locale',
  'database_connection_limit',
  'adopt_existing',
  'undeclared',
]

function makeEntry(key: string, role: string, database: string | null, fields: Fields): Entry {
  const sorted = Object.entries(fields).sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b))
  return { key, role, database, fields: Object.fromEntries(sorted) }
}
