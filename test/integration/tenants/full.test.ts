/** A database whose connections are all taken cannot be looked into; nobody keeps what it has by filling one. */
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type pg from 'pg'
import { holdSessions } from '../../support/held-sessions.ts'
import { ANY_VERSION, bedFor, type Entry, type Stack } from '../../support/provision.ts'

const { keep, open: session } = holdSessions()

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  const guest = (name: string, level: string): Entry => ({ database_name: `${name}_dev_db`, access_level: level })

  const limitOf = async (database: string): Promise<unknown> => {
    const [row] = await bed().server.sql('SELECT datconnlimit FROM pg_database WHERE datname = $1', [database])
    return row?.['datconnlimit']
  }
  const mayWrite = async (login: string, database: string): Promise<unknown> => {
    const [row] = await bed().server.sql(
      `SELECT has_table_privilege($1, 'public.t', 'INSERT') AS may`,
      [login],
      database,
    )
    return row?.['may']
  }
  const provisioned = async (name: string, limit: number): Promise<Stack> => {
    const stack = bed().declare({
      [name]: { database_connection_limit: limit },
      [`${name}_ed`]: guest(name, 'editor'),
      [`${name}_x`]: {},
    })
    await stack.applyOk()
    await stack.sql(name, 'CREATE TABLE t (id int)')
    await stack.applyOk()
    return stack
  }

  test.serial(`${on}room for one look is made, and taken back; who is there stays`, async (t) => {
    const stack = await provisioned('room', 1)
    const client = await session(stack, 'room')
    stack.applications = { ...stack.applications, room: { ...stack.applications['room'], schemas: ['public', 'app'] } }
    const preview = await stack.preview()
    t.is(await limitOf('room_dev_db'), 1)
    t.regex(preview.moving.join('\n'), /inside of room_dev_db cannot be seen/)
    const { records, audit } = await stack.applyOk()
    t.is(audit.run.applications?.done, 3)
    t.deepEqual(
      records.filter(({ action }) => action === 'limit').map(({ message }) => message),
      [
        'connection limit of room_dev_db: 1 -> 11 while this run looks inside, since all its connections are taken',
        'connection limit of room_dev_db: 11 -> 1, since this run has looked inside',
      ],
    )
    t.is(await limitOf('room_dev_db'), 1)
    t.is((await client.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'app'`)).rowCount, 1)
  })

  test.serial(`${on}a login that fills its database again and again is lowered all the same`, async (t) => {
    const stack = await provisioned('rush', 3)
    const rush = { is: true }
    const lives = (client: pg.Client): Promise<boolean> =>
      client.query('SELECT 1').then(
        () => rush.is,
        () => false,
      )
    const client = async (): Promise<void> => {
      while (rush.is) {
        try {
          const held = keep(await stack.connect('rush_ed', 'rush_dev_db'))
          while (await lives(held)) await sleep(20)
          await held.end().catch(() => {})
        } catch {
          await sleep(5)
        }
      }
    }
    const clients = Array.from({ length: 20 }, client)
    await sleep(300)
    stack.applications = {
      ...stack.applications,
      rush_ed: guest('rush', 'reader'),
      rush_x: { connection_limit: 9 },
    }
    const started = Date.now()
    const { audit } = await stack.apply()
    const took = Date.now() - started
    rush.is = false
    await Promise.all(clients)
    t.is(await mayWrite('rush_ed_dev_user', 'rush_dev_db'), false)
    t.true((audit.run.applications?.done ?? 0) >= 1)
    t.is(audit.run.exit_code === 0, audit.run.applications?.done === 3)
    t.true(took < 15_000, `${String(took)} ms`)
    await stack.applyOk()
    t.is(await limitOf('rush_dev_db'), 3)
    t.is(await stack.answer('rush_ed', 'SELECT * FROM t', 'rush_dev_db'), 'ok')
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}where no room can be made, that application failed, and all others are done`, async (t) => {
    const stack = await provisioned('shut', 1)
    await session(stack, 'shut')
    const holder = keep(await stack.connect('shut', 'postgres'))
    await holder.query('BEGIN; ALTER DATABASE shut_dev_db CONNECTION LIMIT 1')
    stack.applications = { ...stack.applications, shut_x: { connection_limit: 9 } }
    const started = Date.now()
    const { audit, problems } = await stack.apply()
    t.true(Date.now() - started < 10_000)
    t.is(audit.run.exit_code, 1)
    t.deepEqual(audit.run.applications, { done: 1, blocked: [], failed: ['shut'], not_begun: ['shut_ed'] })
    t.deepEqual(
      problems.map(({ application }) => application),
      ['shut'],
    )
    const [row] = await bed().server.sql(`SELECT rolconnlimit FROM pg_roles WHERE rolname = 'shut_x_dev_user'`)
    t.is(row?.['rolconnlimit'], 9)
  })

  test.serial(`${on}a database that stays full is not said to be done, and what needs no look is done`, async (t) => {
    const stack = await provisioned('stuck', 1)
    const greedy = { is: true }
    const held: Promise<void>[] = []
    const fill = async (): Promise<void> => {
      while (greedy.is) {
        try {
          keep(await stack.connect('stuck'))
        } catch {
          await sleep(1)
        }
      }
    }
    for (let index = 0; index < 20; index += 1) held.push(fill())
    await sleep(300)
    await bed().server.sql(`GRANT CONNECT ON DATABASE stuck_dev_db TO PUBLIC`)
    stack.applications = { ...stack.applications, stuck_ed: { ...guest('stuck', 'reader'), connection_limit: 4 } }
    const { audit, problems } = await stack.apply()
    greedy.is = false
    await Promise.all(held)
    const [row] = await bed().server.sql(
      `SELECT rolconnlimit, has_database_privilege('public', 'stuck_dev_db', 'CONNECT') AS open,
         has_database_privilege('stuck_ed_dev_user', 'stuck_dev_db', 'TEMPORARY') AS temporary
       FROM pg_roles WHERE rolname = 'stuck_ed_dev_user'`,
    )
    t.deepEqual(row, { rolconnlimit: 4, open: false, temporary: false })
    t.is(audit.run.exit_code, 1)
    t.is(audit.run.applications?.done, 1)
    t.deepEqual(
      problems.map(({ application, code }) => [application, code]),
      [['stuck', 'unseen_database']],
    )
    t.regex(problems[0]?.message ?? '', /stuck_dev_user ×11/)
    t.is(await limitOf('stuck_dev_db'), 1)
  })
}
