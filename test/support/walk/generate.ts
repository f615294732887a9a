/** Random walks: declarations, a server that others use, damage by hand, and where a run is cut off. */
import * as fc from 'fast-check'

import { InvalidInputError } from '../../../src/errors.ts'
import { parseDeclaration } from '../../../src/input/parse.ts'
import type { Declaration } from '../../../src/model/declaration.ts'
import type { Cut } from './session.ts'
import { quoteGrantee, quoteIdentifier as name } from '../../../src/sql/quote.ts'

export type Entries = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** A statement by hand. */
export interface Operation {
  /** null: the superuser. */
  readonly as: string | null
  readonly database: string | null
  readonly sql: string
}

/** One walk, as data: it prints as what a test can take. */
export interface Walk {
  /** 14, 15, … */
  readonly version: number
  /** What others did before us. */
  readonly mess: readonly Operation[]
  readonly a: Entries
  readonly damage: readonly Operation[]
  /** Where the first run of B is cut off; null: it is not. */
  readonly cut: Cut | null
  readonly b: Entries
}

const KEYS = ['alpha', 'beta', 'gamma', 'delta'] as const
export const STRANGERS = ['stranger_1', 'stranger_2'] as const
/** Of a second stack on the same server. */
export const OTHER: Entries = { omega: {}, psi: { database_of: 'omega', access_level: 'reader' } }

export const usernameOf = (key: string): string => `${key}_dev_user`
export const databaseOf = (key: string): string => `${key}_dev_db`

/** @throws InvalidInputError */
export function declare(entries: Entries, stack = 'walk'): Declaration {
  return parseDeclaration(
    JSON.stringify({
      environment: 'dev',
      instance: { host: '127.0.0.1', identifier: 'db-1' },
      tls: { mode: 'disable' },
      connect_timeout: 1,
      admin_secret_id: 'platform/dev/admin',
      cluster_name: 'c',
      stack,
      application_databases: entries,
    }),
  ).declaration
}

function isValid(entries: Entries): boolean {
  try {
    declare(entries)
    return true
  } catch (error) {
    if (error instanceof InvalidInputError) return false
    throw error
  }
}

const some = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined, freq: 2 })

const ofLogin = {
  can_login: some(fc.constantFrom(true, false)),
  can_create_databases: some(fc.boolean()),
  connection_limit: some(fc.constantFrom(-1, 5, 20)),
  valid_until: some(fc.constant('2099-01-01T00:00:00Z')),
  settings: some(fc.constant({ statement_timeout: '60s' })),
  undeclared: some(fc.constantFrom('keep', 'report')),
  adopt_existing: some(fc.constant(true)),
  member_of: some(fc.subarray([...KEYS], { maxLength: 1 })),
  schemas: some(fc.constantFrom(['public'], ['public', 'app'], ['app'], ['*'])),
}

const owner = fc.record({
  access_level: fc.constant('owner'),
  database_connection_limit: some(fc.constantFrom(-1, 10)),
  recreate_missing: some(fc.constant(true)),
  ...ofLogin,
})

const guestOf = (key: string): fc.Arbitrary<Record<string, unknown>> =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        access_level: fc.constantFrom('editor', 'reader', 'none'),
        database_of: fc.constant(key),
        ...ofLogin,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        access_level: fc.constantFrom('editor', 'reader'),
        database_of: fc.constant(key),
        login_of: fc.constantFrom(...KEYS),
      }),
    },
  )

const isThere = ([, value]: [string, unknown]): boolean => value !== undefined
const withoutGaps = (entry: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(entry).filter(isThere))

/** Valid ones only: what the input refuses never comes to a server. */
const entries: fc.Arbitrary<Entries> = fc
  .record({
    alpha: owner,
    beta: some(fc.oneof(guestOf('alpha'), owner)),
    gamma: some(fc.oneof(guestOf('alpha'), guestOf('beta'), owner)),
    delta: some(fc.oneof(guestOf('alpha'), guestOf('beta'))),
  })
  .map((found) =>
    Object.fromEntries(
      Object.entries(found)
        .filter(isThere)
        .map(([key, entry]) => [key, withoutGaps(entry as Record<string, unknown>)]),
    ),
  )
  .filter(isValid)

const ROLES = [...KEYS.map(usernameOf), ...STRANGERS]
const DATABASES = KEYS.slice(0, 3).map(databaseOf)
const aRole = fc.constantFrom(...ROLES)
const aLogin = fc.constantFrom(...KEYS.map(usernameOf))
const aDatabase = fc.constantFrom(...DATABASES)
const aGrantee = fc.constantFrom(...ROLES, '')

const by = (sql: string, database: string | null = null, as: string | null = null): Operation => ({ as, database, sql })

const attribute = fc.constantFrom(
  'NOLOGIN',
  'LOGIN',
  'CREATEROLE',
  'CREATEDB',
  'NOINHERIT',
  'CONNECTION LIMIT 3',
  "VALID UNTIL '2000-01-01T00:00:00Z'",
  "PASSWORD 'other'",
  'PASSWORD NULL',
)
const onDatabase = fc.constantFrom('CONNECT', 'CREATE', 'TEMPORARY', 'ALL')
const databaseChange = fc.constantFrom(
  'CONNECTION LIMIT 0',
  'CONNECTION LIMIT 7',
  'ALLOW_CONNECTIONS false',
  'IS_TEMPLATE true',
  `OWNER TO "${STRANGERS[0]}"`,
  'RENAME TO "renamed_db"',
  `OWNER TO "${usernameOf('beta')}"`,
)
const comment = fc.constantFrom("'of a person'", 'NULL')
const verb = fc.constantFrom('GRANT', 'REVOKE')
const ofVerb = (word: string): string => (word === 'GRANT' ? 'TO' : 'FROM')

/** What hands do to a server that is provisioned. */
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(aLogin, attribute).map(([role, change]) => by(`ALTER ROLE ${name(role)} ${change}`)),
  fc.tuple(aLogin, comment).map(([role, text]) => by(`COMMENT ON ROLE ${name(role)} IS ${text}`)),
  fc.tuple(aDatabase, comment).map(([database, text]) => by(`COMMENT ON DATABASE ${name(database)} IS ${text}`)),
  fc
    .tuple(verb, onDatabase, aDatabase, aGrantee)
    .map(([word, privilege, database, role]) =>
      by(`${word} ${privilege} ON DATABASE ${name(database)} ${ofVerb(word)} ${quoteGrantee(role)}`),
    ),
  fc
    .tuple(verb, fc.constantFrom('USAGE', 'CREATE'), fc.constantFrom('public', 'app'), aDatabase, aGrantee)
    .map(([word, privilege, schema, database, role]) =>
      by(`${word} ${privilege} ON SCHEMA ${name(schema)} ${ofVerb(word)} ${quoteGrantee(role)}`, database),
    ),
  fc
    .tuple(verb, fc.constantFrom('SELECT', 'INSERT', 'ALL'), fc.constantFrom('public', 'app'), aDatabase, aGrantee)
    .map(([word, privilege, schema, database, role]) =>
      by(`${word} ${privilege} ON TABLE ${name(schema)}."orders" ${ofVerb(word)} ${quoteGrantee(role)}`, database),
    ),
  fc
    .tuple(
      fc.constantFrom('TABLE', 'SEQUENCE'),
      fc.constantFrom('public', 'app'),
      fc.constantFrom(...KEYS.slice(0, 3)),
      fc.boolean(),
    )
    .map(([kind, schema, key, isOwn]) =>
      by(
        `CREATE ${kind} ${name(schema)}.${name(kind === 'TABLE' ? 'orders' : 'ids')}${kind === 'TABLE' ? ' ( )' : ''}`,
        databaseOf(key),
        isOwn ? usernameOf(key) : null,
      ),
    ),
  fc
    .tuple(verb, fc.constantFrom('SELECT', 'INSERT'), fc.constantFrom(...KEYS.slice(0, 3)), aGrantee)
    .map(([word, privilege, key, role]) =>
      by(
        `ALTER DEFAULT PRIVILEGES FOR ROLE ${name(usernameOf(key))} ${word} ${privilege} ON TABLES ${ofVerb(word)} ${quoteGrantee(role)}`,
        databaseOf(key),
      ),
    ),
  fc
    .tuple(verb, aRole, aRole)
    .map(([word, role, member]) => by(`${word} ${name(role)} ${ofVerb(word)} ${name(member)}`)),
  fc.tuple(aDatabase, databaseChange).map(([database, change]) => by(`ALTER DATABASE ${name(database)} ${change}`)),
  aDatabase.map((database) => by(`DROP DATABASE ${name(database)}`)),
  aRole.map((role) => by(`DROP ROLE ${name(role)}`)),
  aLogin.map((role) => by(`ALTER ROLE ${name(role)} RENAME TO "renamed_user"`)),
  fc
    .tuple(aLogin, aDatabase)
    .map(([role, database]) => by(`ALTER ROLE ${name(role)} IN DATABASE ${name(database)} SET "work_mem" = '8MB'`)),
  fc
    .tuple(aDatabase, fc.constantFrom(...STRANGERS))
    .map(([database, role]) => by(`ALTER SCHEMA "public" OWNER TO ${name(role)}`, database)),
)

const mess: readonly Operation[] = [
  ...STRANGERS.map((role) => by(`CREATE ROLE ${name(role)} LOGIN`)),
  by(`CREATE DATABASE "stranger_db" OWNER "${STRANGERS[0]}" TEMPLATE template0`),
]

const messes = fc
  .subarray([
    by(`GRANT "${STRANGERS[0]}" TO "${STRANGERS[1]}"`),
    by(`GRANT CONNECT ON DATABASE "stranger_db" TO "${STRANGERS[1]}"`),
    by(`CREATE TABLE "public"."orders" ( )`, 'stranger_db', STRANGERS[0]),
    by(`CREATE ROLE "${usernameOf('beta')}" LOGIN`),
    by(`CREATE ROLE "${usernameOf('delta')}" LOGIN CONNECTION LIMIT 4`),
  ])
  .map((more) => [...mess, ...more])

const cut: fc.Arbitrary<Cut> = fc.record({
  after: fc.nat({ max: 12 }),
  kind: fc.constantFrom('killed', 'lost'),
  isDone: fc.boolean(),
})

/** A walk, most of all that is shrunk away not in it. */
export const walks = (version: number): fc.Arbitrary<Walk> =>
  fc.record({
    version: fc.constant(version),
    mess: messes,
    a: entries,
    damage: fc.array(operation, { maxLength: 5 }),
    cut: fc.option(cut, { nil: null }),
    b: entries,
  })
