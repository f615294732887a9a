import * as v from 'valibot'
import type { Problem } from '../model/problem.ts'
import {
  ACCESS_LEVELS,
  CLEANUP_POLICIES,
  defaultPolicy,
  KEEPABLE_FIELDS,
  LOGIN_METHODS,
  UNDECLARED_MODES,
} from '../model/declaration.ts'
import type { AccessLevel, Application, CleanupPolicy, Environment } from '../model/declaration.ts'
import { bool, claim, connectionLimit, key, name, names, nested, oneOf, secretId, timestamp } from './fields.ts'
import { describesLogin, LOGIN_FIELDS } from './login-fields.ts'
import { isObject, parseObject } from './object.ts'
import { parsePrivileges } from './privileges.ts'
import { parseSettings } from './settings.ts'
import { NAME_RULE, isName, show } from './text.ts'

const FIELDS = {
  database_name: v.nullish(name),
  database_of: v.nullish(key, null),
  username: v.nullish(name),
  login_of: v.nullish(key, null),
  access_level: v.nullish(oneOf(ACCESS_LEVELS), 'owner'),
  secret_id: v.nullish(secretId),
  auth: v.nullish(oneOf(LOGIN_METHODS)),
  can_login: v.nullish(bool),
  can_create_databases: v.nullish(bool),
  connection_limit: v.nullish(connectionLimit),
  valid_until: v.nullish(timestamp, null),
  settings: nested,
  schemas: v.nullish(names),
  privileges: nested,
  member_of: v.nullish(names, []),
  acts_as: v.nullish(name, null),
  owns_schemas: v.nullish(names, []),
  extensions: v.nullish(names, []),
  encoding: v.nullish(name, null),
  locale: v.nullish(name, null),
  database_connection_limit: v.nullish(connectionLimit),
  cleanup_policy: v.nullish(oneOf(CLEANUP_POLICIES)),
  marker: v.nullish(claim, null),
  adopt_existing: v.nullish(bool, false),
  undeclared: v.nullish(oneOf(UNDECLARED_MODES)),
  recreate_missing: v.nullish(bool),
}

/** By which entries are compared with each other. */
const COMPARED = ['database_name', 'database_of', 'username', 'login_of', 'access_level'] as const

/** Module-level values that the defaults of an application are made of. */
export interface Defaults {
  readonly environment: Environment
  readonly secretPrefix: string
  /** null: that of the entry's access level. */
  readonly cleanupPolicy: CleanupPolicy | null
}

/** One parsed entry, with what it says of its database beside it. */
export interface ApplicationEntry {
  readonly application: Omit<Application, 'schemas' | 'allSchemas' | 'memberOf' | 'actsAs' | 'connects'>
  /** The entry whose database it is; null: its own `database_name`, or the default. */
  readonly databaseOf: string | null
  /** What it says of the login beside `login_of`; null: nothing. */
  readonly ownLogin: {
    readonly username: string | null
    readonly secretId: string | null
    readonly cleanupPolicy: string | null
  }
  /** `*` and names; null: the owner's list. */
  readonly schemas: readonly string[] | null
  readonly extensions: readonly string[]
  /** Keys of entries, and predefined roles. */
  readonly memberOf: readonly string[]
  /** Key of an entry; null: it acts as itself. */
  readonly actsAs: string | null
  readonly encoding: string | null
  readonly locale: string | null
  readonly databaseConnectionLimit: number | null
  readonly recreateMissing: boolean | null
  /** Whether database, username and access level are what the caller wrote, so that entries may be compared by them. */
  readonly comparable: boolean
}

/** Parses one entry of `application_databases` and fills its defaults; `entry` is null where the value is no object. */
export function parseEntry(
  key: string,
  input: unknown,
  defaults: Defaults,
): { readonly entry: ApplicationEntry | null; readonly problems: readonly Problem[] } {
  const { value, problems, broken } = parseObject(FIELDS, input, { application: key, path: '' })
  if (value === null) return { entry: null, problems }
  const { settings, problems: settingProblems } = parseSettings(value.settings, key)
  const { privileges, problems: privilegeProblems } = parsePrivileges(value.privileges, key)
  const base = `${key.replaceAll('-', '_')}_${defaults.environment}`
  const database = value.database_name ?? (hasNoDatabase(value) ? null : `${base}_db`)
  const username = value.username ?? `${base}_user`
  const secretId = value.secret_id ?? `${defaults.secretPrefix}/${defaults.environment}/${key}/postgres`
  const undeclared = value.undeclared ?? (value.adopt_existing ? 'keep' : 'report')
  const entry: ApplicationEntry = {
    application: {
      name: key,
      database,
      username,
      loginOf: value.login_of,
      accessLevel: value.access_level,
      secretId,
      auth: (value.can_login ?? true) ? (value.auth ?? 'password') : 'unmanaged',
      canLogin: value.can_login ?? true,
      canCreateDatabases: value.can_create_databases ?? false,
      connectionLimit: value.connection_limit ?? -1,
      validUntil: value.valid_until,
      settings,
      privileges,
      ownsSchemas: value.owns_schemas,
      cleanupPolicy: value.cleanup_policy ?? defaults.cleanupPolicy ?? defaultPolicy(value.access_level),
      marker: value.marker,
      adoptExisting: value.adopt_existing,
      undeclared,
      kept: new Set(KEEPABLE_FIELDS.filter((field) => undeclared === 'keep' && (value[field] ?? null) === null)),
    },
    databaseOf: value.database_of,
    ownLogin: ownLogin(value),
    schemas: value.schemas ?? null,
    extensions: value.extensions,
    memberOf: value.member_of,
    actsAs: value.acts_as,
    encoding: value.encoding,
    locale: value.locale,
    databaseConnectionLimit: value.database_connection_limit ?? null,
    recreateMissing: value.recreate_missing ?? null,
    comparable: !COMPARED.some((field) => broken.has(field)),
  }
  const own = [
    ...settingProblems,
    ...privilegeProblems,
    ...loginProblems(key, value),
    ...sharedLogin(key, value.login_of, input),
    ...twoDatabases(key, value),
    ...levelProblems(key, value),
    ...defaultProblems(key, value.database_of === null ? database : null, value.login_of === null ? username : null),
  ]
  return { entry, problems: [...problems, ...own] }
}

/** How somebody logs in is no question where nobody does. */
function loginProblems(
  application: string,
  fields: { readonly auth?: string | null | undefined; readonly can_login?: boolean | null | undefined },
): Problem[] {
  if (fields.can_login !== false || (fields.auth ?? null) === null) return []
  const message = 'says how a login logs in, and nobody logs in as this role (can_login = false).'
  return [{ application, code: 'misplaced_field', field: 'auth', message, remedy: 'Take one of the two out.' }]
}

interface LoginFields {
  readonly username?: string | null | undefined
  readonly secret_id?: string | null | undefined
  readonly cleanup_policy?: string | null | undefined
}

function ownLogin({ username, secret_id, cleanup_policy }: LoginFields): ApplicationEntry['ownLogin'] {
  return { username: username ?? null, secretId: secret_id ?? null, cleanupPolicy: cleanup_policy ?? null }
}

/** Given is what is neither absent nor null, be it the default. */
function sharedLogin(application: string, loginOf: string | null, input: unknown): Problem[] {
  if (loginOf === null || !isObject(input)) return []
  return LOGIN_FIELDS.filter((field) => (input[field] ?? null) !== null).map((field) =>
    describesLogin(application, field, loginOf),
  )
}

interface DatabaseFields {
  readonly access_level: AccessLevel
  readonly database_name?: string | null | undefined
  readonly database_of: string | null
}

/** A login without rights of its own needs none. */
function hasNoDatabase({ access_level: level, database_name: name, database_of: of }: DatabaseFields): boolean {
  return level === 'none' && (name ?? null) === null && of === null
}

/** What is about rights in a database, or about a database, where there are none of the first or none of the second. */
function levelProblems(
  application: string,
  value: DatabaseFields & {
    readonly schemas?: unknown
    readonly extensions: readonly string[]
    readonly settings?: unknown
    readonly acts_as: string | null
    readonly owns_schemas: readonly string[]
  },
): Problem[] {
  const misplaced = (field: string, message: string, remedy: string): Problem[] => [
    { application, code: 'misplaced_field', field, message, remedy },
  ]
  if (value.access_level !== 'none') return []
  const without = 'is about a database, and this login has none (access_level = "none").'
  return [
    ...((value.schemas ?? null) === null
      ? []
      : misplaced(
          'schemas',
          'is for owners, editors and readers; a login of level "none" works in none.',
          'Take it out.',
        )),
    ...(hasNoDatabase(value) && (value.settings ?? null) !== null ? misplaced('settings', without, SAY_WHICH) : []),
    ...(hasNoDatabase(value) && value.owns_schemas.length > 0 ? misplaced('owns_schemas', without, SAY_WHICH) : []),
    ...(hasNoDatabase(value) && value.acts_as !== null ? misplaced('acts_as', without, SAY_WHICH) : []),
    ...(hasNoDatabase(value) && value.extensions.length > 0 ? misplaced('extensions', without, SAY_WHICH) : []),
  ]
}

const SAY_WHICH = 'Take it out, or set database_name or database_of.'

function twoDatabases(
  application: string,
  fields: { readonly database_name?: string | null | undefined; readonly database_of: string | null },
): Problem[] {
  if (fields.database_of === null || (fields.database_name ?? null) === null) return []
  const message = `says whose database it is, and database_name says which (${show(fields.database_name)}).`
  return [{ application, code: 'misplaced_field', field: 'database_of', message, remedy: 'Take one of the two out.' }]
}

/** A long key makes default names that the server would cut. Declared names were checked as fields. */
function defaultProblems(key: string, database: string | null, username: string | null): Problem[] {
  const derived = [
    ['database_name', database],
    ['username', username],
  ] as const
  return derived
    .filter(([, value]) => value !== null && !isName(value))
    .map(([field, value]) => ({
      application: key,
      code: 'invalid_value',
      field,
      message: `the default ${show(value)} is longer than 63 bytes.`,
      remedy: `Set ${field}, or shorten the key. ${NAME_RULE}`,
    }))
}
