/** Tenants on the key of the instance's lock (src/README.md: Locks and signs of others): they are ended, and told. */
import { readFile } from 'node:fs/promises'
import test from 'ava'
import type pg from 'pg'
import { holdSessions } from '../../support/held-sessions.ts'
import { ANY_VERSION, type Bed, bedFor, type Stack } from '../../support/provision.ts'

const KEY = '8242267087886938998'
/** One stack throughout: what an earlier test declared is an orphan of it. */
const TENANTS = { stack: 'tenants', secret_prefix: 'tenants' }
/** A run that was held up may take so much longer. */
const LONGEST_MS = 5_000

const { open } = holdSessions()

/** A session in `postgres` that is told to be ended. */
async function squatter(stack: Stack, application: string, take: string): Promise<pg.Client> {
  const client = await open(stack, application, 'postgres')
  void client.query(take).catch(() => {})
  return client
}

/** Comes back as soon as it is ended, `sessions` times at once; the result ends it. */
function loop(stack: Stack, application: string, take: string, sessions: number): () => Promise<void> {
  let isOn = true
  const one = async (): Promise<void> => {
    while (isOn) {
      const client = await stack.connect(application, 'postgres').catch(() => null)
      if (client === null) continue
      const ended = new Promise<void>((resolve) => client.once('end', resolve))
      client.on('error', () => {})
      await client.query(take).catch(() => {})
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, isOn ? 200 : 0))])
      await client.end().catch(() => {})
    }
  }
  const all = Array.from({ length: sessions }, one)
  return async () => {
    isOn = false
    await Promise.all(all)
  }
}

/** How many hold the key; the squatter's statement may still be under way. */
async function holds({ server }: Bed): Promise<number> {
  for (const until = Date.now() + 5_000; ;) {
    const rows = await server.sql(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted`)
    if (rows.length > 0 || Date.now() > until) return rows.length
  }
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  const takes = {
    exclusive: `SELECT pg_advisory_lock(${KEY})`,
    shared: `SELECT pg_advisory_lock_shared(${KEY})`,
    'of a transaction': `BEGIN; SELECT pg_advisory_xact_lock(${KEY})`,
  }

  for (const [title, take] of Object.entries(takes))
    test.serial(
      `${on}a tenant that holds the lock's key (${title}) is ended with a record, and the run goes on`,
      async (t) => {
        const stack = bed().declare({ beta: {}, gamma: {} }, TENANTS)
        await stack.applyOk()
        stack.applications = { ...stack.applications, delta: {} }
        await squatter(stack, 'beta', take)
        const other = await squatter(stack, 'gamma', 'SELECT pg_advisory_lock(1919185778, 1)')
        t.is(await holds(bed()), 1)
        const started = Date.now()
        const { records, audit } = await stack.applyOk()
        t.true(Date.now() - started < LONGEST_MS)
        const told = records.filter(({ object, action }) => object === 'login' && action === 'disconnect')
        t.deepEqual(
          told.map(({ application, username, status }) => [application, username, status]),
          [['beta', 'beta_dev_user', 'warning']],
        )
        t.regex(
          told[0]?.message ?? '',
          /1 session\(s\) of beta_dev_user ended.*REVOKE CONNECT ON DATABASE "postgres" FROM PUBLIC;/,
        )
        t.is(audit.run.outcome, 'changed')
        t.is(await stack.answer('delta', 'SELECT 1'), 'ok')
        t.is((await other.query('SELECT 1')).rowCount, 1)
      },
    )

  test.serial(
    `${on}tenants that come back in a loop keep no run waiting, and a login of another stack is told by its name`,
    async (t) => {
      const stack = bed().declare({ shop: {} }, TENANTS)
      const others = bed().declare({ far: {} }, { stack: 'others', secret_prefix: 'others' })
      await stack.applyOk()
      await others.applyOk()
      const stops = [loop(others, 'far', takes.exclusive, 3), loop(stack, 'shop', takes.shared, 2)]
      try {
        for (let round = 0; round < 3; round += 1) {
          const started = Date.now()
          const { audit, records } = await stack.apply()
          t.is(audit.run.exit_code, 0, audit.run.error ?? '')
          t.true(Date.now() - started < LONGEST_MS, `${String(Date.now() - started)} ms`)
          const far = records.find(({ username }) => username === 'far_dev_user')
          if (far !== undefined) {
            t.is(far.application, null)
            t.regex(far.message, /far_dev_user \(application far of stack /)
          }
        }
      } finally {
        await Promise.all(stops.map((stop) => stop()))
      }
    },
  )

  test.serial(
    `${on}a run of the master or of another admin is never ended, nor a run that waits behind a tenant`,
    async (t) => {
      const stack = bed().declare({ shop: {} }, { ...TENANTS, lock_timeout: 2 })
      await stack.applyOk()
      const master = await bed().server.connect({ ...bed().server.master, database: 'postgres' })
      await master.query(`SET application_name = 'the real one'; SELECT pg_advisory_lock(${KEY})`)
      await squatter(stack, 'shop', takes.shared)
      const { audit, records } = await stack.apply()
      t.regex(audit.run.error ?? '', /held by the real one/)
      t.true(records.some(({ username, status }) => username === 'shop_dev_user' && status === 'warning'))
      t.is((await master.query('SELECT 1')).rowCount, 1)
      await master.end()
    },
  )

  test.serial(`${on}without the right to end it, the run says who holds the key and what to do`, async (t) => {
    const stack = bed().declare({ shop: {} }, { ...TENANTS, lock_timeout: 1 })
    await stack.applyOk()
    await bed().server.sql('SET ROLE dbmaster; REVOKE pg_signal_backend FROM platform_provisioner; RESET ROLE')
    await squatter(stack, 'shop', takes.exclusive)
    const refused = await stack.apply()
    t.is(refused.audit.run.exit_code, 1)
    t.regex(
      refused.audit.run.error ?? '',
      /held by shop_dev_user, which is no admin.*as the master: GRANT "pg_signal_backend" TO "platform_provisioner"; .*REVOKE CONNECT ON DATABASE "postgres" FROM PUBLIC;/,
    )
    await bed().server.sql('SET ROLE dbmaster; GRANT pg_signal_backend TO platform_provisioner; RESET ROLE')
    t.is((await stack.apply()).audit.run.exit_code, 0)
  })

  test.serial(
    `${on}with postgres shut to PUBLIC as the guide says, no tenant gets at the key, and runs go on`,
    async (t) => {
      const stack = bed().declare({ shop: {} }, TENANTS)
      await stack.applyOk()
      const guide = await readFile(new URL('../../../terraform-module/docs/runner.md', import.meta.url), 'utf8')
      const [, statements = ''] = /```sql\n(REVOKE CONNECT[^`]*)```/.exec(guide) ?? []
      const master = await bed().server.connect({ ...bed().server.master, database: 'postgres' })
      await master.query(statements)
      t.is(await stack.answer('shop', 'SELECT 1', 'postgres'), '42501')
      t.is((await stack.apply()).audit.run.outcome, 'no_change')
      await master.query('GRANT CONNECT ON DATABASE postgres TO PUBLIC')
      await master.end()
    },
  )
}

const PREPARED = bedFor(16, { settings: { max_prepared_transactions: '5' } })

test.serial('a prepared transaction on the key has no session: it is named, with what its owner runs', async (t) => {
  const stack = PREPARED().declare({ shop: {} }, { ...TENANTS, lock_timeout: 1 })
  await stack.applyOk()
  await stack.sql('shop', `BEGIN; SELECT pg_advisory_xact_lock(${KEY}); PREPARE TRANSACTION 'it''s mine'`, 'postgres')
  const { audit } = await stack.apply()
  t.regex(
    audit.run.error ?? '',
    /held by the prepared transaction it's mine of shop_dev_user.*As shop_dev_user, in postgres: ROLLBACK PREPARED 'it''s mine';/,
  )
  await stack.sql('shop', `ROLLBACK PREPARED 'it''s mine'`, 'postgres')
  t.is((await stack.apply()).audit.run.exit_code, 0)
})
