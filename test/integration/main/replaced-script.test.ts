/** The defects of the script that this replaces and of others in the field (numbers: the list of 17), one test each that would fail on it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'

import test from 'ava'
import { parse } from 'csv-parse/sync'
import { difference, dump } from '../../support/catalogs.ts'
import { bedFor, type Entry, VERSIONS } from '../../support/provision.ts'
import { join } from 'node:path'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(`${on}1. a declared reader is a reader, and owns nothing`, async (t) => {
    const stack = bed().declare({ d1: {}, d1_reader: { database_name: 'd1_dev_db', access_level: 'reader' } })
    await stack.applyOk()
    t.deepEqual(
      await bed().server.sql(
        `SELECT count(*)::int FROM pg_database WHERE pg_get_userbyid(datdba) = 'd1_reader_dev_user'`,
      ),
      [{ count: 0 }],
    )
    t.is(await stack.answer('d1_reader', 'CREATE SCHEMA mine'), '42501')
  })

  test.serial(
    `${on}2 and 3. grants and default privileges stand in the application's database, bound to its owner; the admin's database is as it was`,
    async (t) => {
      const inAdminDatabase = async (): Promise<unknown> =>
        new Map([...(await dump(bed().server))].filter(([catalog]) => catalog.startsWith('postgres/')))
      const before = await inAdminDatabase()
      const stack = bed().declare({
        d2: { schemas: ['app'] },
        d2_ed: { database_name: 'd2_dev_db', access_level: 'editor' },
      })
      await stack.applyOk()
      t.deepEqual(await inAdminDatabase(), before)
      const creators = await bed().server.sql(
        'SELECT DISTINCT pg_get_userbyid(defaclrole) AS creator FROM pg_default_acl',
        [],
        'd2_dev_db',
      )
      t.deepEqual(creators, [{ creator: 'd2_dev_user' }])
    },
  )

  test.serial(`${on}4. a user name is a name: no attribute, no second statement, no folding`, async (t) => {
    const username = 'x SUPERUSER; --'
    const stack = bed().declare({ d4: { username }, 'd4-mixed': { username: 'MixedCase' } })
    await stack.applyOk()
    t.deepEqual(
      await bed().server.sql('SELECT rolsuper FROM pg_roles WHERE rolname = ANY ($1)', [[username, 'MixedCase']]),
      [{ rolsuper: false }, { rolsuper: false }],
    )
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })

  test.serial(
    `${on}5. the password never reaches the server: not with log_statement = all, not in a failed statement`,
    async (t) => {
      const mark = await bed().server.mark()
      const stack = bed().declare({ d5: {}, d5_fails: { encoding: 'LATIN1', locale: 'C.UTF-8' } })
      for (const application of ['d5', 'd5_fails']) stack.setPassword(application, `pLain-'${application}`)
      const { audit } = await stack.apply()
      t.is(audit.run.exit_code, 1)
      const log = JSON.stringify(await bed().server.logSince(mark))
      t.true(log.includes('CREATE ROLE'))
      t.false(log.includes('pLain-'))
      t.false(JSON.stringify(audit).includes('pLain-'))
    },
  )

  test.serial(`${on}6. all of it is done by an admin that is no superuser`, async (t) => {
    const { audit } = await bed().declare({ d6: {} }).applyOk()
    t.deepEqual(
      await bed().server.sql('SELECT rolsuper FROM pg_roles WHERE rolname = $1', [audit.run.database_login]),
      [{ rolsuper: false }],
    )
  })

  test.serial(
    `${on}7. a role that exists is not taken: its password and attributes stay, the master's too`,
    async (t) => {
      await bed().server.sql(`CREATE ROLE d7_other LOGIN PASSWORD 'its own'`)
      const before = await dump(bed().server)
      const stack = bed().declare({ d7: { username: 'd7_other' }, d7_master: { username: bed().server.master.user } })
      const { audit } = await stack.apply()
      t.is(audit.run.exit_code, 4)
      t.deepEqual(difference(before, await dump(bed().server)), [])
      t.true(await bed().server.canLogin('d7_other', 'its own'))
      t.true(await bed().server.canLogin(bed().server.master.user, bed().server.master.password))
    },
  )

  test.serial(`${on}8. an owner mismatch ends the run with its own exit code and stands in the summary`, async (t) => {
    await bed().server.sql('CREATE DATABASE d8_dev_db')
    const { audit } = await bed().declare({ d8: {} }).apply()
    t.is(audit.run.exit_code, 4)
    t.true(audit.summary.blocked >= 1)
  })

  test.serial(
    `${on}9. a change is told as a change, each record has its own time, and the preview sees the server`,
    async (t) => {
      const stack = bed().declare({ d9: {} })
      await stack.applyOk()
      await bed().server.sql('ALTER ROLE d9_dev_user CONNECTION LIMIT 1')
      t.deepEqual(
        (await stack.plan()).map(({ object, status }) => [object, status]),
        [['role', 'updated']],
      )
      const { records } = await stack.applyOk()
      t.true(records.some(({ object, status }) => object === 'role' && status === 'updated'))
      const { records: made } = await bed().declare({ d9_a: {}, d9_b: {}, d9_c: {} }).applyOk()
      t.true(new Set(made.map(({ at }) => at)).size > 1)
    },
  )

  test.serial(
    `${on}10 and 11. one tenant's login does not reach another's database, and CREATEDB is for who asked`,
    async (t) => {
      const stack = bed().declare({ d10: {}, d11: { can_create_databases: true } })
      await stack.applyOk()
      t.is(await stack.answer('d10', 'SELECT 1', 'd11_dev_db'), '42501')
      t.is(await stack.answer('d10', 'CREATE DATABASE d10_more'), '42501')
      t.is(await stack.answer('d11', 'CREATE DATABASE d11_more'), 'ok')
    },
  )

  test.serial(`${on}12. every entry counts, under its own name`, async (t) => {
    const stack = bed().declare({ 'my-app': { settings: { application_name: '# } {' } }, app: {}, 'my-app-2': {} })
    await stack.applyOk()
    const rows = await bed().server.sql(
      `SELECT datname FROM pg_database WHERE datname IN ('my_app_dev_db', 'app_dev_db', 'my_app_2_dev_db') ORDER BY 1`,
    )
    t.deepEqual(
      rows.map(({ datname }) => datname),
      ['app_dev_db', 'my_app_2_dev_db', 'my_app_dev_db'],
    )
  })

  test.serial(`${on}13. the governance CSV holds quotes, commas and formulas in their places`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'rds-provision-csv-'))
    const stack = bed().declare(
      { d13: { username: '=cmd|"x",y', database_name: '@SUM(1,2)' } },
      { governance_dir: folder },
    )
    const { code } = await stack.bundle(['apply'], { RDS_PROVISION_AUDIT_FILE: join(folder, 'audit.json') })
    t.is(code, 0)
    const rows: Record<string, string>[] = parse(
      await readFile(join(folder, 'dev', 'rds_provision_audit.csv'), 'utf8'),
      { columns: true },
    )
    await rm(folder, { recursive: true })
    t.true(rows.some(({ object, status }) => object === 'database' && status === 'created'))
    for (const row of rows)
      t.false(
        Object.values(row).some((cell) => /^[=@+-]/.test(cell)),
        JSON.stringify(row),
      )
    t.true(rows.every(({ username = '' }) => username === '' || username.endsWith('=cmd|"x",y')))
  })

  test.serial(
    `${on}14. a run that fails at a secret, at the login or at a look-up has its audit, which names every application`,
    async (t) => {
      const stack = bed().declare({ d14: {}, d14_other: {} })
      await stack.plan()
      bed().aws.removeSecret(stack.secretId('d14'))
      bed().aws.putSecret(stack.secretId('d14_other'), 'not JSON')
      const { audit, problems } = await stack.apply()
      t.is(audit.run.exit_code, 5)
      t.deepEqual(problems.map(({ application, field }) => [application, field]).sort(), [
        ['d14', stack.secretId('d14')],
        ['d14_other', stack.secretId('d14_other')],
      ])
      const wrong = bed().declare({ d14b: {} }, { admin_secret_id: 'd14/admin' })
      bed().aws.putLogin('d14/admin', bed().server.admin.user, 'wrong')
      const refused = await wrong.apply()
      t.is(refused.audit.run.exit_code, 6)
      for (const [outcome, names] of [
        [audit, ['d14', 'd14_other']],
        [refused.audit, ['d14b']],
      ] as const) {
        t.is(outcome.run.outcome, 'failed')
        t.not(outcome.run.error, null)
        for (const name of names)
          t.true(
            outcome.records.some(({ application, message }) => application === name || message.includes(name)),
            name,
          )
      }
    },
  )

  test.serial(`${on}15. runs at the same time wait for each other: no error, one truth`, async (t) => {
    const entries = (name: string): Readonly<Record<string, Entry>> => ({
      d15: {},
      d15_rd: { database_name: 'd15_dev_db', access_level: 'reader' },
      [name]: {},
    })
    const shared = { stack: 'd15', secret_prefix: 'd15' }
    const first = bed().declare(entries('d15_own'), shared)
    await first.plan()
    const others = ['d15_own', 'd15_own', 'd15_own'].map((name) => {
      const stack = bed().declare(entries(name), shared)
      for (const application of Object.keys(entries(name))) stack.setPassword(application, first.password(application))
      return stack
    })
    const outcomes = await Promise.all([first, ...others].map((stack) => stack.apply()))
    t.deepEqual(
      outcomes.map(({ audit }) => audit.run.exit_code),
      [0, 0, 0, 0],
    )
    t.is(outcomes.filter(({ audit }) => audit.summary.created > 0).length, 1)
    t.deepEqual(await first.plan(), [])
  })

  test.serial(`${on}16. outside dev nothing happens without approval`, async (t) => {
    const stack = bed().declare({ d16: {} }, { environment: 'prod' })
    t.is((await stack.apply()).audit.run.exit_code, 4)
    t.deepEqual(await bed().server.sql(`SELECT FROM pg_roles WHERE rolname = 'd16_prod_user'`), [])
  })

  test.serial(
    `${on}17. the certificate is verified, and a rotation between set and finish keeps its new password`,
    async (t) => {
      const untrusted = bed().declare({ d17: {} }, { tls: { ca_file: bed().server.otherCaFile } })
      t.is((await untrusted.apply()).audit.run.exit_code, 6)
      const stack = bed().declare({ d17: {} })
      await stack.applyOk()
      bed().aws.putSecret(stack.secretId('d17'), { username: 'd17_dev_user', password: 'pending' }, ['AWSPENDING'])
      await bed().server.setPassword('d17_dev_user', 'pending')
      const { audit, records } = await stack.applyOk()
      t.is(audit.run.outcome, 'no_change')
      t.deepEqual(
        records.filter(({ object }) => object === 'password').map(({ action, status }) => [action, status]),
        [['rotation_in_progress', 'skipped']],
      )
      t.true(await bed().server.canLogin('d17_dev_user', 'pending', 'd17_dev_db'))
    },
  )

  test.serial(
    `${on}others: a failed CREATE DATABASE leaks no membership, and backslashes in passwords are kept`,
    async (t) => {
      const stack = bed().declare({ o1: { encoding: 'LATIN1', locale: 'C.UTF-8' } })
      stack.setPassword('o1', `back\\slash 'quote' "double" \\x41 é`)
      t.is((await stack.apply()).audit.run.exit_code, 1)
      const left = await bed().server.sql(
        `SELECT FROM pg_auth_members WHERE pg_get_userbyid(roleid) = 'o1_dev_user' ${version >= 16 ? 'AND (inherit_option OR set_option)' : ''}`,
      )
      t.is(left.length, 0)
      stack.applications = { o1: {} }
      await stack.applyOk()
      t.is(await stack.answer('o1', 'SELECT 1'), 'ok')
      t.is(
        (await stack.applyOk()).audit.run.outcome,
        'no_change',
        'passwords are compared by logging in, not by verifier',
      )
    },
  )

  test.serial(
    `${on}others: a database that its owner made read-only by default is provisioned all the same`,
    async (t) => {
      const stack = bed().declare({ o2: { schemas: ['app'] }, o2_fine: {} })
      await stack.applyOk()
      await stack.sql(
        'o2',
        'ALTER DATABASE o2_dev_db SET default_transaction_read_only = on; CREATE TABLE app.t (x int)',
      )
      stack.applications = { o2: { schemas: ['app', 'more'] }, o2_fine: { schemas: ['app'] } }
      await stack.applyOk()
      t.deepEqual(await stack.plan(), [])
    },
  )
}
