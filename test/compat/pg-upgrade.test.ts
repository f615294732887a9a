/**
 * Servers that are really upgraded (src/README.md: Major upgrades), by pg_upgrade or by dump and load, prepared and not.
 * `npm run test:compat -- postgres`
 */
import test from 'ava'
import { Bed, type Entry, type Stack } from '../support/provision.ts'
import { helperRows, MASTER_SECRET, membershipsIn, putMaster } from '../support/major-upgrade.ts'
import type { PostgresVersion } from '../support/postgres.ts'
import { upgradeByDump, upgradeByProgram } from '../support/compat/pg-upgrade.ts'

interface Way {
  readonly from: PostgresVersion
  readonly to: PostgresVersion
  readonly by: 'pg_upgrade' | 'dump and load'
}

const WAYS: readonly Way[] = [
  { from: 14, to: 16, by: 'pg_upgrade' },
  { from: 15, to: 16, by: 'pg_upgrade' },
  { from: 15, to: 17, by: 'dump and load' },
  { from: 16, to: 18, by: 'pg_upgrade' },
]

const ENTRIES: Readonly<Record<string, Entry>> = {
  shop: {},
  'shop-read': { database_name: 'shop_dev_db', access_level: 'reader' },
  leaver: { cleanup_policy: 'delete' },
}

async function upgrade(bed: Bed, { to, by }: Way): Promise<void> {
  const { server } = bed
  await server.upgrade(to, async (folder, old) => {
    if (by === 'dump and load') await upgradeByDump(server.port, folder, old, to)
    else if (to === 16 || to === 18) await upgradeByProgram(folder, old, to)
    else throw new Error(`there is no pg_upgrade of ${String(to)}`)
  })
}

/** What the admin holds on each login of the stack. */
async function adminRows(bed: Bed, stack: Stack): Promise<unknown[]> {
  const rows = await Promise.all(Object.keys(ENTRIES).map((name) => membershipsIn(bed.server, stack.username(name))))
  return rows.flat().filter(({ member }) => member === bed.server.admin.user)
}

for (const way of WAYS) {
  const { from, to, by } = way
  const on = `PostgreSQL ${String(from)} to ${String(to)} by ${by}: `

  test.serial(`${on}prepared, everything goes on by itself`, async (t) => {
    t.timeout(600_000)
    const bed = await Bed.start({ version: from })
    try {
      putMaster(bed)
      const stack = bed.declare(ENTRIES, { master_secret_id: MASTER_SECRET, prepare_major_upgrade: true })
      await stack.applyOk()
      await stack.sql('shop', "CREATE TABLE kept AS SELECT 'here' AS what")
      t.is((await helperRows(bed.server)).length, from < 16 ? 3 : 0)
      await upgrade(bed, way)

      const { records } = await stack.applyOk()
      t.is(
        records.filter(({ object, action, status }) => object === 'admin' && action === 'grant' && status === 'created')
          .length,
        from < 16 ? 3 : 0,
      )
      const rows = await adminRows(bed, stack)
      const grantor = from < 16 ? 'platform_provisioner_upgrade' : 'rdsadmin'
      t.is(rows.length, 3)
      for (const row of rows) t.like(row, { grantor, admin: true, inherit: false, set: false })
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
      t.deepEqual(await stack.sql('shop-read', 'SELECT what FROM kept'), [['here']])

      stack.applications = { ...ENTRIES, shop: { connection_limit: 7 }, late: {} }
      stack.setPassword('shop', 'another one')
      await stack.applyOk()
      t.is(await stack.answer('shop', 'SELECT 1'), 'ok')
      await stack.destroyOk('leaver')
      t.deepEqual(await bed.server.sql(`SELECT FROM pg_roles WHERE rolname = '${stack.username('leaver')}'`), [])
      t.is(await stack.answer('late', 'SELECT 1'), 'ok')
    } finally {
      await bed.stop()
    }
  })

  if (from < 16) {
    test.serial(
      `${on}not prepared, what the server refuses the master is told, and a superuser's grant mends it`,
      async (t) => {
        t.timeout(600_000)
        const bed = await Bed.start({ version: from })
        try {
          putMaster(bed)
          const stack = bed.declare(ENTRIES, { master_secret_id: MASTER_SECRET })
          await stack.applyOk()
          await upgrade(bed, way)
          t.deepEqual(await adminRows(bed, stack), [])
          const { audit, problems } = await stack.apply()
          t.is(audit.run.exit_code, 4)
          t.deepEqual(problems.map(({ application, code }) => [application, code]).sort(), [
            ['leaver', 'missing_right'],
            ['shop', 'missing_right'],
            ['shop-read', 'missing_right'],
          ])
          for (const { message } of problems) t.regex(message, /older than the server's upgrade.*the server refused: /)
          t.is(await stack.answer('shop', 'SELECT 1'), 'ok', 'nobody lost anything')
          for (const name of Object.keys(ENTRIES))
            await bed.server.sql(`GRANT ${stack.username(name)} TO dbmaster WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`)
          await stack.applyOk()
          for (const row of await adminRows(bed, stack)) t.like(row, { grantor: 'dbmaster', admin: true, set: false })
          t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
        } finally {
          await bed.stop()
        }
      },
    )
  }
}
