/** Runs that repeat, and stacks that share an instance. */
import test from 'ava'
import { difference, dump } from '../../support/catalogs.ts'
import { bedFor, VERSIONS } from '../../support/provision.ts'

const APPLICATIONS = {
  one: {
    extensions: ['pgcrypto'],
    schemas: ['public', 'mart'],
    settings: { search_path: ['mart', 'public'] },
    valid_until: '2040-06-01T12:00:00Z',
  },
  ed: { database_name: 'one_dev_db', access_level: 'editor' },
  rd: { database_name: 'one_dev_db', access_level: 'reader' },
  two: {},
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(`${on}a second run finds nothing to do, and the catalogs stay byte for byte the same`, async (t) => {
    const { server } = bed()
    const stack = bed().declare(APPLICATIONS)
    t.is((await stack.applyOk()).audit.run.outcome, 'changed')
    await stack.sql('one', 'CREATE TABLE mart.t (id serial)')
    const before = await dump(server)
    const mark = await server.mark()
    stack.variables = { ...stack.variables, build_id: 'build-2' }
    const { audit } = await stack.applyOk()
    t.deepEqual([audit.run.outcome, audit.run.build_id], ['no_change', 'build-2'])
    t.deepEqual(await server.changesSince(mark), [])
    t.deepEqual(difference(before, await dump(server)), [])
  })

  test.serial(`${on}two stacks on one instance do not touch each other, nor speak of each other`, async (t) => {
    const { server } = bed()
    const red = bed().declare(
      { crimson: {}, crimson_reader: { database_name: 'crimson_dev_db', access_level: 'reader' } },
      { stack: 'crimson' },
    )
    const blue = bed().declare({ blue: {} }, { stack: 'blue' })
    await red.applyOk()
    await blue.applyOk()
    const mark = await server.mark()
    blue.applications = { blue: { schemas: ['app'], connection_limit: 3 }, more: {} }
    const { records } = await blue.applyOk()
    t.deepEqual(
      (await server.changesSince(mark)).filter((statement) => statement.includes('crimson')),
      [],
    )
    t.deepEqual(
      records.filter((record) => JSON.stringify(record).includes('crimson')),
      [],
    )
    t.is((await red.applyOk()).audit.run.outcome, 'no_change')
    t.is(await blue.answer('blue', 'SELECT 1', 'crimson_dev_db'), '42501')
    t.is(await red.answer('crimson_reader', 'SELECT 1', 'blue_dev_db'), '42501')
  })

  test.serial(
    `${on}what a stack no longer declares is reported by its policy, in every run, and not touched`,
    async (t) => {
      const stack = bed().declare({ keeps: {}, retained: {}, orphan: { cleanup_policy: 'delete' } })
      await stack.applyOk()
      stack.applications = { keeps: {} }
      for (const outcome of ['changed', 'no_change'] as const) {
        const { audit, records } = await stack.applyOk()
        t.is(audit.run.outcome, outcome)
        const told = records
          .filter(({ application }) => application !== 'keeps')
          .map(({ application, object, action, status }) => [application, object, action, status])
        t.deepEqual(told.sort(), [
          ['orphan', 'database', 'orphan', 'warning'],
          ['orphan', 'role', 'orphan', 'warning'],
          // Of what its policy would remove the first run remembers that it looked.
          ...(outcome === 'changed' ? [['orphan', 'role', 'undeclared', 'updated']] : []),
          ['retained', 'database', 'retained', 'skipped'],
          ['retained', 'role', 'retained', 'skipped'],
        ])
      }
    },
  )

  test.serial(
    `${on}no run, whether it made, changed, failed or was blocked, leaves a membership with INHERIT or SET`,
    async (t) => {
      const made = bed().declare({ made: {}, made_reader: { database_name: 'made_dev_db', access_level: 'reader' } })
      await made.applyOk()
      made.applications = { made: { schemas: ['app'] } }
      await made.applyOk()
      await bed()
        .declare({ fails: { encoding: 'LATIN1', locale: 'C.UTF-8' } })
        .apply()
      await bed()
        .declare({ blocked: { username: 'dbmaster' } })
        .apply()
      const left = await bed().server.sql(`SELECT pg_get_userbyid(roleid) AS role FROM pg_auth_members
      WHERE pg_get_userbyid(member) = 'platform_provisioner' AND pg_get_userbyid(roleid) !~ '^pg_' ${version >= 16 ? 'AND (inherit_option OR set_option)' : ''}`)
      t.deepEqual(left, [])
      const [{ count } = {}] = await bed().server.sql(
        `SELECT count(*)::int FROM pg_auth_members WHERE pg_get_userbyid(member) ~ '_dev_user$'`,
      )
      t.is(count, 0)
    },
  )
}
