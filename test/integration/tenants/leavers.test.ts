/** Whoever leaves gets in no more, whatever it does against it (src/README.md: Removal). */
import { readFile } from 'node:fs/promises'
import test from 'ava'
import pg from 'pg'
import { until } from '../../support/faults/moments.ts'
import { holdSessions } from '../../support/held-sessions.ts'
import { type Bed, bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'

const DELETED: Entry = { cleanup_policy: 'delete' }
const LONGEST_MS = 10_000

const { keep, open: session } = holdSessions()

/** Asks to be kept in start-up for a minute; nobody sees it in pg_stat_activity meanwhile. */
async function hide(bed: Bed, stack: Stack, application: string, database: string): Promise<pg.Client> {
  const client = keep(
    new pg.Client({
      host: 'localhost',
      port: bed.server.port,
      user: stack.username(application),
      password: stack.password(application),
      database,
      ssl: { ca: await readFile(bed.server.caFile, 'utf8') },
      options: '-c post_auth_delay=60',
    }),
  )
  client.connect().catch(() => {})
  await until('a session hides', async () => (await hidden(bed)) > 0)
  return client
}

async function hidden({ server }: Bed): Promise<number> {
  const rows = await server.sql(`SELECT FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'virtualxid' AND a.usesysid IS NULL AND coalesce(a.backend_type, 'client backend') = 'client backend'`)
  return rows.length
}

/** Does this again and again over new sessions, whatever becomes of it; the result ends it. */
function loop(stack: Stack, application: string, database: string, statement: string): () => Promise<void> {
  let isOn = true
  const all = Array.from({ length: 2 }, async () => {
    while (isOn) {
      const client = await stack.connect(application, database).catch(() => null)
      if (client === null) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        continue
      }
      client.on('error', () => {})
      await client.query(statement).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 50))
      await client.end().catch(() => {})
    }
  })
  return async () => {
    isOn = false
    await Promise.all(all)
  }
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  const canEnter = (stack: Stack, application: string): Promise<boolean> =>
    bed().server.canLogin(stack.username(application), stack.password(application))

  test.serial.before(`${on}RDS knows the instance`, () => {
    bed().aws.putInstance('db-1')
  })

  test.serial(
    `${on}large objects elsewhere block the leaver alone, by name; its login stays closed, and the next run ends it`,
    async (t) => {
      const stack = bed().declare({ crm: DELETED, beta: DELETED, gamma: {} }, { build_id: 'build-lo' })
      await stack.applyOk()
      await stack.sql('crm', 'SELECT lo_create(4711)', 'template1')
      stack.variables = { ...stack.variables, build_id: 'build-lo' }
      const writer = await session(stack, 'crm')
      for (let run = 0; run < 2; run += 1) {
        const { audit, problems, records } = await stack.destroy('crm')
        t.is(audit.run.exit_code, 4, audit.run.error ?? '')
        t.deepEqual(
          problems.map(({ application, code }) => [application, code]),
          [['crm', 'removal_obstacle']],
        )
        t.regex(
          problems[0]?.message ?? '',
          /crm_dev_user owns large object 4711 in database template1\. crm_dev_user can no longer log in; the next run tries again\./,
        )
        t.is(
          records.some(({ action }) => action === 'close'),
          run === 0,
        )
        t.false(await canEnter(stack, 'crm'))
        await t.throwsAsync(writer.query('SELECT 1'))
      }
      t.is(await stack.answer('gamma', 'SELECT 1'), 'ok')
      await bed().server.sql('SELECT lo_unlink(4711)', [], 'template1')
      await bed().server.forget('template1')
      await stack.destroyOk('crm')
      await stack.destroyOk('beta')
    },
  )

  test.serial(`${on}of several that leave, the one that is blocked stays, and the others go`, async (t) => {
    const stack = bed().declare({ goes: DELETED, stays: DELETED }, { build_id: 'build-two' })
    await stack.applyOk()
    await stack.sql('stays', 'SELECT lo_create(4712)', 'postgres')
    const { audit, records } = await stack.destroy({ by: 'build-id', value: 'build-two' })
    t.is(audit.run.exit_code, 4)
    t.deepEqual(audit.run.error?.match(/large object \d+/g), ['large object 4712'])
    t.true(
      records.some(
        ({ application, action, object }) => application === 'goes' && action === 'drop' && object === 'database',
      ),
    )
    const left = await bed().server.sql(
      `SELECT datname::text AS name, datallowconn AS open FROM pg_database WHERE datname ~ '^(goes|stays)_'`,
    )
    t.deepEqual(left, [{ name: 'stays_dev_db', open: true }])
    t.false(await canEnter(stack, 'stays'))
    await bed().server.sql('SELECT lo_unlink(4712)')
    await stack.destroyOk({ by: 'build-id', value: 'build-two' })
  })

  test.serial(`${on}loops that make objects, reconnect and alter their own role delay no removal`, async (t) => {
    const stack = bed().declare({ crm: DELETED, gamma: {} })
    await bed().server.sql(`DROP DATABASE IF EXISTS gamma_dev_db WITH (FORCE)`)
    await bed().server.sql(`DROP ROLE IF EXISTS gamma_dev_user`)
    await stack.applyOk()
    const stops = [
      loop(stack, 'crm', 'postgres', `BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'other'; SELECT pg_sleep(60)`),
      loop(stack, 'crm', 'crm_dev_db', 'SELECT lo_create(0)'),
    ]
    try {
      await until(
        'the role is held',
        async () =>
          (
            await bed().server.sql(
              `SELECT FROM pg_stat_activity WHERE usename = 'crm_dev_user' AND query ~ 'ALTER ROLE'`,
            )
          ).length > 0,
      )
      const started = Date.now()
      const outcome = await stack.destroy('crm')
      t.is(outcome.audit.run.exit_code, 0, outcome.audit.run.error ?? '')
      t.true(Date.now() - started < LONGEST_MS, String(Date.now() - started))
    } finally {
      await Promise.all(stops.map((stop) => stop()))
    }
    t.is(await stack.answer('gamma', 'SELECT 1'), 'ok')
  })

  test.serial(`${on}a session that hides in start-up ends before anything is called closed`, async (t) => {
    const stack = bed().declare({ crm: DELETED, gamma: {} }, { stack: 'hiders' })
    await bed().server.sql(`DROP DATABASE IF EXISTS gamma_dev_db WITH (FORCE)`)
    await bed().server.sql(`DROP ROLE IF EXISTS gamma_dev_user`)
    await stack.applyOk()
    await stack.sql('crm', 'SELECT lo_create(4713)', 'postgres')
    await hide(bed(), stack, 'crm', 'postgres')
    const started = Date.now()
    t.is((await stack.destroy('crm')).audit.run.exit_code, 4)
    t.true(Date.now() - started < LONGEST_MS)
    t.is(await hidden(bed()), 0)
    await bed().server.sql('SELECT lo_unlink(4713)')
    await stack.destroyOk('crm')
  })

  test.serial(
    `${on}members of an owner that leaves lose their membership and sessions, with what they had taken on`,
    async (t) => {
      const stack = bed().declare({ crm: DELETED, gamma: {} }, { stack: 'members' })
      await bed().server.sql(`DROP DATABASE IF EXISTS gamma_dev_db WITH (FORCE)`)
      await bed().server.sql(`DROP ROLE IF EXISTS gamma_dev_user`)
      await stack.applyOk()
      await bed().server.sql(`SET ROLE platform_provisioner; GRANT crm_dev_user TO gamma_dev_user; RESET ROLE`)
      await stack.sql('crm', 'SELECT lo_create(4714)', 'postgres')
      const member = await session(stack, 'gamma', 'postgres')
      await member.query('SET ROLE crm_dev_user')
      const { audit, records } = await stack.destroy('crm')
      t.is(audit.run.exit_code, 4, audit.run.error ?? '')
      await t.throwsAsync(member.query('SELECT 1'))
      t.is(await stack.answer('gamma', 'SET ROLE crm_dev_user', 'postgres'), '42501')
      t.true(
        records.some(
          ({ message }) =>
            message === 'gamma_dev_user is no member of crm_dev_user any more, granted by platform_provisioner',
        ),
      )
      await bed().server.sql('SELECT lo_unlink(4714)')
      await stack.destroyOk('crm')
    },
  )
}
