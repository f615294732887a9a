/** Databases that applications make for themselves: told, and shut to all others (src/README.md: What applications make). */
import test from 'ava'
import { bedFor, type Outcome, VERSIONS } from '../../support/provision.ts'
import { holdSessions } from '../../support/held-sessions.ts'

const DENIED = '42501'
const ENTRIES = { maker: { can_create_databases: true }, other: {} }
const held = holdSessions()

/** What a run says of databases that nobody declared. */
function told({ records }: Outcome, application = 'maker'): string[] {
  return records
    .filter(
      (record) =>
        record.application === application && record.message.includes('made for itself') && record.status !== 'updated',
    )
    .map(({ status, message }) => `${status}: ${message}`)
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(
    `${on}one is told in every run, shut to PUBLIC, again where its owner opens it, and listed`,
    async (t) => {
      const stack = bed().declare(ENTRIES, { stack: 'makers' })
      await stack.applyOk()
      for (const name of ['test_maker', 'odd ";\n name', 'zz']) {
        await stack.sql('maker', `CREATE DATABASE "${name.replaceAll('"', '""')}"`, 'maker_dev_db')
        t.is(await stack.answer('other', 'SELECT 1', name), 'ok')
      }
      const first = await stack.applyOk()
      const line = `skipped: maker_dev_user made for itself 3 database(s), which nobody declares: odd ";\n name, test_maker, zz`
      t.deepEqual(told(first), [line])
      t.is(first.audit.run.outcome, 'changed')
      t.is(await stack.answer('other', 'SELECT 1', 'test_maker'), DENIED)
      t.is(await stack.answer('other', 'SELECT 1', 'odd ";\n name'), DENIED)
      t.is(await stack.answer('maker', 'CREATE TEMPORARY TABLE t (x int)', 'test_maker'), 'ok')
      const second = await stack.applyOk()
      t.deepEqual([second.audit.run.outcome, told(second)], ['no_change', [line]])
      await stack.sql('maker', 'GRANT CONNECT ON DATABASE test_maker TO PUBLIC', 'maker_dev_db')
      await stack.applyOk()
      t.is(await stack.answer('other', 'SELECT 1', 'test_maker'), DENIED)
      t.regex(await stack.report('text'), /database +\S* *test_maker +\S* *maker_dev_user.*made by/)
      for (const name of ['test_maker', 'odd ""; name', 'zz', 'odd "";\n name'])
        await bed().server.sql(`DROP DATABASE IF EXISTS "${name}"`)
    },
  )

  test.serial(`${on}one that is invalid, one whose name is no text, a thousand: told, within the time`, async (t) => {
    const { server } = bed()
    const stack = bed().declare(ENTRIES, { stack: 'makers' })
    await stack.applyOk()
    await stack.sql(
      'maker',
      `CREATE DATABASE ascii_maker TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'`,
      'maker_dev_db',
    )
    await server.sql(`
      SET allow_system_table_mods = on;
      CREATE TEMPORARY TABLE made AS SELECT d.*, n FROM pg_database d, generate_series(1, 1000) n WHERE datname = 'ascii_maker';
      UPDATE made SET datname = 'm' || n, oid = 900000 + n;
      ALTER TABLE made DROP COLUMN n;
      UPDATE made SET datconnlimit = -2 WHERE datname = 'm7';
      INSERT INTO pg_database SELECT * FROM made;
      INSERT INTO pg_shdepend SELECT 0, 1262, oid, 0, 1260, datdba, 'o' FROM made`)
    const before = Date.now()
    const plain = await stack.apply()
    const took = Date.now() - before
    t.is(plain.audit.run.exit_code, 0, plain.audit.run.error ?? '')
    t.log(`${String(took)} ms for 1,001 databases`)
    t.deepEqual(told(plain), [
      'skipped: maker_dev_user made for itself 1001 database(s), which nobody declares: ascii_maker, m1, m10 and 998 more',
    ])
    const open = `SELECT datname::text AS name FROM pg_database WHERE pg_get_userbyid(datdba) = 'maker_dev_user' AND (datacl IS NULL OR datacl::text ~ '[{,]=') ORDER BY 1`
    t.deepEqual(await server.sql(open), [{ name: 'm7' }])
    const again = await stack.applyOk()
    t.is(again.audit.run.outcome, 'no_change')
    await server.sql(
      `SET allow_system_table_mods = on; DELETE FROM pg_shdepend WHERE classid = 1262 AND objid > 900000; DELETE FROM pg_database WHERE oid > 900000`,
    )
    t.true(took < 5000, `${String(took)} ms`)
  })

  test.serial(`${on}a row that its owner keeps locked fails that application, and soon`, async (t) => {
    const stack = bed().declare(ENTRIES, { stack: 'makers' })
    await stack.applyOk()
    for (const name of ['lock_a', 'lock_b']) await stack.sql('maker', `CREATE DATABASE ${name}`, 'maker_dev_db')
    const session = await held.open(stack, 'maker', 'maker_dev_db')
    await session.query('BEGIN; ALTER DATABASE lock_a CONNECTION LIMIT 7; ALTER DATABASE lock_b CONNECTION LIMIT 7')
    stack.applications = { ...stack.applications, other: { connection_limit: 5 } }
    const before = Date.now()
    const outcome = await stack.apply()
    t.true(Date.now() - before < 7000, `${String(Date.now() - before)} ms`)
    t.is(outcome.audit.run.exit_code, 1)
    t.deepEqual(outcome.audit.run.applications?.failed, ['maker'])
    t.regex(outcome.audit.run.error ?? '', /lock_a.*waited for .*maker_dev_user/s)
    t.deepEqual(await stack.sql('other', `SELECT rolconnlimit FROM pg_roles WHERE rolname = 'other_dev_user'`), [[5]])
    await session.query('ROLLBACK')
    await stack.applyOk()
    t.is(await stack.answer('other', 'SELECT 1', 'lock_b'), DENIED)
  })
}
