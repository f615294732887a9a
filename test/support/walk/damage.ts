/** What hands do to a server that is provisioned. */
import * as fc from 'fast-check'
import { quoteGrantee, quoteIdentifier as name } from '../../../src/sql/quote.ts'
import { by, type Operation } from '../server-model/by-hand.ts'
import { databaseOf, KEYS, STRANGERS, usernameOf } from './declare.ts'
import { ADMIN } from '../server-model/names.ts'

const ROLES = [...KEYS.map(usernameOf), ...STRANGERS]
const DATABASES = KEYS.slice(0, 3).map(databaseOf)
const aRole = fc.constantFrom(...ROLES)
const aLogin = fc.constantFrom(...KEYS.map(usernameOf))
const aDatabase = fc.constantFrom(...DATABASES)
const aGrantee = fc.constantFrom(...ROLES, '')
const aKey = fc.constantFrom(...KEYS.slice(0, 3))
const aSchema = fc.constantFrom('public', 'app', 'raw')

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
/** What is made of each kind, as the model reads it. */
const NAMED = { TABLE: '"orders" ( )', SEQUENCE: '"ids"', FUNCTION: '"total" ( )' } as const
const comment = fc.constantFrom("'of a person'", 'NULL')
const verb = fc.constantFrom('GRANT', 'REVOKE')
const ofVerb = (word: string): string => (word === 'GRANT' ? 'TO' : 'FROM')

const defaultsOf = (key: string): string => `ALTER DEFAULT PRIVILEGES FOR ROLE ${name(usernameOf(key))}`

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
    .tuple(verb, fc.constantFrom('USAGE', 'CREATE'), aSchema, aDatabase, aGrantee)
    .map(([word, privilege, schema, database, role]) =>
      by(`${word} ${privilege} ON SCHEMA ${name(schema)} ${ofVerb(word)} ${quoteGrantee(role)}`, database),
    ),
  fc
    .tuple(verb, fc.constantFrom('SELECT', 'INSERT', 'ALL'), aSchema, aDatabase, aGrantee)
    .map(([word, privilege, schema, database, role]) =>
      by(`${word} ${privilege} ON TABLE ${name(schema)}."orders" ${ofVerb(word)} ${quoteGrantee(role)}`, database),
    ),
  fc
    .tuple(
      fc.constantFrom('TABLE', 'SEQUENCE', 'FUNCTION'),
      aSchema,
      aKey,
      fc.constantFrom('owner', 'guest', 'superuser'),
    )
    .map(([kind, schema, key, who]) =>
      by(
        `CREATE ${kind} ${name(schema)}.${NAMED[kind]}`,
        databaseOf(key),
        { owner: usernameOf(key), guest: usernameOf('delta'), superuser: null }[who],
      ),
    ),
  fc
    .tuple(verb, fc.constantFrom('SELECT', 'INSERT'), aKey, aGrantee)
    .map(([word, privilege, key, role]) =>
      by(`${defaultsOf(key)} ${word} ${privilege} ON TABLES ${ofVerb(word)} ${quoteGrantee(role)}`, databaseOf(key)),
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
  fc
    .tuple(verb, fc.constantFrom('USAGE', 'CREATE', 'ALL'), aKey, aGrantee)
    .map(([word, privilege, key, role]) =>
      by(`${defaultsOf(key)} ${word} ${privilege} ON SCHEMAS ${ofVerb(word)} ${quoteGrantee(role)}`, databaseOf(key)),
    ),
  fc
    .tuple(verb, fc.constantFrom('TABLES', 'ROUTINES', 'SEQUENCES'), aSchema, aKey, aGrantee)
    .map(([word, kind, schema, key, role]) =>
      by(
        `${defaultsOf(key)} IN SCHEMA ${name(schema)} ${word} ALL ON ${kind} ${ofVerb(word)} ${quoteGrantee(role)}`,
        databaseOf(key),
      ),
    ),
  fc
    .tuple(verb, aSchema, aDatabase, aGrantee)
    .map(([word, schema, database, role]) =>
      by(`${word} EXECUTE ON ROUTINE ${name(schema)}."total" ( ) ${ofVerb(word)} ${quoteGrantee(role)}`, database),
    ),
  fc
    .tuple(fc.constantFrom('app', 'raw', 'more'), aKey, fc.constantFrom('delta', 'beta', null))
    .map(([schema, key, guest]) =>
      by(`CREATE SCHEMA ${name(schema)} AUTHORIZATION ${name(usernameOf(guest ?? key))}`, databaseOf(key)),
    ),
  fc.tuple(aRole, aLogin).map(([member, role]) => by(`GRANT ${name(role)} TO ${name(member)} WITH ADMIN OPTION`)),
  fc
    .constantFrom('NOLOGIN', 'NOCREATEROLE', 'NOCREATEDB', "PASSWORD 'other'")
    .map((change) => by(`ALTER ROLE ${name(ADMIN)} ${change}`)),
  aLogin.map((role) => by(`REVOKE ${name(role)} FROM ${name(ADMIN)}`)),
)
