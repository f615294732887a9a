/** A database that a person keeps shut is opened for a look, and is shut again when the removal ends. */
import test from 'ava'
import { holdSessions } from '../../support/held-sessions.ts'
import { type Bed, bedFor, VERSIONS } from '../../support/provision.ts'
import { startProxy } from '../../support/proxy.ts'
import { followAll } from '../../support/remedies.ts'
import { leftMemberships, told } from '../../support/removal.ts'

const { keep } = holdSessions()
const GUEST = { database_name: 'shop_dev_db', access_level: 'reader', cleanup_policy: 'delete' }
const SHUT = 'ALTER DATABASE shop_dev_db ALLOW_CONNECTIONS false CONNECTION LIMIT 0'
/** What the removal says of it, in the order of its records. */
const DOOR = ['guest database reopen updated', 'guest database close updated']

async function doorOf({ server }: Bed): Promise<unknown> {
  return server.sql(
    `SELECT datallowconn, datconnlimit, (SELECT count(*)::int FROM pg_roles WHERE rolname = 'guest_dev_user') AS guests
     FROM pg_database WHERE datname = 'shop_dev_db'`,
  )
}

/** The application’s session in `postgres` that waits until the database lets people in, and holds its row then. */
const HOLD_ONCE_OPEN = `
  DO $$ BEGIN
    LOOP
      EXIT WHEN EXISTS (SELECT FROM pg_database WHERE datname = 'shop_dev_db' AND datallowconn);
      IF clock_timestamp() > now() + interval '60 s' THEN RAISE 'nobody opened it'; END IF;
    END LOOP;
    ALTER DATABASE shop_dev_db IS_TEMPLATE false;
  END $$`

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(`${on}it is shut again once the guest is gone, and where the guest is blocked`, async (t) => {
    const stack = bed().declare({ shop: {}, guest: GUEST }, { stack: 'shut' })
    await stack.applyOk()
    await stack.sql('shop', 'CREATE TABLE orders (id int)')
    await bed().server.forget('shop_dev_db')
    await bed().server.sql('CREATE SCHEMA theirs AUTHORIZATION guest_dev_user', [], 'shop_dev_db')
    await bed().server.forget('shop_dev_db')
    await bed().server.sql(SHUT)
    const blocked = await stack.destroy('guest')
    t.is(blocked.audit.run.exit_code, 4)
    t.deepEqual(await doorOf(bed()), [{ datallowconn: false, datconnlimit: 0, guests: 1 }])
    t.deepEqual(
      told(blocked).filter((line) => DOOR.includes(line)),
      DOOR,
    )

    await bed().server.sql('ALTER DATABASE shop_dev_db ALLOW_CONNECTIONS true')
    await bed().server.sql('DROP SCHEMA theirs', [], 'shop_dev_db')
    await bed().server.forget('shop_dev_db')
    await bed().server.sql(SHUT)
    const gone = await stack.destroyOk('guest')
    t.deepEqual(await doorOf(bed()), [{ datallowconn: false, datconnlimit: 0, guests: 0 }])
    t.deepEqual(
      told(gone).filter((line) => DOOR.includes(line)),
      DOOR,
    )
    t.deepEqual(await leftMemberships(bed()), [])
  })

  test.serial(`${on}one that cannot be shut again is told, with what shuts it`, async (t) => {
    // Whoever waits for it is faster than the run.
    const proxy = await startProxy(bed().server.port, 25)
    t.teardown(() => proxy.close())
    const instance = { host: 'localhost', port: proxy.port, identifier: 'db-1' }
    const stack = bed().declare({ shop: {}, guest: GUEST }, { instance, stack: 'shut' })
    await stack.applyOk()
    await bed().server.forget('shop_dev_db')
    await bed().server.sql(SHUT)
    const holder = keep(await stack.connect('shop', 'postgres'))
    await holder.query('BEGIN')
    const held = holder.query(HOLD_ONCE_OPEN)
    const { audit, problems } = await stack.destroy('guest')
    await held
    await holder.query('ROLLBACK')
    t.is(audit.run.exit_code, 1)
    t.deepEqual(
      problems.map(({ application, code }) => [application, code]),
      [
        // The guest's CONNECT stands in the same row.
        ['guest', 'statement_failed'],
        ['guest', 'left_open'],
      ],
    )
    const [, left] = problems
    t.regex(left?.message ?? '', /shop_dev_db .*may still be open\. What failed: .*lock timeout/)
    t.deepEqual(await doorOf(bed()), [{ datallowconn: true, datconnlimit: -1, guests: 1 }])
    t.is(await followAll(bed(), left?.remedy ?? ''), 1)
    t.deepEqual(await doorOf(bed()), [{ datallowconn: false, datconnlimit: 0, guests: 1 }])
    await stack.destroyOk('guest')
    t.deepEqual(await doorOf(bed()), [{ datallowconn: false, datconnlimit: 0, guests: 0 }])
  })
}
