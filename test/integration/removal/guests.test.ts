/** An editor or reader that leaves together with its database's owner, under the policy that makes a snapshot first. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { until } from '../../support/faults/moments.ts'
import { bedFor, VERSIONS } from '../../support/provision.ts'

const GUEST = { database_name: 'shop_dev_db', access_level: 'reader', cleanup_policy: 'snapshot-and-delete' }
/** As another removal shows that it keeps the database closed on purpose. */
const KEY = 'oid::int8::bit(32)::int4'
const CLOSED = `SELECT pg_advisory_lock_shared(1919185778, ${KEY}) FROM pg_database WHERE datname = 'shop_dev_db'`

for (const version of VERSIONS) {
  const bed = bedFor(version)

  test.serial(
    `whoever waits for a closed database on ${String(version)} does not keep its snapshot waiting`,
    async (t) => {
      const { server } = bed()
      const stack = bed().declare({ shop: {}, guest: GUEST })
      await stack.applyOk()
      await server.forget('shop_dev_db')
      await server.sql(CLOSED)
      await server.sql('ALTER DATABASE shop_dev_db ALLOW_CONNECTIONS false')
      stack.applications = { guest: GUEST }
      const folder = await mkdtemp(join(tmpdir(), 'rds-provision-guests-'))
      t.teardown(() => rm(folder, { recursive: true, force: true }))
      const removal = stack.launch(['destroy', '--application', 'guest', '--audit-file', join(folder, 'audit.json')])
      await until('the removal waits', () =>
        removal.output().includes('waiting for shop_dev_db, which another removal may keep closed'),
      )
      t.deepEqual(
        await server.sql(
          `SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'rds-provision removal pending %'`,
        ),
        [],
      )
      await server.sql('ALTER DATABASE shop_dev_db ALLOW_CONNECTIONS true')
      await server.sql(CLOSED.replace('lock_shared', 'unlock_shared'))
      t.is((await removal.ended).code, 0)
      t.deepEqual(
        await server.sql(`SELECT rolname FROM pg_roles WHERE rolname IN ('shop_dev_user', 'guest_dev_user')`),
        [{ rolname: 'shop_dev_user' }],
      )
    },
  )
}
