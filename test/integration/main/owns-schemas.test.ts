/** `owns_schemas`: schemas of a guest in another's database (src/README.md: Schemas of guests). */
import test from 'ava'
import { blocked } from '../../support/provision/outcome.ts'
import { follow, instructionsIn } from '../../support/remedies.ts'
import { bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'

const DENIED = '42501'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  /** A database, a loader that owns `raw` in it, and a reader of both. */
  const declare = (name: string, loader: Entry = {}, more: Readonly<Record<string, Entry>> = {}): Stack =>
    bed().declare(
      {
        house: { username: `${name}_house`, database_name: `${name}_db`, schemas: ['app'] },
        loader: {
          username: `${name}_loader`,
          database_of: 'house',
          access_level: 'none',
          owns_schemas: ['raw'],
          ...loader,
        },
        analyst: {
          username: `${name}_analyst`,
          database_of: 'house',
          access_level: 'reader',
          schemas: ['app', 'raw'],
        },
        ...more,
      },
      { stack: name },
    )
  const mayCreate = async (role: string, database: string): Promise<unknown> => {
    const [row] = await bed().server.sql(`SELECT has_database_privilege($1, $2, 'CREATE') AS may`, [role, database])
    return row?.['may']
  }

  test.serial(
    `${on}a guest's schema is its own; readers reach what is there and will be, the owner does not`,
    async (t) => {
      const stack = declare('own')
      await stack.applyOk()
      t.is(await stack.answer('loader', 'CREATE TABLE raw.events (id int)'), 'ok')
      t.is(await stack.answer('analyst', 'SELECT FROM raw.events'), 'ok')
      t.is(await stack.answer('analyst', 'INSERT INTO raw.events VALUES (1)'), DENIED)
      t.is(await stack.answer('house', 'SELECT FROM raw.events'), DENIED)
      t.is(await stack.answer('house', 'DROP SCHEMA raw CASCADE'), DENIED)
      t.is(await stack.answer('loader', 'CREATE TABLE app.no (id int)'), DENIED)
      t.is(await stack.answer('loader', 'CREATE SCHEMA other'), DENIED)
      t.is(await mayCreate('own_loader', 'own_db'), false)
      t.deepEqual(await stack.plan(), [])
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    },
  )

  test.serial(`${on}what is taken away by hand comes back, and what is changed is followed`, async (t) => {
    const stack = declare('turn')
    await stack.applyOk()
    await stack.sql('loader', 'CREATE TABLE raw.events (id int)')
    await stack.sql(
      'loader',
      'REVOKE ALL ON raw.events FROM turn_analyst; REVOKE ALL ON SCHEMA raw FROM turn_analyst, turn_loader',
    )
    await stack.sql('loader', 'ALTER DEFAULT PRIVILEGES IN SCHEMA raw REVOKE ALL ON TABLES FROM turn_analyst')
    await stack.applyOk()
    await stack.sql('loader', 'CREATE TABLE raw.later (id int)')
    t.is(await stack.answer('analyst', 'SELECT FROM raw.events, raw.later'), 'ok')
    t.deepEqual(await stack.plan(), [])

    const { analyst = {}, loader = {}, house = {} } = stack.applications
    stack.applications = { house, loader, analyst: { ...analyst, access_level: 'editor' } }
    await stack.applyOk()
    t.is(await stack.answer('analyst', 'INSERT INTO raw.events VALUES (1)'), 'ok')
    stack.applications = { house, loader, analyst: { ...analyst, schemas: ['app'] } }
    await stack.applyOk()
    t.is(await stack.answer('analyst', 'SELECT FROM raw.events'), DENIED)
    t.deepEqual(await stack.plan(), [])
    stack.applications = { house, loader: { ...loader, owns_schemas: ['raw', 'stage'] }, analyst }
    await stack.applyOk()
    t.is(await stack.answer('loader', 'CREATE TABLE stage.t ()'), 'ok')
    t.is(await stack.answer('analyst', 'SELECT FROM raw.events'), 'ok')
    t.is(await mayCreate('turn_loader', 'turn_db'), false)
    t.deepEqual(await stack.plan(), [])

    // Out of the declaration: nothing is dropped, and the schema stays whose it is.
    stack.applications = { house, loader: { ...loader, owns_schemas: ['raw'] }, analyst }
    await stack.applyOk()
    t.is(await stack.answer('loader', 'SELECT FROM stage.t'), 'ok')
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}a schema of somebody else stops that application, with the statement that helps`, async (t) => {
    const stack = declare('theirs')
    const { house = {}, loader = {}, analyst = {} } = stack.applications
    stack.applications = { house, loader: { ...loader, owns_schemas: [] } }
    await stack.applyOk()
    await stack.sql('house', 'CREATE SCHEMA raw; CREATE TABLE raw.kept (id int)')
    stack.applications = { house, loader, analyst }
    const outcome = await stack.apply()
    const remedy = blocked(t, outcome, 'schema')
    t.deepEqual(
      outcome.problems.map(({ application }) => application),
      ['loader'],
    )
    t.is(await stack.answer('house', 'SELECT FROM raw.kept'), 'ok')
    const [instruction] = instructionsIn(remedy)
    if (instruction === undefined) throw new Error(remedy)
    await follow(bed(), instruction)
    await stack.applyOk()
    t.is(await stack.answer('loader', 'CREATE TABLE raw.mine (id int)'), 'ok')
    t.is(await stack.answer('analyst', 'SELECT FROM raw.mine'), 'ok')
  })

  test.serial(
    `${on}all schemas of the owner are not those of a guest; the guest that owns things is not dropped`,
    async (t) => {
      const stack = declare(
        'all',
        {},
        { other: { database_of: 'house', access_level: 'reader', schemas: ['*'], username: 'all_other' } },
      )
      await stack.applyOk()
      await stack.sql('loader', 'CREATE TABLE raw.events (id int)')
      t.is(await stack.answer('other', 'SELECT FROM raw.events'), DENIED)
      t.deepEqual(await stack.plan(), [])
      const { house = {}, other = {}, analyst = {}, loader = {} } = stack.applications
      stack.applications = { house, other, analyst, loader: { ...loader, cleanup_policy: 'delete' } }
      await stack.applyOk()
      const removal = await stack.destroy('loader')
      t.is(removal.audit.run.exit_code, 4)
      t.is((await bed().server.sql('SELECT FROM raw.events', [], 'all_db')).length, 0)
      t.is(await stack.answer('analyst', 'SELECT FROM raw.events'), 'ok')
    },
  )
}
