/** What the grants of a run do not reach is told of, never passed over in silence (src/README.md: Access levels). */
import test from 'ava'
import { bedFor, type Outcome, VERSIONS } from '../../support/provision.ts'

const DENIED = '42501'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  const warnings = ({ records }: Outcome, application: string): string[] =>
    records
      .filter((record) => record.status === 'warning' && record.application === application)
      .map(({ message }) => message)

  /** Without what every run tells on 14, where the schema public is open. */
  const warned = (outcome: Outcome, application: string): string[] =>
    warnings(outcome, application).filter((message) => !message.startsWith('everybody'))

  test.serial(`${on}objects of other owners in a listed schema are one warning a schema, and no failure`, async (t) => {
    const database_name = 'mixed_db'
    const stack = bed().declare({
      own: { username: 'mixed_owner', database_name, schemas: ['a', 'b'] },
      guest: { username: 'mixed_guest', database_name, access_level: 'reader' },
    })
    await stack.applyOk()
    await stack.sql('own', 'CREATE TABLE a.mine (x int); CREATE TABLE b.mine (x int)')
    for (const sql of [
      'CREATE TABLE a.theirs1 (x serial)',
      'CREATE TABLE a.theirs2 (x int)',
      'CREATE FUNCTION b.theirs() RETURNS int LANGUAGE sql RETURN 1',
    ]) {
      await bed().server.sql(sql, [], database_name)
    }
    await bed().server.forget(database_name)
    const outcome = await stack.applyOk()
    const told = warnings(outcome, 'own').filter((message) => message.includes('belong to others'))
    t.is(told.length, 2)
    t.regex(told[0] ?? '', /^3 object\(s\) in schema a of mixed_db/)
    t.regex(told[1] ?? '', /^1 object\(s\) in schema b of mixed_db/)
    t.is(await stack.answer('guest', 'SELECT * FROM a.mine'), 'ok')
    t.is(await stack.answer('guest', 'SELECT * FROM a.theirs1'), DENIED)
    t.deepEqual(warnings(await stack.applyOk(), 'own'), warnings(outcome, 'own'))
  })

  test.serial(
    `${on}a schema that is not listed and holds objects is told of where there are guests, and only there`,
    async (t) => {
      const database_name = 'unlisted_db'
      const stack = bed().declare({
        own: { username: 'unlisted_owner', database_name, schemas: ['app'] },
        guest: { username: 'unlisted_guest', database_name, access_level: 'editor' },
        alone: { schemas: ['app'] },
      })
      await stack.applyOk()
      for (const application of ['own', 'alone'])
        await stack.sql(application, 'CREATE SCHEMA empty; CREATE SCHEMA hidden; CREATE TABLE hidden.t (x int)')
      const outcome = await stack.applyOk()
      t.deepEqual(
        warnings(outcome, 'own')
          .filter((message) => message.includes('not listed'))
          .map((message) => message.split(' holds')[0]),
        ['schema hidden of unlisted_db'],
      )
      t.deepEqual(
        warnings(outcome, 'alone').filter((message) => message.includes('not listed')),
        [],
      )
      t.is(await stack.answer('guest', 'SELECT * FROM hidden.t'), DENIED)
    },
  )

  test.serial(`${on}hundreds of schemas that are not listed are one line`, async (t) => {
    const database_name = 'many_db'
    const stack = bed().declare({
      own: { username: 'many_owner', database_name },
      guest: { username: 'many_guest', database_name, access_level: 'reader' },
    })
    await stack.applyOk()
    await stack.sql(
      'own',
      `DO $$ BEGIN FOR i IN 100..399 LOOP EXECUTE format('CREATE SCHEMA s%s; CREATE TABLE s%1$s.t (x int)', i); END LOOP; END $$`,
    )
    const told = warned(await stack.applyOk(), 'own')
    t.is(told.length, 1)
    t.regex(
      told[0] ?? '',
      /^300 schemas of many_db hold objects and are not listed \(s100, s101, s102 and 297 more\): /,
    )
  })

  test.serial(
    `${on}what others restored into a database without guests: told, with what its owner cannot use`,
    async (t) => {
      const stack = bed().declare({ restored: {}, plain: {} })
      await stack.applyOk()
      await bed().server.sql(
        `CREATE TABLE public.a (x serial); CREATE VIEW public.b AS SELECT 1 AS y; CREATE TABLE public.c (x int);
       CREATE FUNCTION public.f() RETURNS int LANGUAGE sql RETURN 1; GRANT SELECT ON public.c TO restored_dev_user`,
        [],
        'restored_dev_db',
      )
      await bed().server.sql(
        'CREATE TABLE public.c (x int); GRANT SELECT ON public.c TO plain_dev_user',
        [],
        'plain_dev_db',
      )
      for (const database of ['restored_dev_db', 'plain_dev_db']) await bed().server.forget(database)
      const outcome = await stack.applyOk()
      t.deepEqual(warned(outcome, 'restored'), [
        '5 object(s) in schema public of restored_dev_db belong to others than restored_dev_user ' +
          '(function f (rdsadmin), sequence a_x_seq (rdsadmin), table a (rdsadmin) and 2 more): restored_dev_user cannot use 3 of them',
      ])
      t.deepEqual(warned(outcome, 'plain'), [
        '1 object(s) in schema public of plain_dev_db belong to others than plain_dev_user (table c (rdsadmin)): ' +
          'plain_dev_user may not alter or drop them',
      ])
      t.is(outcome.audit.run.outcome, 'no_change')
    },
  )

  test.serial(
    `${on}a login that came with another stack's snapshot, and is not declared, is a warning by name`,
    async (t) => {
      const database_name = 'snapshot_db'
      const former = bed().declare(
        {
          own: { username: 'snapshot_owner', database_name },
          guest: { username: 'snapshot_guest', database_name, access_level: 'reader' },
        },
        { stack: 'former' },
      )
      await former.applyOk()
      const stack = bed().declare(
        { own: { username: 'snapshot_owner', database_name } },
        { stack: 'latter', accept_tags_from: ['former'] },
      )
      const told = warned(await stack.applyOk(), 'own')
      t.is(told.length, 1)
      t.regex(
        told[0] ?? '',
        /^snapshot_guest came from the stack former and is not declared here: it keeps its password/,
      )
      t.deepEqual(warned(await stack.applyOk(), 'own'), told)
    },
  )

  test.serial(
    `${on}a schema public in which everybody may create is a warning with its remedy, whatever the version`,
    async (t) => {
      const stack = bed().declare({ older: {} })
      await stack.applyOk()
      // As in a database that came from 14 by an upgrade: public belongs to the bootstrap superuser.
      await bed().server.sql(
        'ALTER SCHEMA public OWNER TO rdsadmin; GRANT ALL ON SCHEMA public TO PUBLIC',
        [],
        'older_dev_db',
      )
      await bed().server.forget('older_dev_db')
      const outcome = await stack.applyOk()
      t.is(outcome.audit.run.exit_code, 0)
      const told = warnings(outcome, 'older')
      t.is(told.length, 1)
      t.regex(told[0] ?? '', /public.*rdsadmin owns.*REVOKE CREATE ON SCHEMA "public" FROM PUBLIC.*schemas = \["app"\]/)
      t.false(
        outcome.records.some(
          ({ object, application, status }) => object === 'schema' && application === 'older' && status === 'no_change',
        ),
      )
      await bed().server.sql(
        /GRANT CREATE [^;]+; REVOKE CREATE [^;]+/.exec(told[0] ?? '')?.[0] ?? '',
        [],
        'older_dev_db',
      )
      await bed().server.forget('older_dev_db')
      t.deepEqual(warnings(await stack.applyOk(), 'older'), [])
      t.is(await stack.answer('older', 'CREATE TABLE public.mine (x int)'), 'ok')
    },
  )

  test.serial(
    `${on}an owner that may no longer create in a listed schema public of somebody else's is told of, with the way out`,
    async (t) => {
      const stack = bed().declare({ app: { username: 'closed_out', database_name: 'closed_out' } })
      await stack.applyOk()
      await bed().server.sql(
        'ALTER SCHEMA public OWNER TO rdsadmin; REVOKE CREATE ON SCHEMA public FROM PUBLIC',
        [],
        'closed_out',
      )
      await bed().server.forget('closed_out')
      const lacking = async (): Promise<string[]> =>
        (await stack.applyOk()).records
          .filter(({ status, message }) => status === 'warning' && message.includes('lacks'))
          .map(({ message }) => message)
      t.deepEqual(await lacking(), [
        'closed_out lacks CREATE in schema public of closed_out; as rdsadmin, in closed_out: SET search_path = pg_catalog, pg_temp; SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_catalog.set_config(name, \'0\', false) FROM pg_catalog.pg_show_all_settings() WHERE name = \'transaction_timeout\'; SET LOCAL ROLE "rdsadmin"; GRANT CREATE ON SCHEMA "public" TO "closed_out"; COMMIT;',
      ])
      t.is(await stack.answer('app', 'CREATE TABLE public.t (x int)'), '42501')
      await bed().server.sql('GRANT CREATE ON SCHEMA "public" TO "closed_out"', [], 'closed_out')
      t.deepEqual(await lacking(), [])
    },
  )

  test.serial(`${on}a guest that cannot be given USAGE on public is told of`, async (t) => {
    const database_name = 'shut_db'
    const stack = bed().declare({
      own: { username: 'shut_owner', database_name },
      guest: { username: 'shut_guest', database_name, access_level: 'reader' },
    })
    await stack.applyOk()
    await bed().server.sql(
      'ALTER SCHEMA public OWNER TO rdsadmin; REVOKE ALL ON SCHEMA public FROM PUBLIC, shut_guest',
      [],
      database_name,
    )
    await bed().server.forget(database_name)
    const told = warnings(await stack.applyOk(), 'guest')
    t.is(told.length, 1)
    t.regex(told[0] ?? '', /shut_guest cannot use schema public.*rdsadmin.*USAGE/)
  })

  test.serial(
    `${on}a schema public that was dropped is made again where it is listed, and not missed where it is not`,
    async (t) => {
      const stack = bed().declare({ dropped: {}, without_public: { schemas: ['app'] } })
      await stack.applyOk()
      for (const database of ['dropped_dev_db', 'without_public_dev_db']) {
        await bed().server.sql('DROP SCHEMA public', [], database)
        await bed().server.forget(database)
      }
      await stack.applyOk()
      t.is(await stack.answer('dropped', 'CREATE TABLE public.t (x int)'), 'ok')
      t.is(await stack.answer('without_public', 'CREATE TABLE public.t (x int)'), '3F000')
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(`${on}what the owner granted to roles outside of the declaration stays and is told of`, async (t) => {
    const stack = bed().declare({ open: { schemas: ['app'] } })
    await stack.applyOk()
    await bed().server.sql('CREATE ROLE auditor LOGIN')
    await stack.sql(
      'open',
      'GRANT CONNECT ON DATABASE open_dev_db TO auditor; GRANT USAGE ON SCHEMA app TO auditor; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO auditor',
    )
    const { audit, records } = await stack.applyOk()
    t.is(audit.run.outcome, 'no_change')
    const told = records
      .filter(({ action, message }) => action === 'keep' && message.includes('auditor'))
      .map(({ message }) => message.replace(/, left alone.*/, ''))
    t.deepEqual(told, [
      'granted outside of this declaration on open_dev_db',
      'granted outside of this declaration inside open_dev_db',
    ])
    t.deepEqual(await bed().server.sql(`SELECT has_database_privilege('auditor', 'open_dev_db', 'CONNECT') AS kept`), [
      { kept: true },
    ])
  })
}
