/**
 * The table of access levels (src/README.md: Access levels), by logging in with real clients, for objects made before
 * and after provisioning.
 */
import test, { type ExecutionContext } from 'ava'
import { type Bed, bedFor, type Stack, VERSIONS } from '../../support/provision.ts'

const DENIED = '42501'

const APPLICATIONS = {
  shop: { schemas: ['public', 'mart'] },
  shop_editor: { database_name: 'shop_dev_db', access_level: 'editor' },
  shop_reader: { database_name: 'shop_dev_db', access_level: 'reader' },
  other: {},
  maker: { can_create_databases: true },
}

/** Every kind of object that a grant can reach; `%` is put before each name, so that the script can run twice. */
const OBJECTS = `
  CREATE TABLE mart.%plain (id serial PRIMARY KEY, name text);
  CREATE TABLE mart.%ident (id bigint GENERATED ALWAYS AS IDENTITY, name text);
  CREATE TABLE mart.%parts (day date, name text) PARTITION BY RANGE (day);
  CREATE TABLE mart.%part1 PARTITION OF mart.%parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  CREATE VIEW mart.%view AS SELECT id, name FROM mart.%plain;
  CREATE MATERIALIZED VIEW mart.%mat AS SELECT 1 AS one;
  CREATE SEQUENCE mart.%seq;
  CREATE TYPE mart.%Kind AS ENUM ('a', 'b');
  CREATE FUNCTION mart.%fn(a int, VARIADIC b text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION mart.%fn(mart.%Kind, "char", OUT x int) LANGUAGE sql AS 'SELECT 2';
  CREATE PROCEDURE mart.%proc(a int, INOUT b int) LANGUAGE sql AS 'SELECT 1';
  CREATE AGGREGATE mart.%agg(int) (sfunc = int4pl, stype = int, initcond = '0');
  CREATE AGGREGATE mart.%cnt(*) (sfunc = int8inc, stype = int8, initcond = '0');
  INSERT INTO mart.%plain (name) VALUES ('one'); INSERT INTO mart.%ident (name) VALUES ('one');
  SELECT nextval('mart.%seq');
  REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA mart FROM PUBLIC`

const READS = [
  'SELECT * FROM mart.%plain',
  'SELECT * FROM mart.%ident',
  'SELECT * FROM mart.%parts',
  'SELECT * FROM mart.%part1',
  'SELECT * FROM mart.%view',
  'SELECT * FROM mart.%mat',
  'SELECT last_value FROM mart.%seq',
  'SELECT last_value FROM mart.%plain_id_seq',
]
const CALLS = [
  `SELECT mart.%fn(1, 'a', 'b')`,
  `SELECT mart.%fn('a'::mart.%Kind, 'x'::"char")`,
  'CALL mart.%proc(1, 2)',
  'SELECT mart.%agg(x) FROM generate_series(1, 3) x',
  'SELECT mart.%cnt(*) FROM generate_series(1, 3) x',
]
const WRITES = [
  `INSERT INTO mart.%plain (name) VALUES ('two')`,
  `UPDATE mart.%plain SET name = 'three'`,
  `DELETE FROM mart.%plain WHERE name = 'three'`,
  `INSERT INTO mart.%ident (name) VALUES ('two')`,
  `INSERT INTO mart.%parts VALUES ('2024-05-05', 'x')`,
  `INSERT INTO mart.%view (name) VALUES ('x')`,
  `SELECT nextval('mart.%seq')`,
  `SELECT setval('mart.%seq', 7)`,
]
const DDL = [
  'CREATE TABLE mart.mine (x int)',
  'CREATE SCHEMA mine',
  'CREATE FUNCTION mart.mine() RETURNS int LANGUAGE sql RETURN 1',
  'DROP TABLE mart.%plain',
  'ALTER TABLE mart.%plain ADD COLUMN y int',
  'TRUNCATE mart.%plain',
  'CREATE INDEX ON mart.%plain (name)',
  'REFRESH MATERIALIZED VIEW mart.%mat',
]

const named = (prefix: string, texts: readonly string[]): string[] => texts.map((text) => text.replaceAll('%', prefix))

async function everyAnswer(
  t: ExecutionContext,
  stack: Stack,
  application: string,
  texts: readonly string[],
  answer: string,
): Promise<void> {
  const database = stack.database('shop')
  for (const text of texts) t.is(await stack.answer(application, text, database), answer, `${application}: ${text}`)
}

async function levelsHold(t: ExecutionContext, stack: Stack, prefix: string): Promise<void> {
  const reads = named(prefix, READS)
  const calls = named(prefix, CALLS)
  const writes = named(prefix, WRITES)
  const ddl = named(prefix, DDL)
  await everyAnswer(t, stack, 'shop_reader', [...reads, ...calls], 'ok')
  await everyAnswer(t, stack, 'shop_reader', [...writes, ...ddl, 'CREATE TEMP TABLE x (y int)'], DENIED)
  await everyAnswer(t, stack, 'shop_editor', [...reads, ...calls, ...writes, 'CREATE TEMP TABLE x (y int)'], 'ok')
  await everyAnswer(t, stack, 'shop_editor', ddl, DENIED)
}

/** A foreign table: only a superuser makes wrappers and servers here; the table is the owner's. */
async function makeForeignTable(bed: Bed, stack: Stack): Promise<void> {
  const database = stack.database('shop')
  await bed.server.sql('CREATE EXTENSION file_fdw', [], database)
  await bed.server.sql('CREATE SERVER files FOREIGN DATA WRAPPER file_fdw', [], database)
  await bed.server.sql(
    `CREATE FOREIGN TABLE mart.far (line text) SERVER files OPTIONS (program 'echo hello')`,
    [],
    database,
  )
  await bed.server.sql(`ALTER FOREIGN TABLE mart.far OWNER TO "${stack.username('shop')}"`, [], database)
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  let stack: Stack

  test.serial.before(`${on}provision`, async () => {
    stack = bed().declare(APPLICATIONS)
    await stack.applyOk()
  })

  test.serial(
    `${on}owner, editor and reader hold what the table says on objects made after provisioning`,
    async (t) => {
      await stack.sql('shop', OBJECTS.replaceAll('%', 'later_'))
      await levelsHold(t, stack, 'later_')
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(`${on}and on objects that were there before the logins were`, async (t) => {
    const own = bed().declare({ shop: { ...APPLICATIONS.shop, database_name: 'older', username: 'older' } })
    await own.applyOk()
    await own.sql('shop', OBJECTS.replaceAll('%', 'old_'))
    own.applications = {
      ...own.applications,
      shop_editor: { database_name: 'older', username: 'older_editor', access_level: 'editor' },
      shop_reader: { database_name: 'older', username: 'older_reader', access_level: 'reader' },
    }
    await own.applyOk()
    await levelsHold(t, own, 'old_')
    t.deepEqual(await own.plan(), [])
  })

  test.serial(
    `${on}a foreign table is granted by the next run, like any table of the owner that default privileges missed`,
    async (t) => {
      await makeForeignTable(bed(), stack)
      t.is(await stack.answer('shop_reader', 'SELECT * FROM mart.far'), DENIED)
      const { records } = await stack.applyOk()
      t.true(
        records.some(
          ({ object, username, status }) =>
            object === 'grant' && username === stack.username('shop_reader') && status === 'created',
        ),
      )
      t.deepEqual(await stack.sql('shop_reader', 'SELECT * FROM mart.far', stack.database('shop')), [['hello']])
      t.is(await stack.answer('shop_reader', `INSERT INTO mart.far VALUES ('x')`), DENIED)
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(
    `${on}no login connects to a database that is not its own, and PUBLIC holds nothing on any`,
    async (t) => {
      for (const application of Object.keys(APPLICATIONS)) {
        for (const database of ['shop', 'other', 'maker'].map((owner) => stack.database(owner))) {
          const answer = await stack.answer(application, 'SELECT 1', database)
          t.is(answer, database === stack.database(application) ? 'ok' : DENIED, `${application} on ${database}`)
        }
      }
      const items = await bed().server.sql(
        `SELECT d.datname, a.privilege_type FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
                                          WHERE a.grantee = 0 AND d.datname = ANY ($1)`,
        [['shop', 'other', 'maker'].map((owner) => stack.database(owner))],
      )
      t.deepEqual(items, [])
    },
  )

  test.serial(`${on}no role holds more than LOGIN, and CREATEDB only where it was asked for`, async (t) => {
    const roles = await bed().server.sql(
      `SELECT rolname, rolcanlogin, rolsuper, rolcreaterole, rolreplication, rolbypassrls, rolcreatedb
                                          FROM pg_roles WHERE rolname = ANY ($1) ORDER BY 1`,
      [Object.keys(APPLICATIONS).map((name) => stack.username(name))],
    )
    t.is(roles.length, 5)
    for (const { rolname, ...attributes } of roles) {
      t.deepEqual(attributes, {
        rolcanlogin: true,
        rolsuper: false,
        rolcreaterole: false,
        rolreplication: false,
        rolbypassrls: false,
        rolcreatedb: rolname === 'maker_dev_user',
      })
    }
    t.is(await stack.answer('maker', 'CREATE DATABASE made_by_maker'), 'ok')
    t.is(await stack.answer('other', 'CREATE DATABASE made_by_other'), DENIED)
  })

  test.serial(
    `${on}PUBLIC may not create in schema public where that can be taken away, and a warning says where it cannot`,
    async (t) => {
      const { records } = await stack.applyOk()
      const warnings = records.filter(
        ({ object, action, status, database }) =>
          object === 'schema' && action === 'restrict' && status === 'warning' && database === stack.database('shop'),
      )
      const [{ holds } = {}] = await bed().server.sql(
        `SELECT has_schema_privilege('public', 'public', 'CREATE') AS holds`,
        [],
        stack.database('shop'),
      )
      t.is(holds, version < 15)
      t.is(warnings.length, version < 15 ? 1 : 0)
      t.is(await stack.answer('shop_reader', 'CREATE TABLE public.mine (x int)'), version < 15 ? 'ok' : DENIED)
    },
  )

  test.serial(
    `${on}what an owner grants to others, on its database or only inside it, is left alone and reported`,
    async (t) => {
      await bed().server.sql('CREATE ROLE passer_by LOGIN')
      const database = stack.database('shop')
      const told = async (): Promise<string[]> =>
        (await stack.applyOk()).records
          .filter(({ message }) => message.includes('passer_by'))
          .map(({ status, message }) => `${status}: ${message}`)
      await stack.sql(
        'shop',
        'GRANT USAGE ON SCHEMA mart TO passer_by; GRANT SELECT ON ALL TABLES IN SCHEMA mart TO passer_by',
      )
      t.deepEqual(await told(), [
        `skipped: granted outside of this declaration inside ${database}, left alone: passer_by`,
      ])
      await stack.sql('shop', `GRANT CONNECT ON DATABASE ${database} TO passer_by`)
      t.is((await told()).length, 2)
      const [held] = await bed().server.sql(
        `SELECT has_database_privilege('passer_by', current_database(), 'CONNECT') AS connect, has_schema_privilege('passer_by', 'mart', 'USAGE') AS usage`,
        [],
        database,
      )
      t.deepEqual(held, { connect: true, usage: true })
    },
  )

  test.serial(
    `${on}memberships that others gave to a login are left alone and reported; in another application's role, as a warning`,
    async (t) => {
      const [other, maker] = [stack.username('other'), stack.username('maker')]
      await bed().server.sql(`CREATE ROLE group_of_logins; GRANT group_of_logins, "${maker}" TO "${other}"`)
      const { records } = await stack.applyOk()
      const told = records
        .filter(({ application, object, action }) => application === 'other' && object === 'grant' && action === 'keep')
        .map(({ status, message }) => `${status}: ${message.split(',', 1)[0] ?? ''}`)
      t.deepEqual(told, [
        `skipped: ${other} is a member of group_of_logins`,
        `warning: ${other} is a member of ${maker}`,
      ])
      t.deepEqual(await stack.plan(), [])
      await bed().server.sql(`REVOKE group_of_logins, "${maker}" FROM "${other}"`)
    },
  )

  test.serial(`${on}whoever was made a member of a login's role is told of, and left alone`, async (t) => {
    const other = stack.username('other')
    await bed().server.sql(`CREATE ROLE a_person LOGIN; GRANT "${other}" TO a_person`)
    const { audit, records } = await stack.applyOk()
    t.is(audit.run.outcome, 'no_change')
    t.deepEqual(
      records
        .filter(({ message }) => message.includes('a_person'))
        .map(({ username, status, message }) => [username, status, message]),
      [
        [
          other,
          'skipped',
          `members of ${other}, which may do what it may, granted outside of this declaration and left alone: a_person`,
        ],
      ],
    )
    await bed().server.sql(`REVOKE "${other}" FROM a_person`)
  })

  test.serial(
    `${on}after all this no login is a member of anything, and the admin of no login with INHERIT or SET`,
    async (t) => {
      const [{ count } = {}] = await bed().server
        .sql(`SELECT count(*)::int FROM pg_auth_members m JOIN pg_roles r ON r.oid IN (m.roleid, m.member)
      WHERE r.rolname LIKE '%\\_dev\\_%' ${version >= 16 ? 'AND (m.inherit_option OR m.set_option)' : ''}`)
      t.is(count, 0)
    },
  )
}
