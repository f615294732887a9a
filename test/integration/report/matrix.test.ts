/** The access matrix is what the server itself says: has_database_privilege, has_schema_privilege, has_table_privilege. */
import { tmpdir } from 'node:os'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { bedFor, type Bed, VERSIONS } from '../../support/provision.ts'
import type { AccessMatrix } from '../../../src/model/access.ts'

const DATABASES = ['shop_dev_db', 'other_dev_db']
const LOGINS = ['shop_dev_user', 'ed_dev_user', 'rd_dev_user', 'other_dev_user']
const TABLES = ['public.a', 'mart.b', 'mart."odd ""c"""']
const APPLICATIONS = {
  shop: { schemas: ['public', 'mart'] },
  ed: { database_name: 'shop_dev_db', access_level: 'editor' },
  rd: { database_name: 'shop_dev_db', access_level: 'reader', schemas: ['mart'] },
  other: { schemas: ['public', 'mart'] },
}

/** Grants by hand that no run takes away: they are by or to roles outside of the declaration, or come by membership. */
const BY_HAND = fc.record({
  database: fc.constantFrom(...DATABASES),
  statement: fc.oneof(
    fc
      .record({
        verb: fc.constantFrom('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'ALL'),
        table: fc.constantFrom(...TABLES),
        to: fc.constantFrom('team', 'PUBLIC'),
      })
      .map(({ verb, table, to }) => `GRANT ${verb} ON ${table} TO ${to}`),
    fc.constantFrom('mart', 'extra').map((schema) => `GRANT USAGE, CREATE ON SCHEMA ${schema} TO team`),
    fc.constant('CREATE TABLE extra.late (); GRANT SELECT ON extra.late TO team'),
    fc.constantFrom('rd_dev_user', 'other_dev_user').map((login) => `GRANT team TO ${login}`),
    fc.constant('GRANT shop_dev_user TO other_dev_user'),
    fc.constant('GRANT CONNECT, CREATE ON DATABASE "%" TO team'),
  ),
})
const HANDS = fc.array(BY_HAND, { minLength: 3, maxLength: 8 })

for (const version of VERSIONS) {
  const bed = bedFor(version)

  test.serial(`${version}: equal to what the server says for every login and database`, async (t) => {
    const stack = bed().declare(APPLICATIONS, { governance_dir: tmpdir() })
    await stack.applyOk()
    await bed().server.sql('CREATE ROLE team')
    for (const application of ['shop', 'other']) {
      await stack.sql(
        application,
        `CREATE SCHEMA extra; CREATE TABLE extra.x (); ${TABLES.map((table) => `CREATE TABLE ${table} ()`).join('; ')}`,
      )
    }
    await stack.applyOk()
    for (const hands of fc.sample(HANDS, { numRuns: 4, seed: version })) {
      for (const { database, statement } of hands) {
        if (statement.includes('extra.late')) await bed().server.sql('DROP TABLE IF EXISTS extra.late', [], database)
        await bed().server.sql(statement.replace('%', database), [], database)
      }
      const { matrix } = await stack.applyOk()
      if (matrix === null) throw new Error('no matrix')
      await sameDatabases(t, bed(), matrix)
      for (const database of DATABASES) await sameSchemas(t, bed(), matrix, database)
    }
    // What is retained is access as before, whoever declares it.
    const { other: _, ...declared } = APPLICATIONS
    stack.applications = declared
    const { matrix: retained } = await stack.applyOk()
    if (retained === null) throw new Error('no matrix')
    await sameDatabases(t, bed(), retained)
    for (const database of DATABASES) await sameSchemas(t, bed(), retained, database)
    await bed().server.sql('ALTER DATABASE other_dev_db CONNECTION LIMIT 0')
    const { matrix: closed } = await stack.applyOk()
    t.deepEqual(
      closed?.databases.map(({ database, isSeen }) => [database, isSeen]),
      [
        ['other_dev_db', false],
        ['shop_dev_db', true],
      ],
    )
  })
}

async function sameDatabases(t: ExecutionContext, bed: Bed, matrix: AccessMatrix): Promise<void> {
  const rows = await bed.server.sql(
    `SELECT d AS database, l AS login, has_database_privilege(l, d, 'CONNECT') AS connect, has_database_privilege(l, d, 'TEMP') AS temporary, has_database_privilege(l, d, 'CREATE') AS create
     FROM unnest($1::text[]) d, unnest($2::text[]) l ORDER BY d COLLATE "C", l COLLATE "C"`,
    [DATABASES, LOGINS],
  )
  const found = matrix.databases.flatMap(({ database, logins }) =>
    logins.map(({ username: login, connect, temporary, create }) => ({ database, login, connect, temporary, create })),
  )
  t.deepEqual(
    found,
    rows.filter(({ connect, temporary, create }) => connect === true || temporary === true || create === true),
  )
}

async function sameSchemas(t: ExecutionContext, bed: Bed, matrix: AccessMatrix, database: string): Promise<void> {
  const rows = await bed.server.sql(
    `SELECT l AS login, n.nspname::text AS schema, has_schema_privilege(l, n.oid, 'USAGE') AS usage, has_schema_privilege(l, n.oid, 'CREATE') AS create,
       (SELECT json_agg((SELECT json_object_agg(p, has_table_privilege(l, c.oid, p)) FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) p))
        FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind = 'r') AS tables
     FROM unnest($1::text[]) l, pg_namespace n WHERE n.nspname IN ('public', 'mart', 'extra') AND has_database_privilege(l, current_database(), 'CONNECT')
     ORDER BY l COLLATE "C", n.nspname COLLATE "C"`,
    [LOGINS],
    database,
  )
  const expected = rows.filter(({ usage, create }) => usage === true || create === true)
  const found =
    matrix.databases
      .find((item) => item.database === database)
      ?.logins.flatMap(({ username, schemas }) =>
        schemas.map(({ schema, may }) => ({ login: username, schema, may })),
      ) ?? []
  const byName = [...found].sort((a, b) => (`${a.login} ${a.schema}` < `${b.login} ${b.schema}` ? -1 : 1))
  t.deepEqual(
    byName.map(({ login, schema }) => [login, schema]),
    expected.map(({ login, schema }) => [login, schema]),
  )
  for (const [index, { login, schema, may }] of byName.entries()) {
    const { create, tables } = expected[index] ?? {}
    const about = `${login} in ${schema} of ${database}: ${may}`
    t.is(may.includes('create objects'), create === true, about)
    t.deepEqual(countsIn(may, listOf(tables).length), counts(listOf(tables)), about)
  }
}

function listOf(value: unknown): Record<string, unknown>[] {
  return isListOfObjects(value) ? value : []
}

function isListOfObjects(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null)
}

/** How many tables each privilege is held on, as the server says. */
function counts(tables: readonly Record<string, unknown>[]): Record<string, number> {
  return Object.fromEntries(
    ['SELECT', 'INSERT', 'UPDATE', 'DELETE'].map((privilege) => [
      privilege,
      tables.filter((table) => table[privilege] === true).length,
    ]),
  )
}

/** The same, read back from the words of the matrix. */
function countsIn(may: string, tables: number): Record<string, number> {
  return Object.fromEntries(
    ['SELECT', 'INSERT', 'UPDATE', 'DELETE'].map((privilege) => {
      const some = new RegExp(`${privilege} on (\\d+) of ${tables} tables`).exec(may)?.[1]
      if (some !== undefined) return [privilege, Number(some)]
      const inWords = privilege === 'SELECT' ? /read and write rows|read rows/ : /read and write rows/
      return [
        privilege,
        inWords.test(may) || new RegExp(`(?:^|, )(?:[A-Z]+, )*${privilege}(?:, [A-Z]+)* on rows`).test(may)
          ? tables
          : 0,
      ]
    }),
  )
}
