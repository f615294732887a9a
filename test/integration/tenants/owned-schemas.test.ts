/** Guests that own a schema, in trouble: theirs alone (src/README.md: Schemas of guests). */
import test from 'ava'
import { holdSessions } from '../../support/held-sessions.ts'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'
import { followAll } from '../../support/remedies.ts'

const { open: session } = holdSessions()

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  /** A database, a loader that owns `raw` in it, a reader of both, and a neighbour. */
  const declare = (name: string): Stack =>
    bed().declare(
      {
        house: { username: `${name}_house`, database_name: `${name}_db`, schemas: ['app'] },
        loader: {
          username: `${name}_loader`,
          database_of: 'house',
          access_level: 'none',
          owns_schemas: ['raw'],
        },
        analyst: {
          username: `${name}_analyst`,
          database_of: 'house',
          access_level: 'reader',
          schemas: ['app', 'raw'],
        },
        wiki: { username: `${name}_wiki`, database_name: `${name}_wiki_db` },
      },
      { stack: name },
    )
  const limitAll = (stack: Stack, limit: number): void => {
    stack.applications = Object.fromEntries(
      Object.entries(stack.applications).map(([name, entry]) => [name, { ...entry, connection_limit: limit }]),
    )
  }

  test.serial(`${on}a guest that holds the row of its schema stops itself alone`, async (t) => {
    const stack = declare('rows')
    await stack.applyOk()
    await stack.sql('loader', 'REVOKE ALL ON SCHEMA raw FROM rows_loader')
    const holder = await session(stack, 'loader', 'rows_db')
    await holder.query('BEGIN; GRANT USAGE ON SCHEMA raw TO PUBLIC')
    limitAll(stack, 17)
    const { wiki = {} } = stack.applications
    stack.applications = { ...stack.applications, wiki: { ...wiki, schemas: ['more'] } }
    const { audit, problems } = await stack.apply()
    t.deepEqual([...new Set(problems.map(({ application }) => application))], ['loader'], audit.run.error ?? '')
    t.deepEqual(audit.run.applications?.failed, ['loader'])
    t.is(audit.run.applications?.done, 3)
    t.is(await stack.answer('wiki', 'CREATE TABLE more.t ()'), 'ok')
    await holder.query('ROLLBACK')
    await stack.applyOk()
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}a guest that may create by hand drops its schema, which is made anew`, async (t) => {
    const stack = declare('again')
    await stack.applyOk()
    await stack.sql('house', 'GRANT CREATE ON DATABASE again_db TO again_loader')
    await stack.sql('loader', 'DROP SCHEMA raw')
    await stack.applyOk()
    t.is(await stack.answer('loader', 'CREATE TABLE raw.t ()'), 'ok')
    t.is(await stack.answer('analyst', 'SELECT FROM raw.t'), 'ok')
    t.is(await stack.answer('loader', 'CREATE SCHEMA other'), '42501')
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}a guest that renames its schema`, async (t) => {
    const stack = declare('moved')
    await stack.applyOk()
    await stack.sql('loader', 'CREATE TABLE raw.t ()')
    await stack.sql('house', 'GRANT CREATE ON DATABASE moved_db TO moved_loader')
    await stack.sql('loader', 'ALTER SCHEMA raw RENAME TO hidden')
    const { records } = await stack.applyOk()
    t.true(records.some(({ message }) => message.includes('renamed by hand') && message.includes('hidden')))
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(
    `${on}what a guest gives by default in all schemas is taken back like what it gives in its own`,
    async (t) => {
      const stack = declare('gives')
      await stack.applyOk()
      await stack.sql('loader', 'ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO gives_analyst')
      await stack.applyOk()
      await stack.sql('loader', 'CREATE TABLE raw.t (id int)')
      t.is(await stack.answer('analyst', 'SELECT FROM raw.t'), 'ok')
      t.is(await stack.answer('analyst', 'INSERT INTO raw.t VALUES (1)'), '42501')
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(`${on}a reader of a guest's schema leaves`, async (t) => {
    const stack = declare('leaves')
    const { analyst = {} } = stack.applications
    stack.applications = { ...stack.applications, analyst: { ...analyst, cleanup_policy: 'delete' } }
    await stack.applyOk()
    await stack.sql('loader', 'CREATE TABLE raw.t (id int); GRANT ALL ON raw.t TO leaves_analyst')
    await stack.destroyOk('analyst')
    const left = await bed().server.sql(`SELECT FROM pg_roles WHERE rolname = 'leaves_analyst'`)
    t.is(left.length, 0)
  })

  test.serial(
    `${on}a schema that only a reader lists, and that a guest gave up, stops that reader alone`,
    async (t) => {
      const stack = declare('up')
      await stack.applyOk()
      const { loader = {} } = stack.applications
      stack.applications = { ...stack.applications, loader: { ...loader, owns_schemas: ['stage'] } }
      const { audit, problems } = await stack.apply()
      t.deepEqual(
        problems.map(({ application, code }) => [application, code]),
        [['analyst', 'schema']],
      )
      t.is(audit.run.applications?.done, 3)
      t.is(await stack.answer('loader', 'CREATE TABLE stage.t ()'), 'ok')
    },
  )

  for (const undeclared of ['report', 'keep']) {
    const does = undeclared === 'keep' ? 'keep' : 'lose'
    test.serial(`${on}readers ${does} a schema that leaves owns_schemas and their list in one apply`, async (t) => {
      const stack = declare(`out_${undeclared}`)
      const { loader = {}, analyst = {} } = stack.applications
      stack.applications = { ...stack.applications, analyst: { ...analyst, undeclared } }
      await stack.applyOk()
      await stack.sql('loader', 'CREATE TABLE raw.t (id int)')
      const loading = { ...loader, access_level: 'reader', schemas: ['app'], owns_schemas: [] }
      const reading = { ...analyst, undeclared, schemas: ['app'] }
      stack.applications = { ...stack.applications, loader: loading, analyst: reading }
      await stack.applyOk()
      await stack.sql('loader', 'CREATE TABLE raw.later (id int)')
      const answers = ['SELECT FROM raw.t', 'SELECT FROM raw.later'].map((query) => stack.answer('analyst', query))
      t.deepEqual(await Promise.all(answers), undeclared === 'keep' ? ['ok', 'ok'] : ['42501', '42501'])
      t.is(await stack.answer('loader', 'DROP TABLE raw.t'), 'ok')
      t.deepEqual(await stack.plan(), [])
    })
  }

  test.serial(
    `${on}a reader whose name was exchanged by hand with a guest's gets none of that one's schema`,
    async (t) => {
      const stack = declare('turned')
      await stack.applyOk()
      await stack.sql('loader', 'CREATE TABLE raw.t (id int)')
      await bed().server.sql(
        `ALTER ROLE turned_loader RENAME TO beside; ALTER ROLE turned_analyst RENAME TO turned_loader;
       ALTER ROLE beside RENAME TO turned_analyst`,
      )
      const { audit, problems } = await stack.apply()
      t.deepEqual(audit.run.applications?.blocked, ['analyst', 'loader'], audit.run.error ?? '')
      const found = problems.find(({ code }) => code === 'renamed_role')
      t.regex(found?.message ?? '', /^the role turned_analyst is that of loader, which owns schema raw of turned_db/)
      t.is(await stack.answer('analyst', 'INSERT INTO raw.t VALUES (1)'), '28P01')
      await followAll(bed(), found?.remedy ?? '')
      await stack.applyOk()
      t.is(await stack.answer('loader', 'INSERT INTO raw.t VALUES (1)'), 'ok')
      t.is(await stack.answer('analyst', 'INSERT INTO raw.t VALUES (1)'), '42501')
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(`${on}a role that is nobody's of ours gets no schema`, async (t) => {
    const stack = declare('alien')
    const { loader = {}, ...others } = stack.applications
    stack.applications = others
    await bed().server.sql('CREATE ROLE alien_loader LOGIN')
    stack.applications = { ...others, analyst: { ...others['analyst'], schemas: ['app'] } }
    await stack.applyOk()
    stack.applications = { ...others, loader }
    limitAll(stack, 17)
    const { audit, problems } = await stack.apply()
    t.deepEqual(
      problems.map(({ application, code }) => [application, code]),
      [['loader', 'unmanaged_role']],
      audit.run.error ?? '',
    )
    t.deepEqual(audit.run.applications?.blocked, ['loader'])
    t.is(audit.run.applications?.done, 3)
    const found = await bed().server.sql(`SELECT FROM pg_namespace WHERE nspname = 'raw'`, [], 'alien_db')
    t.is(found.length, 0)
  })
}
