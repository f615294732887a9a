import * as v from 'valibot'
import type { Problem } from '../model/problem.ts'
import {
  ACCESS_LEVELS,
  AUTH_METHODS,
  CLEANUP_POLICIES,
  defaultPolicy,
  KEEPABLE_FIELDS,
  UNDECLARED_MODES,
} from '../model/declaration.ts'
import type { Application, CleanupPolicy, Environment } from '../model/declaration.ts'
import { bool, claim, connectionLimit, name, names, nested, oneOf, secretId, timestamp } from './fields.ts'
import { parseObject } from './object.ts'
import { parsePrivileges } from './privileges.ts'
import { parseSettings } from './settings.ts'
import { NAME_RULE, isName, show } from './text.ts'

const FIELDS = {
  database_name: v.nullish(name),
  username: v.nullish(name),
  access_level: v.nullish(oneOf(ACCESS_LEVELS), 'owner'),
  secret_id: v.nullish(secretId),
  auth: v.nullish(oneOf(AUTH_METHODS), 'password'),
  can_create_databases: v.nullish(bool),
  connection_limit: v.nullish(connectionLimit),
  valid_until: v.nullish(timestamp, null),
  settings: nested,
  schemas: v.nullish(names),
  privileges: nested,
  member_of: v.nullish(names, []),
  acts_as: v.nullish(name, null),
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

/** Module-level values that the defaults of an application are made of. */
export interface Defaults {
  readonly environment: Environment
  readonly secretPrefix: string
  /** null: that of the entry's access level. */
  readonly cleanupPolicy: CleanupPolicy | null
}

/** One parsed entry, with what it says of its database beside it. */
export interface ApplicationEntry {
  readonly application: Omit<Application, 'schemas' | 'allSchemas' | 'memberOf' | 'actsAs'>
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
  const database = value.database_name ?? `${base}_db`
  const username = value.username ?? `${base}_user`
  const secret = value.secret_id ?? `${defaults.secretPrefix}/${defaults.environment}/${key}/postgres`
  const undeclared = value.undeclared ?? (value.adopt_existing ? 'keep' : 'report')
  const entry: ApplicationEntry = {
    application: {
      name: key,
      database,
      username,
      accessLevel: value.access_level,
      secretId: secret,
      auth: value.auth,
      canCreateDatabases: value.can_create_databases ?? false,
      connectionLimit: value.connection_limit ?? -1,
      validUntil: value.valid_until,
      settings,
      privileges,
      cleanupPolicy: value.cleanup_policy ?? defaults.cleanupPolicy ?? defaultPolicy(value.access_level),
      marker: value.marker,
      adoptExisting: value.adopt_existing,
      undeclared,
      kept: new Set(KEEPABLE_FIELDS.filter((field) => undeclared === 'keep' && (value[field] ?? null) === null)),
    },
    schemas: value.schemas ?? null,
    extensions: value.extensions,
    memberOf: value.member_of,
    actsAs: value.acts_as,
    encoding: value.encoding,
    locale: value.locale,
    databaseConnectionLimit: value.database_connection_limit ?? null,
    recreateMissing: value.recreate_missing ?? null,
    comparable: !['database_name', 'username', 'access_level'].some((field) => broken.has(field)),
  }
  const own = [...settingProblems, ...privilegeProblems, ...defaultProblems(key, database, username)]
  return { entry, problems: [...problems, ...own] }
}

/** A long key makes default names that the server would cut. Declared names were checked as fields. */
function defaultProblems(key: string, database: string, username: string): Problem[] {
  const derived = [
    ['database_name', database],
    ['username', username],
  ] as const
  return derived
    .filter(([, value]) => !isName(value))
    .map(([field, value]) => ({
      application: key,
      code: 'invalid_value',
      field,
      message: `the default ${show(value)} is longer than 63 bytes.`,
      remedy: `Set ${field}, or shorten the key. ${NAME_RULE}`,
    }))
}
