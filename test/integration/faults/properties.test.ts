/** Whatever the parser accepts is provisioned exactly as it is spelled, found again, and told in the audit; nothing else runs. */
import { randomUUID } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { InvalidInputError } from '../../../src/errors.ts'
import { parseDeclaration } from '../../../src/input/parse.ts'
import { Secret } from '../../../src/model/secret.ts'
import { checkPassword } from '../../../src/secrets/password.ts'
import { count, IS_WHOLE } from '../../support/faults/intensity.ts'
import { effective, told, TRUTH_SETTINGS, untruths } from '../../support/faults/truth.ts'
import { ANY_VERSION, type Bed, bedFor, type Entry, type Stack } from '../../support/provision.ts'

const RUNS = IS_WHOLE ? 100 : 12
/** Pieces of which names and values are made that somebody might take for SQL, a pattern, a path or a key word. */
const PIECES = [
  '"',
  "'",
  '\\',
  '$',
  '$$',
  '$1',
  ';',
  '--',
  '/*',
  '*/',
  ',',
  '.',
  '(',
  ')',
  '=',
  '%',
  ' ',
  '\u00a0',
  '\u200b',
  '\u202e',
  'e\u0301',
  'é',
  'İ',
  'ß',
  '👩‍💻',
  '表',
  'public',
  'PUBLIC',
  'user',
  'NULL',
  'current_user',
  '1',
  'A',
  'z',
  'DROP ROLE bystander',
  '{"ManagedBy":"platform"}',
  '__proto__',
  '#',
  '`',
  '|',
  '&',
  '<',
  '>',
  '{',
  '}',
]
const text = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
)
/** For values, which may hold what names may not. */
const value = fc.oneof(
  text,
  fc.array(fc.constantFrom(...PIECES, '\n', '\t', ' '), { maxLength: 8 }).map((pieces) => pieces.join('')),
)
const password = value.filter((candidate) => checkPassword(new Secret(candidate)) === null)
const settings = fc
  .record(
    {
      search_path: fc.array(text, { minLength: 1, maxLength: 4 }),
      application_name: value,
      'my.own': value,
      work_mem: fc.integer({ min: 64, max: 9999 }),
    },
    { requiredKeys: [] },
  )
  .map(({ 'my.own': _unknown, ...known }) => known)
const login = {
  username: text,
  connection_limit: fc.integer({ min: -1, max: 2_000_000_000 }),
  settings,
  can_create_databases: fc.boolean(),
}
const applications = fc.record({
  database_name: text,
  owner: fc.record({
    ...login,
    schemas: fc.uniqueArray(fc.oneof(fc.constant('public'), text), { minLength: 1, maxLength: 3 }),
    password,
  }),
  guest: fc.option(fc.record({ ...login, access_level: fc.constantFrom('editor', 'reader'), password }), { nil: null }),
  tags: fc.dictionary(text, value, { maxKeys: 3 }),
})

interface Case {
  readonly entries: Readonly<Record<string, Entry>>
  readonly passwords: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
}
const cases: fc.Arbitrary<Case> = applications.map(({ database_name, owner, guest, tags }) => {
  const { password: ownPassword, ...own } = owner
  const { password: guestPassword, ...other } = guest ?? { password: '' }
  return {
    tags,
    entries: {
      own: { database_name, ...own, connection_limit: own.connection_limit === 0 ? -1 : own.connection_limit },
      ...(guest === null ? {} : { other: { database_name, ...other, connection_limit: -1 } }),
    },
    passwords: { own: ownPassword, ...(guest === null ? {} : { other: guestPassword }) },
  }
})

function isAccepted(stack: Stack): boolean {
  try {
    parseDeclaration(JSON.stringify(stack.input()))
    return true
  } catch (error) {
    if (error instanceof InvalidInputError) return false
    throw error
  }
}

/** Statements that may be ours, identifiers and literals taken out. */
const SHAPES = [
  /^CREATE ROLE I LOGIN(?: (?:NO)?CREATEDB)?(?: NOCREATEROLE)?(?: CONNECTION LIMIT N)?(?: VALID UNTIL L)? PASSWORD <redacted>$/,
  /^COMMENT ON (?:ROLE|DATABASE) I IS L$/,
  /^(?:GRANT|REVOKE) I (?:TO|FROM) I(?: WITH INHERIT FALSE, SET TRUE| GRANTED BY I)?$/,
  /^CREATE DATABASE I OWNER I TEMPLATE template0 ALLOW_CONNECTIONS false$/,
  /^ALTER DATABASE I ALLOW_CONNECTIONS true$/,
  /^ALTER ROLE I IN DATABASE I SET I = L(?:, L)*$/,
  /^CREATE SCHEMA I$/,
  /^(?:GRANT|REVOKE) [A-Z, ]+ ON (?:DATABASE|SCHEMA) I (?:TO|FROM) (?:I|PUBLIC)$/,
  /^ALTER DEFAULT PRIVILEGES FOR ROLE I IN SCHEMA I GRANT [A-Z, ]+ ON (?:TABLES|SEQUENCES|ROUTINES) TO I$/,
]
const TOKEN = /[eE]?'(?:''|\\.|[^'\\])*'|"((?:""|[^"])*)"|\b-?\d+\b/gs

function shapeOf(statement: string): { readonly shape: string; readonly identifiers: readonly string[] } {
  const identifiers: string[] = []
  const shape = statement.replace(TOKEN, (token, name?: string) => {
    if (name === undefined) return token.endsWith("'") ? 'L' : 'N'
    identifiers.push(name.replaceAll('""', '"'))
    return 'I'
  })
  return { shape: shape.replace(/-N/g, 'N'), identifiers }
}

/** What is in the catalogs of one case, in the form of its declaration. */
async function found(bed: Bed, stack: Stack, names: readonly string[]): Promise<unknown> {
  return Promise.all(
    names.map(async (name) => {
      const [role] = await bed.server.sql(
        `SELECT rolconnlimit, rolcreatedb, shobj_description(oid, 'pg_authid')::json AS tag FROM pg_roles WHERE rolname = $1`,
        [stack.username(name)],
      )
      const [database] = await bed.server.sql(
        `SELECT pg_get_userbyid(datdba)::text AS owner, shobj_description(oid, 'pg_database')::json AS tag FROM pg_database WHERE datname = $1`,
        [stack.database(name)],
      )
      const shown = await stack.sql(
        name,
        `SELECT current_user::text, current_database()::text, current_setting('search_path'), current_setting('work_mem')`,
      )
      const stored = await bed.server.sql(
        `SELECT c FROM pg_db_role_setting, unnest(setconfig) c WHERE setrole = to_regrole(quote_ident($1)) AND c LIKE 'application\\_name=%'`,
        [stack.username(name)],
      )
      return { role, database, shown, application: stored.map(({ c }) => String(c).slice('application_name='.length)) }
    }),
  )
}

async function expected(bed: Bed, stack: Stack, { entries, tags }: Case): Promise<unknown> {
  return Promise.all(
    Object.entries(entries).map(async ([name, entry]) => {
      const parsed = parseDeclaration(JSON.stringify(stack.input())).declaration.applications.find(
        (item) => item.name === name,
      )
      const path = parsed?.settings.get('search_path')
      const [list] = await bed.server.sql(
        `SELECT string_agg(quote_ident(x), ', ' ORDER BY o) AS path FROM unnest($1::text[]) WITH ORDINALITY u(x, o)`,
        [path ?? ['$user', 'public']],
      )
      const tag = {
        ManagedBy: 'platform',
        BuildId: 'build-1',
        ClusterName: 'db-1',
        Stack: stack.variables['stack'],
        Environment: 'dev',
        CleanupPolicy: (entry['access_level'] ?? 'owner') === 'owner' ? 'retain' : 'disable',
        UpdatedByBuildId: 'build-1',
        ...tags,
      }
      const memory = parsed?.settings.get('work_mem')
      const [shownMemory] = await bed.server.sql(`SELECT set_config('work_mem', $1, true) AS shown`, [memory ?? '4MB'])
      const label = parsed?.settings.get('application_name')
      return {
        role: {
          rolconnlimit: entry['connection_limit'],
          rolcreatedb: entry['can_create_databases'],
          tag: { ...tag, Application: name, ...(name === 'own' && { OwnedDatabase: stack.database('own') }) },
        },
        database: { owner: stack.username('own'), tag: { ...tag, CleanupPolicy: 'retain', Application: 'own' } },
        shown: [
          [
            stack.username(name),
            stack.database(name),
            path === undefined ? '"$user", public' : list?.['path'],
            shownMemory?.['shown'],
          ],
        ],
        application: label === undefined ? [] : [label],
      }
    }),
  )
}

/** The secret's version differs in each case: it is looked at elsewhere. */
function plain(state: unknown): unknown {
  return JSON.parse(JSON.stringify(state, (key, item: unknown) => (key === 'SecretVersionId' ? undefined : item)))
}

async function remove(bed: Bed, stack: Stack, names: readonly string[]): Promise<void> {
  const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
  await bed.server.forget(stack.database('own'))
  await bed.server.sql(`DROP DATABASE IF EXISTS ${quoted(stack.database('own'))} WITH (FORCE)`)
  for (const name of names) await bed.server.sql(`DROP ROLE IF EXISTS ${quoted(stack.username(name))}`)
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version, { settings: TRUTH_SETTINGS })
  const on = `PostgreSQL ${version}: `

  test.serial(
    `${on}any declaration that is accepted is provisioned exactly, twice without a change, by no statement but ours`,
    async (t) => {
      const { server } = bed()
      await server.sql('CREATE ROLE bystander')
      let tried = 0
      let blocked = 0
      await fc.assert(
        fc.asyncProperty(cases, async (one) => {
          const stack = bed().declare(one.entries, { tags: one.tags, stack: randomUUID() })
          fc.pre(isAccepted(stack))
          for (const [name, word] of Object.entries(one.passwords)) stack.setPassword(name, word)
          const mark = await server.mark()
          const names = Object.keys(one.entries)
          const { audit, records, problems } = await stack.apply()
          if (
            audit.run.exit_code === 4 &&
            problems.every(({ field }) => field === 'reserved names' || field === 'unmanaged role')
          ) {
            blocked += 1
            t.deepEqual(await server.changesSince(mark), [])
            return // nothing was made, and what has such a name is not ours to remove
          }
          try {
            if (audit.run.exit_code !== 0) throw new Error(audit.run.error ?? 'failed')
            const log = await server.logSince(mark)
            t.deepEqual(untruths(told(records), effective(log)), [])
            const allowed = new Set([
              'platform_provisioner',
              'public',
              'search_path',
              'application_name',
              'work_mem',
              ...names.flatMap((name) => [stack.username(name), stack.database(name)]),
              ...[one.entries['own']?.['schemas']].flat().map(String),
            ])
            for (const statement of effective(log)) {
              const { shape, identifiers } = shapeOf(statement)
              t.true(
                SHAPES.some((pattern) => pattern.test(shape)),
                shape,
              )
              t.deepEqual(
                identifiers.filter((name) => !allowed.has(name)),
                [],
                statement,
              )
            }
            t.deepEqual(plain(await found(bed(), stack, names)), plain(await expected(bed(), stack, one)))
            const schemas = await server.sql(
              `SELECT nspname::text AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`,
              [],
              stack.database('own'),
            )
            t.deepEqual(
              schemas.map(({ name }) => String(name)).sort(),
              [...new Set(['public', ...[one.entries['own']?.['schemas']].flat().map(String)])].sort(),
            )
            const second = await server.mark()
            t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
            t.deepEqual(await server.changesSince(second), [])
            tried += 1
          } finally {
            await remove(bed(), stack, names)
          }
        }),
        { numRuns: RUNS, endOnFailure: true },
      )
      t.is((await server.sql(`SELECT FROM pg_roles WHERE rolname IN ('bystander', 'platform_provisioner')`)).length, 2)
      t.true(tried > blocked, `${String(tried)} tried, ${String(blocked)} blocked`)
      count('properties', 'declarations on the server')
      count('cases', 'declarations on the server', tried)
    },
  )
}
