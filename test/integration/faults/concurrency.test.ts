/** One lock per instance: many processes at once, and one truth. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'

import test, { type ExecutionContext } from 'ava'
import { ANY_VERSION, type Bed, bedFor, type Entry, type Stack } from '../../support/provision.ts'
import { COMPLETE, count, IS_WHOLE } from '../../support/faults/intensity.ts'
import { lockHolders } from '../../support/faults/moments.ts'
import { quiet } from '../../support/faults/truth.ts'
import { join } from 'node:path'

const LOCK_KEY = '8242267087886938998'
/** In a sample, each kind of declarations once at the most. */
const SAMPLE = IS_WHOLE ? 3 : 2
const SHOP: Record<string, Entry> = {
  shop: { schemas: ['public', 'mart'] },
  ed: { database_name: 'shop_dev_db', access_level: 'editor' },
}
const OTHER_ADMIN = 'platform/dev/rds/other'

/** Processes of the bundle, all at once. */
async function atOnce(t: ExecutionContext, stacks: readonly Stack[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-many-'))
  try {
    const ended = await Promise.all(
      stacks.map((stack, index) => stack.bundle(['apply', '--audit-file', join(folder, `${String(index)}.json`)])),
    )
    t.deepEqual(
      ended.filter(({ code }) => code !== 0).map(({ stdout, stderr }) => stdout + stderr),
      [],
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function wipe({ server }: Bed): Promise<void> {
  const databases = await server.sql(`SELECT quote_ident(datname) AS name FROM pg_database WHERE datname ~ '_dev_db$'`)
  for (const { name } of databases) await server.sql(`DROP DATABASE ${String(name)} WITH (FORCE)`)
  const roles = await server.sql(`SELECT quote_ident(rolname) AS name FROM pg_roles WHERE rolname ~ '_dev_user$'`)
  for (const { name } of roles) await server.sql(`DROP ROLE ${String(name)}`)
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(
    `${on}six processes with the same, overlapping and disjoint declarations, again and again: no error, one truth`,
    async (t) => {
      t.timeout(600_000)
      const rounds = IS_WHOLE && COMPLETE.includes(version) ? 20 : SAMPLE
      for (let round = 0; round < rounds; round += 1) {
        await wipe(bed())
        const kinds: readonly ((index: number) => Record<string, Entry>)[] = [
          () => SHOP,
          (index) => ({ ...SHOP, [`own${String(index)}`]: {} }),
          (index) => ({
            [`own${String(index)}`]: {},
            [`two${String(index)}`]: { access_level: 'reader', database_name: `own${String(index)}_dev_db` },
          }),
        ]
        const make = kinds[round % kinds.length] ?? kinds[0]
        const isDisjoint = round % kinds.length === 2
        const shared = bed().declare({})
        const stacks = Array.from({ length: 6 }, (_unused, index) => {
          const { stack, secret_prefix } = shared.variables
          const one = bed().declare(make?.(index) ?? {}, isDisjoint ? {} : { stack, secret_prefix })
          return one
        })
        for (const [name] of Object.entries(SHOP))
          if (!isDisjoint) for (const stack of stacks) stack.setPassword(name, `Pw_${name}`)
        await atOnce(t, stacks)
        for (const stack of stacks) t.deepEqual(await stack.plan(), [])
        await quiet(bed().server)
        t.is(await lockHolders(bed().server), 0)
        count('rounds', 'six processes at once')
        count('processes', 'of these rounds', stacks.length)
      }
    },
  )

  test.serial(
    `${on}two stacks with different admins take the same lock, in whichever database they connect to`,
    async (t) => {
      await wipe(bed())
      const { server, aws } = bed()
      await server.sql(`CREATE ROLE other_admin LOGIN CREATEDB CREATEROLE PASSWORD 'Pw_other'`)
      await server.sql('GRANT pg_signal_backend, pg_read_all_stats TO other_admin')
      aws.putLogin(OTHER_ADMIN, 'other_admin', 'Pw_other')
      const one = bed().declare({ one: {} })
      const two = bed().declare(
        { two: {} },
        {
          admin_secret_id: OTHER_ADMIN,
          instance: { host: server.host, port: server.port, identifier: 'db-1', database: 'template1' },
        },
      )
      for (let round = 0; round < 2; round += 1) await atOnce(t, [one, two, one, two])
      const lines: string[] = []
      const holder = await server.connect({ user: 'other_admin', password: 'Pw_other', database: 'postgres' })
      await holder.query(
        `SET application_name = 'rds-provision 2026-01-01T00:00:00Z run 7'; SELECT pg_advisory_lock(${LOCK_KEY})`,
      )
      const { audit } = await bed()
        .declare({ one: {} }, { ...one.variables, lock_timeout: 1 })
        .apply({ progress: (line) => lines.push(line) })
      await holder.end()
      t.is(audit.run.exit_code, 1)
      t.regex(audit.run.error ?? '', /2026-01-01T00:00:00Z run 7 \(login other_admin\); waited 1 s/)
      t.regex(lines.join('\n'), /waiting for the instance's lock.*2026-01-01T00:00:00Z run 7/)
    },
  )

  test.serial(
    `${on}a holder that is no admin is ended; the same key in its own database keeps nobody waiting and is nobody's name`,
    async (t) => {
      await wipe(bed())
      const stack = bed().declare({ shop: {} })
      await stack.applyOk()
      const own = await stack.connect('shop')
      await own.query(`SELECT pg_advisory_lock(${LOCK_KEY})`)
      t.is((await stack.apply()).audit.run.outcome, 'no_change')
      const master = await bed().server.connect({ ...bed().server.master, database: 'postgres' })
      await master.query(`SET application_name = 'the real one'; SELECT pg_advisory_lock(${LOCK_KEY})`)
      stack.variables = { ...stack.variables, lock_timeout: 1 }
      t.regex((await stack.apply()).audit.run.error ?? '', /held by the real one/)
      await master.end()
      await bed().server.sql('GRANT CONNECT ON DATABASE postgres TO shop_dev_user')
      const thief = await stack.connect('shop', 'postgres')
      thief.on('error', () => {}) // ended by the run
      await thief.query(`SELECT pg_advisory_lock(${LOCK_KEY})`)
      const { audit, records } = await stack.apply()
      t.is(audit.run.exit_code, 0, audit.run.error ?? '')
      t.true(records.some(({ action, status }) => action === 'disconnect' && status === 'warning'))
      await own.end()
      await bed().server.sql('REVOKE CONNECT ON DATABASE postgres FROM shop_dev_user')
    },
  )

  test.serial(`${on}without the database postgres the lock lives where the admin connects to`, async (t) => {
    await wipe(bed())
    const { server } = bed()
    const instance = { host: server.host, port: server.port, identifier: 'db-1', database: 'lobby' }
    await server.sql('CREATE DATABASE lobby')
    await server.forget('postgres')
    await server.sql('DROP DATABASE postgres', [], 'lobby')
    try {
      const stack = bed().declare({ shop: {} }, { instance })
      const { audit } = await stack.apply()
      t.is(audit.run.exit_code, 0, audit.run.error ?? '')
      const holder = await server.connect({ ...server.admin, database: 'lobby' })
      await holder.query(`SELECT pg_advisory_lock(${LOCK_KEY})`)
      stack.variables = { ...stack.variables, lock_timeout: 1 }
      t.regex((await stack.apply()).audit.run.error ?? '', /lock is held/)
      await holder.end()
    } finally {
      await server.sql('CREATE DATABASE postgres OWNER dbmaster', [], 'lobby')
      await server.forget('lobby')
    }
  })
}
