/** Logins of level none: without rights of their own, with a database and without one. */
import test from 'ava'
import { bedFor, VERSIONS } from '../../support/provision.ts'

const DENIED = '42501'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(`${on}a login without a database: its password is proven, and it gets in nowhere`, async (t) => {
    const stack = bed().declare({ shop: {}, probe: { access_level: 'none', connection_limit: 3 } })
    const { records } = await stack.applyOk()
    t.deepEqual(
      records.filter(({ application }) => application === 'probe').map(({ action, database }) => [action, database]),
      [
        ['create', null],
        ['verify', null],
      ],
    )
    t.is(await stack.answer('probe', 'SELECT 1', 'postgres'), 'ok')
    t.is(await stack.answer('probe', 'SELECT 1', 'shop_dev_db'), DENIED)
    t.deepEqual(await stack.plan(), [])
    const again = await stack.applyOk()
    t.is(again.audit.run.outcome, 'no_change')
    t.true(again.records.some(({ message }) => message.startsWith('probe_dev_user logs in with secret version')))

    // By hand: another password, another limit, and what lets it in.
    await bed().server.sql(`ALTER ROLE probe_dev_user PASSWORD 'another' CONNECTION LIMIT 5`)
    await stack.sql('shop', 'CREATE TABLE t (); GRANT SELECT ON t TO probe_dev_user')
    await stack.sql('shop', 'GRANT CONNECT ON DATABASE shop_dev_db TO probe_dev_user')
    const client = await bed().server.connect({
      user: 'probe_dev_user',
      password: 'another',
      database: 'shop_dev_db',
    })
    client.on('error', () => undefined)
    await stack.applyOk()
    t.is(await stack.answer('probe', 'SELECT 1', 'postgres'), 'ok')
    t.is(await stack.answer('probe', 'SELECT 1', 'shop_dev_db'), DENIED)
    const held = await bed().server.sql(
      `SELECT has_table_privilege('probe_dev_user', 't', 'SELECT') AS may`,
      [],
      'shop_dev_db',
    )
    t.deepEqual(held, [{ may: false }])
    const sessions = `SELECT FROM pg_stat_activity WHERE usename = 'probe_dev_user' AND datname = 'shop_dev_db'`
    t.is((await bed().server.sql(sessions)).length, 0)
    t.deepEqual(await stack.plan(), [])

    // Where nobody gets into the admin's database, its password is proven all the same.
    await bed().server.sql('REVOKE CONNECT ON DATABASE postgres FROM PUBLIC')
    await bed().server.sql('GRANT CONNECT ON DATABASE postgres TO platform_provisioner')
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    stack.setPassword('probe', 'a new one')
    await stack.applyOk()
    await bed().server.sql('GRANT CONNECT ON DATABASE postgres TO PUBLIC')
    t.is(await stack.answer('probe', 'SELECT 1', 'postgres'), 'ok')

    stack.applications = { shop: {} }
    await stack.applyOk()
    await stack.applyOk()
    t.is((await stack.apply()).problems.length, 0)
  })

  test.serial(`${on}a reader that becomes none has nothing left, and gets all of it back`, async (t) => {
    const reader = { database_of: 'farm', access_level: 'reader' }
    const stack = bed().declare({ farm: {}, hand: reader })
    await stack.applyOk()
    await stack.sql('farm', 'CREATE TABLE t (id int)')
    t.is(await stack.answer('hand', 'SELECT FROM t', 'farm_dev_db'), 'ok')
    const open = await stack.connect('hand', 'farm_dev_db')
    open.on('error', () => undefined)
    for (const none of [{ ...reader, access_level: 'none' }, { access_level: 'none' }]) {
      stack.applications = { farm: {}, hand: none }
      await stack.applyOk()
      t.is(await stack.answer('hand', 'SELECT FROM t', 'farm_dev_db'), DENIED)
      const held = await bed().server.sql(
        `SELECT has_database_privilege('hand_dev_user', current_database(), 'CONNECT') AS connect,
           has_table_privilege('hand_dev_user', 't', 'SELECT') AS read,
           (SELECT count(*)::int FROM pg_default_acl, aclexplode(defaclacl) a WHERE a.grantee = 'hand_dev_user'::regrole) AS later`,
        [],
        'farm_dev_db',
      )
      t.deepEqual(held, [{ connect: false, read: false, later: 0 }])
      t.is((await bed().server.sql(`SELECT FROM pg_stat_activity WHERE usename = 'hand_dev_user'`)).length, 0)
      t.deepEqual(await stack.plan(), [])
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    }
    stack.applications = { farm: {}, hand: reader }
    await stack.applyOk()
    t.is(await stack.answer('hand', 'SELECT FROM t', 'farm_dev_db'), 'ok')
    t.deepEqual(await stack.plan(), [])
  })
  test.serial(
    `${on}a member without rights of its own gets in while it is one, with each entry of its login`,
    async (t) => {
      const none = { access_level: 'none', database_of: 'barn' }
      const member = { ...none, member_of: ['barn'], username: 'barn_member' }
      const second = { login_of: 'member', database_of: 'silo', access_level: 'none' }
      const stack = bed().declare({ barn: {}, silo: {}, member, second })
      const gets = (database: string): Promise<string> => stack.answer('member', 'SELECT 1', database)
      await stack.applyOk()
      await stack.sql('barn', 'CREATE TABLE t (id int)')
      t.is(await stack.answer('member', 'SELECT FROM t', 'barn_dev_db'), 'ok')
      t.is(await gets('silo_dev_db'), 'ok')
      t.deepEqual(await stack.plan(), [])
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')

      // By hand, then put right.
      await stack.sql('barn', 'REVOKE CONNECT ON DATABASE barn_dev_db FROM barn_member')
      await stack.applyOk()
      t.is(await gets('barn_dev_db'), 'ok')

      stack.applications = { ...stack.applications, member: { ...member, member_of: [] } }
      const open = await stack.connect('member', 'silo_dev_db')
      open.on('error', () => undefined)
      await stack.applyOk()
      t.is(await gets('barn_dev_db'), DENIED)
      t.is(await gets('silo_dev_db'), DENIED)
      await t.throwsAsync(open.query('SELECT 1'))
      t.deepEqual(await stack.plan(), [])
    },
  )
}
