/** A database of somebody else: blocked, and the printed statements are the way out. */
import test from 'ava'
import { bedFor, VERSIONS } from '../../support/provision.ts'
import { blocked } from '../../support/provision/outcome.ts'

const MASTER_SECRET = 'rds!db-master'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial.before(`${on}the master's secret`, () => {
    const { user, password } = bed().server.master
    bed().aws.putLogin(MASTER_SECRET, user, password)
  })

  test.serial(
    `${on}a wrong owner blocks, and the statements that it names are the way out: for the master, and with its other databases left to it`,
    async (t) => {
      const { server } = bed()
      for (const name of ['estate', 'estate_of_others']) await server.sql(`CREATE DATABASE ${name} OWNER dbmaster`)
      const master = await server.connect({ ...server.master, database: 'estate' })
      await master.query('CREATE SCHEMA app; CREATE TABLE app.t (x int)')
      const stack = bed().declare(
        { app: { username: 'heir', database_name: 'estate', schemas: ['app'], adopt_existing: true } },
        { master_secret_id: MASTER_SECRET },
      )
      const remedy = blocked(t, await stack.apply(), 'owner mismatch')
      t.deepEqual(await server.sql(`SELECT FROM pg_roles WHERE rolname = 'heir'`), [])
      const owners = async (): Promise<unknown[]> =>
        (
          await server.sql(
            `SELECT datname || ': ' || pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname <> 'estate' ORDER BY 1`,
          )
        ).map(({ owner }) => owner)
      const before = await owners()
      t.true(before.includes('estate_of_others: dbmaster'))
      await master.query(remedy.slice(remedy.indexOf('SET search_path')))
      await master.end()
      t.deepEqual(await owners(), before)
      t.deepEqual(
        await server.sql(
          `SELECT FROM pg_auth_members WHERE roleid = 'heir'::regrole AND member = 'dbmaster'::regrole${version >= 16 ? ' AND (inherit_option OR set_option)' : ''}`,
        ),
        [],
      )
      await stack.applyOk()
      t.is(await stack.answer('app', 'INSERT INTO app.t VALUES (1); CREATE TABLE app.mine (x int)'), 'ok')
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    },
  )

  test.serial(`${on}a wrong owner: its name does not run in the statements that a person is told to run`, async (t) => {
    const { server } = bed()
    const owner = '"o$handover$; CREATE ROLE planted; --"'
    await server.sql(`CREATE ROLE ${owner}; GRANT ${owner} TO dbmaster`)
    await server.sql(`CREATE DATABASE trapped OWNER ${owner}`)
    const stack = bed().declare(
      { app: { username: 'late_heir', database_name: 'trapped', adopt_existing: true } },
      { master_secret_id: MASTER_SECRET },
    )
    const remedy = blocked(t, await stack.apply(), 'owner mismatch')
    const master = await server.connect({ ...server.master, database: 'trapped' })
    await master.query(remedy.slice(remedy.indexOf('SET search_path')))
    await master.end()
    t.deepEqual(
      await server.sql(`SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = 'trapped'`),
      [{ owner: 'late_heir' }],
    )
    t.deepEqual(await server.sql(`SELECT FROM pg_roles WHERE rolname = 'planted'`), [])
  })
}
