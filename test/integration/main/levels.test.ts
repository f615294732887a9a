/** What changes in the declaration: levels lowered and raised, logins moved, schemas listed and no longer listed. */
import test from 'ava'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'

const DENIED = '42501'

/** Every privilege that a role holds by name in a database: `table mart.t: SELECT`, defaults and the database's own included. */
const HELD = `SELECT 'database: ' || a.privilege_type AS held FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = current_database() AND a.grantee = $1::regrole
  UNION ALL SELECT 'schema ' || n.nspname || ': ' || a.privilege_type FROM pg_namespace n, aclexplode(n.nspacl) a WHERE a.grantee = $1::regrole
  UNION ALL SELECT 'relation ' || c.oid::regclass || ': ' || a.privilege_type FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee = $1::regrole
  UNION ALL SELECT 'function ' || p.oid::regprocedure || ': ' || a.privilege_type FROM pg_proc p, aclexplode(p.proacl) a WHERE a.grantee = $1::regrole
  UNION ALL SELECT 'by default ' || d.defaclobjtype::text || ' in ' || coalesce(n.nspname, 'all') || ': ' || a.privilege_type
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a WHERE a.grantee = $1::regrole ORDER BY 1`

const CONTENT = `CREATE TABLE app.t (id serial PRIMARY KEY, name text);
  CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION app.f() FROM PUBLIC`

const AS_READER = [
  'by default S in app: SELECT',
  'by default f in app: EXECUTE',
  'by default r in app: SELECT',
  'database: CONNECT',
  'function app.f(): EXECUTE',
  'relation app.t: SELECT',
  'relation app.t_id_seq: SELECT',
  'schema app: USAGE',
]

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  const heldBy = async (stack: Stack, application: string, database: string): Promise<unknown[]> => {
    const rows = await bed().server.sql(HELD, [`"${stack.username(application)}"`], database)
    return rows.map(({ held }) => held)
  }

  /** A database with content, an owner and a guest, under names of its own. */
  const shared = async (name: string, guestLevel: string): Promise<Stack> => {
    const database_name = `${name}_db`
    const stack = bed().declare({
      own: { username: `${name}_owner`, database_name, schemas: ['app'] },
      guest: { username: `${name}_guest`, database_name, access_level: guestLevel },
    })
    await stack.applyOk()
    await stack.sql('own', CONTENT)
    await stack.applyOk()
    return stack
  }

  const redeclare = (stack: Stack, application: string, changes: object): void => {
    stack.applications = { ...stack.applications, [application]: { ...stack.applications[application], ...changes } }
  }

  test.serial(
    `${on}an editor that becomes a reader keeps what a reader has, exactly; and gets it all back`,
    async (t) => {
      const stack = await shared('lowered', 'editor')
      const asEditor = await heldBy(stack, 'guest', 'lowered_db')
      redeclare(stack, 'guest', { access_level: 'reader' })
      t.true((await stack.plan()).some((step) => step.status === 'removed' && step.application === 'guest'))
      await stack.applyOk()
      t.deepEqual(await heldBy(stack, 'guest', 'lowered_db'), AS_READER)
      t.is(await stack.answer('guest', `INSERT INTO app.t (name) VALUES ('x')`), DENIED)
      await stack.sql('own', 'CREATE TABLE app.later (x int)')
      t.is(await stack.answer('guest', 'INSERT INTO app.later VALUES (1)'), DENIED)
      t.is(await stack.answer('guest', 'SELECT * FROM app.later'), 'ok')
      t.deepEqual(await stack.plan(), [])
      redeclare(stack, 'guest', { access_level: 'editor' })
      await stack.sql('own', 'DROP TABLE app.later')
      await stack.applyOk()
      t.deepEqual(await heldBy(stack, 'guest', 'lowered_db'), asEditor)
    },
  )

  test.serial(
    `${on}what a login granted on goes with the level that it had it from, and the audit names who loses it`,
    async (t) => {
      const stack = await shared('passed', 'editor')
      await bed().server.sql(`CREATE ROLE passed_heir LOGIN PASSWORD 'heir'`)
      await stack.sql(
        'own',
        `CREATE TABLE app.kept (x int); GRANT SELECT, UPDATE ON app.t, app.kept TO passed_guest WITH GRANT OPTION; GRANT CREATE ON SCHEMA app TO passed_guest WITH GRANT OPTION;
      GRANT TEMPORARY ON DATABASE passed_db TO passed_guest WITH GRANT OPTION`,
      )
      await stack.sql(
        'guest',
        'GRANT SELECT, UPDATE ON app.t TO passed_heir; GRANT CREATE ON SCHEMA app TO passed_heir; GRANT TEMPORARY ON DATABASE passed_db TO passed_heir',
      )
      redeclare(stack, 'guest', { access_level: 'reader' })
      const { records } = await stack.applyOk()
      const lost = records.filter(
        ({ status, message }) => status === 'removed' && message.includes('what it granted on to passed_heir goes too'),
      )
      t.deepEqual(
        lost.map(({ object, username }) => `${object} ${String(username)}`),
        ['grant passed_guest', 'grant passed_guest'],
      )
      t.deepEqual(
        lost.flatMap(({ statements }) => statements).filter((statement) => statement.endsWith(' CASCADE')).length,
        3,
      )
      t.deepEqual(await heldBy(stack, 'guest', 'passed_db'), [
        ...AS_READER.slice(0, 5),
        'relation app.kept: SELECT',
        ...AS_READER.slice(5),
      ])
      const heir = await bed().server.sql(HELD, ['passed_heir'], 'passed_db')
      t.deepEqual(
        heir.map(({ held }) => held),
        ['relation app.t: SELECT'],
      )
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(
    `${on}privileges on single columns count: what goes beyond the level is taken, those on the whole table are still given`,
    async (t) => {
      const stack = await shared('columns', 'reader')
      await stack.sql(
        'own',
        'CREATE TABLE app.later (x int, y int); GRANT UPDATE (name), INSERT (name), SELECT (name) ON app.t TO columns_guest; REVOKE SELECT ON app.later FROM columns_guest; GRANT SELECT (x) ON app.later TO columns_guest',
      )
      t.is(await stack.answer('guest', `UPDATE app.t SET name = 'x'`), 'ok')
      const { records } = await stack.applyOk()
      t.true(
        records.some(
          ({ status, object, username }) => status === 'removed' && object === 'grant' && username === 'columns_guest',
        ),
      )
      t.is(await stack.answer('guest', `UPDATE app.t SET name = 'x'`), DENIED)
      t.is(await stack.answer('guest', `INSERT INTO app.t (name) VALUES ('x')`), DENIED)
      t.is(await stack.answer('guest', 'SELECT x, y FROM app.later'), 'ok')
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(`${on}what others than the owner granted to a login inside is told of, as a warning`, async (t) => {
    const stack = await shared('lent', 'reader')
    await bed().server.sql('CREATE ROLE lent_other')
    await stack.sql(
      'own',
      'GRANT USAGE ON SCHEMA app TO lent_other; GRANT SELECT, INSERT ON app.t TO lent_other WITH GRANT OPTION',
    )
    await bed().server.sql(
      'SET ROLE lent_other; GRANT SELECT, INSERT ON app.t TO lent_guest; RESET ROLE',
      [],
      'lent_db',
    )
    const { audit, records } = await stack.applyOk()
    t.is(audit.run.outcome, 'no_change')
    t.deepEqual(
      records
        .filter(({ username, status }) => username === 'lent_guest' && status === 'warning')
        .map(({ message }) => message),
      ['lent_guest holds INSERT in schema app of lent_db beyond its level, from lent_other, who can revoke it'],
    )
  })

  test.serial(`${on}a login that moves to another database leaves nothing behind`, async (t) => {
    const stack = await shared('left', 'editor')
    stack.applications = {
      ...stack.applications,
      next: { username: 'left_next', database_name: 'left_next_db', schemas: ['app'] },
    }
    redeclare(stack, 'guest', { database_name: 'left_next_db', access_level: 'reader' })
    await stack.applyOk()
    t.deepEqual(await heldBy(stack, 'guest', 'left_db'), [])
    t.is(await stack.answer('guest', 'SELECT 1', 'left_db'), DENIED)
    t.is(await stack.answer('guest', 'SELECT 1', 'left_next_db'), 'ok')
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}a schema taken from the list loses its grants, and nothing in it is dropped`, async (t) => {
    const stack = await shared('shorter', 'reader')
    redeclare(stack, 'own', { schemas: ['app', 'more'] })
    await stack.applyOk()
    await stack.sql('own', 'CREATE TABLE more.u (x int)')
    t.is(await stack.answer('guest', 'SELECT * FROM more.u'), 'ok')
    redeclare(stack, 'own', { schemas: ['app'] })
    const { records } = await stack.applyOk()
    t.deepEqual(await heldBy(stack, 'guest', 'shorter_db'), AS_READER)
    t.deepEqual(await stack.sql('own', 'SELECT count(*)::int FROM more.u'), [[0]])
    t.true(
      records.some(({ status, message }) => status === 'warning' && message.includes('schema more')),
      'an unlisted schema with objects is told of',
    )
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}several logins share a database, each with the schemas and the level of its own`, async (t) => {
    const database_name = 'several_db'
    const stack = bed().declare({
      own: { username: 'several_owner', database_name, schemas: ['a', 'b'] },
      writer: { username: 'several_writer', database_name, access_level: 'editor' },
      reader_of_a: { username: 'several_reader_a', database_name, access_level: 'reader', schemas: ['a'] },
      reader_of_c: { username: 'several_reader_c', database_name, access_level: 'reader', schemas: ['c'] },
    })
    await stack.applyOk()
    await stack.sql('own', 'CREATE TABLE a.t (x int); CREATE TABLE b.t (x int); CREATE TABLE c.t (x int)')
    const answers = await Promise.all(
      ['writer', 'reader_of_a', 'reader_of_c'].map(async (application) => [
        application,
        ...(await Promise.all(['a', 'b', 'c'].map((schema) => stack.answer(application, `SELECT * FROM ${schema}.t`)))),
      ]),
    )
    t.deepEqual(answers, [
      ['writer', 'ok', 'ok', DENIED],
      ['reader_of_a', 'ok', DENIED, DENIED],
      ['reader_of_c', DENIED, DENIED, 'ok'],
    ])
    t.is(await stack.answer('writer', 'INSERT INTO a.t VALUES (1)'), 'ok')
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}a key renamed with the same names is retagged, and nothing else`, async (t) => {
    const stack = await shared('renamed', 'reader')
    const { own, guest } = stack.applications
    const password = stack.password('own')
    stack.applications = {
      mine: { ...own, secret_id: stack.secretId('own') },
      ...(guest === undefined ? {} : { guest }),
    }
    stack.setPassword('mine', password)
    stack.variables = { ...stack.variables, build_id: 'build-2' }
    const mark = await bed().server.mark()
    const { records } = await stack.applyOk()
    t.true(
      (await bed().server.changesSince(mark)).every((statement) =>
        /^(COMMENT|GRANT "renamed_owner" TO|REVOKE "renamed_owner" FROM)/.test(statement),
      ),
    )
    t.deepEqual(
      records.filter(({ status }) => status === 'updated').map(({ object }) => object),
      ['role', 'tag'],
    )
  })
}
