/** What a database that is kept shut, and opened for a removal's look, does to what goes on beside it. */
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { planSteps } from '../../../src/model/step.ts'
import type { ClosedForSnapshot } from '../../../src/run/context.ts'
import { until } from '../../support/faults/moments.ts'
import { holdSessions } from '../../support/held-sessions.ts'
import { ANY_VERSION, bedFor, type Entry, type Outcome } from '../../support/provision.ts'
import { type Proxy, startProxy } from '../../support/proxy.ts'

const { keep } = holdSessions()
const PASSWORD = 'Pw_of_somebody_else'
const guestOf = (database_name: string): Entry => ({ database_name, access_level: 'reader', cleanup_policy: 'delete' })

/** Records about a database’s door, as `application action status database`. */
function doorsOf({ records }: Outcome): string[] {
  return records
    .filter(({ object, action }) => object === 'database' && ['reopen', 'close'].includes(action))
    .map(({ application, action, status, database }) => [application, action, status, database].join(' '))
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  async function shut(database: string): Promise<void> {
    await bed().server.forget(database)
    await bed().server.sql(`ALTER DATABASE ${database} ALLOW_CONNECTIONS false CONNECTION LIMIT 0`)
  }
  async function isOpen(database: string): Promise<boolean> {
    const rows = await bed().server.sql('SELECT FROM pg_database WHERE datname = $1 AND datallowconn', [database])
    return rows.length > 0
  }
  async function logins(...names: readonly string[]): Promise<string[]> {
    const sql = 'SELECT rolname::text AS name FROM pg_roles WHERE rolname = ANY ($1) ORDER BY 1'
    return (await bed().server.sql(sql, [names])).map(({ name }) => String(name))
  }
  /** The run is slow enough for whoever waits for a moment of it. */
  async function slowly(t: ExecutionContext): Promise<{ readonly proxy: Proxy; readonly variables: Entry }> {
    const proxy = await startProxy(bed().server.port, 15)
    t.teardown(() => proxy.close())
    const instance = { host: 'localhost', port: proxy.port, identifier: 'db-1' }
    return { proxy, variables: { instance, connect_timeout: 3 } }
  }

  test.serial(`${on}one that cannot be opened holds up no removal but its guest’s`, async (t) => {
    const stack = bed().declare({
      calm: {},
      held: {},
      a_calm: guestOf('calm_dev_db'),
      b_held: guestOf('held_dev_db'),
    })
    await stack.applyOk()
    for (const guest of ['a_calm', 'b_held']) await stack.request(guest)
    // What an owner may do itself.
    await stack.sql('held', 'ALTER DATABASE held_dev_db CONNECTION LIMIT 0')
    const holder = keep(await stack.connect('held', 'postgres'))
    await holder.query('BEGIN')
    await holder.query('ALTER DATABASE held_dev_db IS_TEMPLATE false')
    stack.applications = { calm: {}, held: {} }
    const { problems } = await stack.apply()
    await holder.query('ROLLBACK')
    t.deepEqual(await logins('a_calm_dev_user', 'b_held_dev_user'), ['b_held_dev_user'])
    t.deepEqual(
      problems.map(({ application, code }) => [application, code]),
      [
        ['held', 'statement_failed'],
        ['b_held', 'statement_failed'],
      ],
    )
  })

  test.serial(`${on}one of another stack, shut, blocks nobody but who holds something in it`, async (t) => {
    const other = bed().declare({ theirs: {} })
    await other.applyOk()
    const stack = bed().declare({ mine: {}, a_mine: guestOf('mine_dev_db'), b_mine: guestOf('mine_dev_db') })
    await stack.applyOk()
    await other.sql('theirs', 'CREATE TABLE offered (id int); GRANT SELECT ON offered TO b_mine_dev_user')
    await other.sql('theirs', 'ALTER DATABASE theirs_dev_db CONNECTION LIMIT 0')
    for (const guest of ['a_mine', 'b_mine']) await stack.request(guest)
    stack.applications = { mine: {} }
    const { problems } = await stack.apply()
    t.deepEqual(
      problems.map(({ application }) => application),
      ['b_mine'],
    )
    t.deepEqual(await logins('a_mine_dev_user', 'b_mine_dev_user'), ['b_mine_dev_user'])
  })

  for (const [what, name] of [
    ['the plan tells of it', 'foreseen'],
    ['the records name whose removal it is for', 'named'],
  ] as const) {
    test.serial(`${on}${what}`, async (t) => {
      const [kept, database, plain, guest] = [`b_${name}`, `${name}_dev_db`, `plain_${name}`, `a_${name}`]
      const stack = bed().declare({
        [plain]: {},
        [name]: { cleanup_policy: 'retain' },
        [guest]: guestOf(`${plain}_dev_db`),
        [kept]: guestOf(database),
      })
      await stack.applyOk()
      for (const leaving of [guest, kept]) await stack.request(leaving)
      await shut(database)
      stack.applications = { [plain]: {} }
      const { plan } = await stack.preview()
      const outcome = await stack.applyOk()
      const doors = ['reopen', 'close'].map((action) => `${kept} ${action} updated ${database}`)
      if (name === 'named') t.deepEqual(doorsOf(outcome), doors)
      else
        t.deepEqual(
          planSteps(plan).flatMap(({ kind }) => (kind.endsWith('_database') ? [kind] : [])),
          ['reopen_database', 'close_database'],
        )
    })
  }

  test.serial(
    `${on}the connection breaks twice: an apply that goes on shuts it, or says that it is open`,
    async (t) => {
      const { proxy, variables } = await slowly(t)
      const entries = { near: {}, cut: { cleanup_policy: 'retain' }, a_cut: guestOf('cut_dev_db') }
      const stack = bed().declare(entries, variables)
      await stack.applyOk()
      await stack.request('a_cut')
      await shut('cut_dev_db')
      stack.applications = { near: {} }
      const running = stack.apply({
        progress: (line) => {
          if (line.includes('connecting anew')) proxy.reset()
        },
      })
      await until('it is open', () => isOpen('cut_dev_db'))
      proxy.die()
      const { problems } = await running
      const isTold = problems.some(({ code }) => code === 'left_open')
      t.true(isTold || !(await isOpen('cut_dev_db')), JSON.stringify(problems))
    },
  )

  test.serial(`${on}one that cannot be shut, and then the connection breaks: it is told`, async (t) => {
    const { proxy, variables } = await slowly(t)
    const stack = bed().declare({ stuck: {}, a_stuck: guestOf('stuck_dev_db') }, variables)
    await stack.applyOk()
    await shut('stuck_dev_db')
    const holder = keep(await stack.connect('stuck', 'postgres'))
    const running = stack.destroy('a_stuck', {
      sinks: [
        ({ action, status }) => {
          if (action === 'close' && status === 'failed') proxy.die()
        },
      ],
    })
    await until('it is open', () => isOpen('stuck_dev_db'))
    await holder.query('BEGIN')
    await holder.query('ALTER DATABASE stuck_dev_db IS_TEMPLATE false')
    const { problems } = await running
    await holder.query('ROLLBACK')
    t.true(await isOpen('stuck_dev_db'))
    t.true(
      problems.some(({ code }) => code === 'left_open'),
      JSON.stringify(problems),
    )
  })

  for (const how of ['in another turn', 'by a process whose sign is lost']) {
    test.serial(`${on}closed for a snapshot ${how}, it holds what is written before the drop`, async (t) => {
      const { variables } = await slowly(t)
      bed().aws.putInstance('db-1')
      bed().aws.snapshotsTake({ milliseconds: 12_000 })
      t.teardown(() => {
        bed().aws.snapshotsTake({ milliseconds: 0 })
      })
      const stack = bed().declare(
        { snap: { cleanup_policy: 'snapshot-and-delete' }, a_snap: guestOf('snap_dev_db') },
        variables,
      )
      await stack.applyOk()
      await bed().server.sql(`DROP ROLE IF EXISTS somebody`)
      await bed().server.sql(`CREATE ROLE somebody LOGIN`)
      await bed().server.setPassword('somebody', PASSWORD)
      await stack.sql(
        'snap',
        'CREATE TABLE public.orders (id int); GRANT INSERT ON orders TO somebody; GRANT CONNECT ON DATABASE snap_dev_db TO somebody; GRANT USAGE ON SCHEMA public TO somebody',
      )
      let closed: ClosedForSnapshot | null = null
      const lines: string[] = []
      const isByTurns = how === 'in another turn'
      // The turns of one run share its id, and so its snapshot.
      const run = { RDS_PROVISION_RUN_ID: `turns-${String(version)}` }
      stack.env = run
      const first = stack.destroy('snap', {
        progress: (line) => {
          lines.push(line)
        },
        ...(isByTurns
          ? {
              turns: {
                resumed: null,
                isOver: () => lines.some((line) => line.includes('asked for')),
                suspend: (given) => {
                  closed = given
                },
              },
            }
          : {}),
      })
      if (isByTurns) await first
      else {
        await until('a snapshot is made', () => lines.some((line) => line.includes('asked for')))
        await bed().server.sql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'rds-provision removal closed%'`,
        )
      }
      t.false(await isOpen('snap_dev_db'))

      stack.env = {}
      const guest = stack.destroy('a_snap')
      await until('it is open, or the guest is done', async () => (await isOpen('snap_dev_db')) || isSettled(guest))
      const wrote = await writes()
      const asked = bed().aws.callsTo('CreateDBSnapshot').length
      await guest
      stack.env = run
      const { problems } = isByTurns
        ? await stack.destroy('snap', { turns: { resumed: closed, isOver: () => false, suspend: () => {} } })
        : await first
      // Dropped only where nobody wrote, or where another snapshot was made since.
      const isDropped = (await bed().server.sql(`SELECT FROM pg_database WHERE datname = 'snap_dev_db'`)).length === 0
      const isSaved = bed().aws.callsTo('CreateDBSnapshot').length > asked
      t.false(isDropped && wrote && !isSaved, `gone, and in no snapshot: ${JSON.stringify(problems)}`)
    })
  }

  async function writes(): Promise<boolean> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      try {
        const login = { user: 'somebody', password: PASSWORD, database: 'snap_dev_db' }
        await keep(await bed().server.connect(login)).query('INSERT INTO public.orders VALUES (1)')
        return true
      } catch {
        await sleep(10)
      }
    }
    return false
  }
}

async function isSettled(running: Promise<unknown>): Promise<boolean> {
  return Promise.race([running.then(() => true), sleep(0).then(() => false)])
}
