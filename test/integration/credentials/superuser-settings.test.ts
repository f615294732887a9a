/** What only a superuser may set for a login stands in nobody's way (src/README.md: Beyond the declaration). */
import test from 'ava'
import * as v from 'valibot'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'
import { followAll } from '../../support/remedies.ts'

const MASTER_SECRET = 'rds!db-master'
const SET = `SELECT unnest(setconfig) AS item FROM pg_db_role_setting WHERE setrole <> 0 ORDER BY 1`
const REPORT = v.object({
  sections: v.object({
    undeclared: v.array(v.object({ what: v.string(), on: v.string(), fate: v.string(), remedy: v.string() })),
  }),
})

for (const version of VERSIONS) {
  const on = `PostgreSQL ${String(version)}: `
  const bed = bedFor(version)

  const declare = (undeclared: string): Stack =>
    bed().declare(
      { sales: { database_name: 'sales', username: 'sales', auth: 'unmanaged', adopt_existing: true, undeclared } },
      { master_secret_id: MASTER_SECRET, stack: 'settings', secret_prefix: 'settings' },
    )
  const rows = async (stack: Stack): Promise<Map<string, string>> => {
    const report: unknown = JSON.parse(await stack.report('json'))
    const found = v.parse(REPORT, report).sections.undeclared.filter(({ what }) => what.includes(' = '))
    return new Map(found.map(({ what, on: where, fate, remedy }) => [[what, where, fate].join(' | '), remedy]))
  }

  test.serial(`${on}from keep on, what the admin can take back goes, and the rest is told`, async (t) => {
    const { server } = bed()
    bed().aws.putSecret(MASTER_SECRET, { username: server.master.user, password: server.master.password })
    await server.sql('SET SESSION AUTHORIZATION dbmaster')
    await server.sql('CREATE ROLE sales LOGIN')
    await server.sql('GRANT sales TO dbmaster')
    await server.sql('CREATE DATABASE sales OWNER sales')
    await server.sql(`ALTER ROLE sales IN DATABASE sales SET work_mem = '8MB'`)
    await server.sql('RESET SESSION AUTHORIZATION')
    await server.sql('ALTER ROLE sales IN DATABASE sales SET log_min_duration_statement = 100')
    await server.sql('ALTER ROLE sales SET log_statement = ddl')
    await server.sql('ALTER DATABASE sales SET log_min_messages = error')

    await declare('keep').applyOk()
    t.deepEqual((await server.sql(SET)).length, 3)
    const { records } = await declare('report').applyOk()
    const warnings = records.filter(({ status }) => status === 'warning').map(({ message }) => message)
    t.true(
      warnings.some((message) => message.startsWith('sales has log_min_duration_statement = 100 set in sales, which')),
      warnings.join('\n'),
    )
    t.deepEqual(
      (await server.sql(SET)).map(({ item }) => item),
      ['log_min_duration_statement=100', 'log_statement=ddl'],
    )
    const everywhere = records.map(({ message }) => message).find((message) => message.includes('for all databases'))
    t.regex(String(everywhere), /to undo it, as a superuser: ALTER ROLE "sales" RESET "log_statement";$/)
    t.is((await declare('revoke').applyOk()).audit.run.outcome, 'no_change')
  })

  test.serial(`${on}each statement of the report takes it away`, async (t) => {
    const told = await rows(declare('revoke'))
    t.deepEqual([...told.keys()].sort(), [
      'log_min_duration_statement = 100 | its sessions in sales | left alone',
      'log_min_messages = error | database sales | left alone',
      'log_statement = ddl | its sessions in all databases | left alone',
    ])
    for (const remedy of told.values()) t.is(await followAll(bed(), remedy), 1, remedy)
    t.deepEqual([...(await rows(declare('revoke'))).keys()], [])
  })
}
