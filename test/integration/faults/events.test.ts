/** What happens to servers in mid-run: retried where that is safe, else a clear error; and always a truthful audit. */
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type pg from 'pg'
import { type Bed, bedFor, type Entry, type Outcome, type Stack, VERSIONS } from '../../support/provision.ts'
import { count } from '../../support/faults/intensity.ts'
import { guestOrNull, refusal } from '../../support/faults/guests.ts'
import { isBlocked, ourPids, until } from '../../support/faults/moments.ts'
import { effective, quiet, told, TRUTH_SETTINGS, untruths } from '../../support/faults/truth.ts'

const SETTINGS = { ...TRUTH_SETTINGS, max_connections: '30' }

/** A changed limit: one ALTER ROLE, which waits where somebody else changed the role and has not committed. */
async function changed(bed: Bed, variables: Entry = {}): Promise<Stack> {
  await removeAll(bed)
  const stack = bed.declare({ a: { connection_limit: 3 }, b: { connection_limit: 3 } }, variables)
  await stack.applyOk()
  stack.applications = { a: { connection_limit: 4, schemas: ['public', 'mart'] }, b: { connection_limit: 4 } }
  return stack
}

async function removeAll({ server }: Bed): Promise<void> {
  for (const name of ['a', 'b']) await server.sql(`DROP DATABASE IF EXISTS ${name}_dev_db WITH (FORCE)`)
  for (const name of ['a', 'b']) await server.sql(`DROP ROLE IF EXISTS ${name}_dev_user`)
}

/** Somebody's session in a transaction of its own. */
async function somebody(t: ExecutionContext, bed: Bed, text: string): Promise<pg.Client> {
  const client = await bed.server.connect({ ...bed.server.master, database: 'postgres' })
  client.on('error', () => {
    /* ended by a restart, or by the test */
  })
  t.teardown(() => client.end())
  await client.query(text)
  return client
}

/** From 16 on the master has no right over roles that the admin made; this is what a person with it would do. */
async function mayAlter({ server }: Bed): Promise<void> {
  if (server.version < 16) return
  for (const name of ['a', 'b'])
    await server.sql(`GRANT ${name}_dev_user TO ${server.master.user} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`)
}

/** Applies; once it waits for a lock, `act` happens. */
async function disturbed(
  bed: Bed,
  stack: Stack,
  act: () => Promise<unknown>,
  progress: (line: string) => void = () => {},
): Promise<Outcome & { readonly lies: string[] }> {
  const mark = await bed.server.mark()
  const running = stack.apply({ progress })
  await until('a blocked statement', () => isBlocked(bed.server))
  await act()
  const outcome = await running
  await quiet(bed.server)
  return { ...outcome, lies: untruths(told(outcome.records), effective(await bed.server.logSince(mark))) }
}

async function converged(
  t: ExecutionContext,
  stack: Stack,
  { audit, lies }: { readonly audit: Outcome['audit']; readonly lies: string[] },
): Promise<void> {
  t.is(audit.run.exit_code, 0, audit.run.error ?? '')
  t.deepEqual(lies, [])
  t.deepEqual(await stack.plan(), [])
}

for (const version of VERSIONS) {
  const bed = bedFor(version, { settings: SETTINGS })
  const on = `PostgreSQL ${version}: `

  for (const mode of ['fast', 'immediate'] as const) {
    test.serial(`${on}a restart (${mode}) in mid-run is waited for, and the run converges`, async (t) => {
      const stack = await changed(bed())
      await mayAlter(bed())
      await somebody(t, bed(), 'BEGIN; ALTER ROLE b_dev_user CONNECTION LIMIT 9')
      await converged(t, stack, await disturbed(bed(), stack, () => bed().server.restart(mode)))
      count('events', `restart, ${mode}`)
    })
  }

  test.serial(`${on}57P01: any of our sessions ended by somebody, the lock's included`, async (t) => {
    for (const index of [0, 1]) {
      const stack = await changed(bed(), {
        instance: { host: 'localhost', port: bed().server.port, identifier: 'db-1', database: 'template1' },
        lock_timeout: 8,
      })
      await mayAlter(bed())
      const other = await somebody(t, bed(), 'BEGIN; ALTER ROLE b_dev_user CONNECTION LIMIT 9')
      const outcome = await disturbed(bed(), stack, async () => {
        const pids = await ourPids(bed().server)
        t.is(pids.length, 2, 'the one that holds the lock, and the one that works')
        await bed().server.sql(`SELECT pg_terminate_backend(${String(pids[index])})`)
        await other.query('ROLLBACK')
      })
      await converged(t, stack, outcome)
      count('events', '57P01')
    }
  })

  test.serial(`${on}57P03: a server that lets nobody in before its restart is waited for`, async (t) => {
    const stack = await changed(bed())
    const guest = await somebody(t, bed(), 'SELECT 1')
    const restarting = bed().server.restart('smart')
    await until('the server to refuse', async () => (await refusal(bed())) === '57P03')
    const lines: string[] = []
    const outcome = await stack.apply({
      progress: (line) => {
        if (lines.push(line) === 1) void guest.end()
      },
    })
    await restarting
    t.regex(lines[0] ?? '', /waiting for .*shutting down/)
    await converged(t, stack, { ...outcome, lies: [] })
    count('events', '57P03')
  })

  test.serial(
    `${on}25P03, 57P05: the server's time limits for idle sessions do not end a run that waits`,
    async (t) => {
      const stack = await changed(bed())
      await mayAlter(bed())
      const limits = [
        'idle_in_transaction_session_timeout',
        'idle_session_timeout',
        ...(version >= 17 ? ['transaction_timeout'] : []),
      ]
      for (const limit of limits) await bed().server.sql(`ALTER ROLE platform_provisioner SET ${limit} = '50ms'`)
      t.teardown(() => bed().server.sql('ALTER ROLE platform_provisioner RESET ALL'))
      const other = await somebody(t, bed(), 'BEGIN; ALTER ROLE b_dev_user CONNECTION LIMIT 9')
      const mark = await bed().server.mark()
      const outcome = await disturbed(bed(), stack, async () => {
        await sleep(500)
        await other.query('ROLLBACK')
      })
      await converged(t, stack, outcome)
      t.deepEqual(
        (await bed().server.logSince(mark))
          .filter(({ severity }) => severity === 'FATAL')
          .map(({ message }) => message),
        [],
      )
      count('events', '25P03 and 57P05')
    },
  )

  test.serial(`${on}53300: a full server is waited for, before and in mid-run`, async (t) => {
    const stack = await changed(bed())
    const guests: pg.Client[] = []
    t.teardown(() => Promise.all(guests.map((guest) => guest.end())))
    const fill = async (): Promise<void> => {
      for (let guest = await guestOrNull(bed()); guest !== null; guest = await guestOrNull(bed())) guests.push(guest)
    }
    const leave = (line: string): void => {
      if (!line.startsWith('waiting for')) return
      for (const guest of guests.splice(0)) void guest.end()
    }
    await fill()
    t.not(guests.length, 0)
    const { audit } = await stack.apply({ progress: leave })
    t.is(audit.run.exit_code, 0, audit.run.error ?? '')
    t.is(guests.length, 0, 'the wait was reported')
    const again = await changed(bed(), { max_connections: 1 })
    await mayAlter(bed())
    const other = await somebody(t, bed(), 'BEGIN; ALTER ROLE b_dev_user CONNECTION LIMIT 9')
    const outcome = await disturbed(bed(), again, async () => {
      await fill()
      setTimeout(() => {
        leave('waiting for')
      }, 700)
      await other.query('ROLLBACK')
    })
    await converged(t, again, outcome)
    count('events', '53300', 2)
  })

  test.serial(`${on}40P01: a deadlock is tried again, and so is a tuple that somebody else updated`, async (t) => {
    const stack = await changed(bed())
    await mayAlter(bed())
    await bed().server.sql(
      `SET deadlock_timeout = '60s'; BEGIN; ALTER ROLE b_dev_user CONNECTION LIMIT 9`,
      [],
      'template1',
    )
    t.teardown(() => bed().server.forget('template1'))
    let entangled: Promise<unknown> = Promise.resolve()
    const mark = await bed().server.mark()
    const outcome = await disturbed(bed(), stack, async () => {
      entangled = bed().server.sql('ALTER ROLE a_dev_user CONNECTION LIMIT 9; COMMIT', [], 'template1')
      await entangled
    })
    const errors = (await bed().server.logSince(mark))
      .filter(({ severity }) => severity === 'ERROR')
      .map(({ sqlState, message }) => `${sqlState} ${message}`)
    t.true(
      errors.some((line) => line.startsWith('40P01')),
      errors.join('\n'),
    )
    await converged(t, stack, outcome)
    t.true(outcome.records.some(({ message }) => message.includes('tries that the server rolled back')))
    count('events', '40P01')
  })

  test.serial(
    `${on}a lock that is not let go: the error names who holds it, since when, and no word of its text but the first`,
    async (t) => {
      const stack = await changed(bed(), { lock_timeout: 5 })
      await mayAlter(bed())
      // The admin may read what others run, as on RDS where somebody gave it pg_monitor.
      await bed().server.sql(`GRANT pg_read_all_stats TO ${bed().server.admin.user}`)
      t.teardown(() => bed().server.sql(`REVOKE pg_read_all_stats FROM ${bed().server.admin.user}`))
      const other = await somebody(t, bed(), "SET application_name = 'psql'")
      await other.query(
        `BEGIN; ALTER ROLE b_dev_user CONNECTION LIMIT 9; SELECT $pw$hunter1$pw$, E'x\\'hunter2', 4711 /* hunter3 */`,
      )
      const lines: string[] = []
      const { audit, lies } = await disturbed(
        bed(),
        stack,
        () => Promise.resolve(),
        (line) => lines.push(line),
      )
      t.is(audit.run.exit_code, 1)
      t.regex(
        audit.run.error ?? '',
        /lock timeout.*session \d+ of dbmaster \(psql\) in postgres, idle in transaction since \d{4}-\d\d-\d\dT[\d:.]+Z: BEGIN\)/s,
      )
      t.notRegex(JSON.stringify([audit, lines]), /hunter|4711|SELECT \$/)
      t.deepEqual(lies, [])
      await other.query('ROLLBACK')
      await stack.applyOk()
      count('events', '55P03')
    },
  )

  test.serial(
    `${on}57014: a statement that an operator cancelled is told, rolled back, and done by the next run`,
    async (t) => {
      const stack = await changed(bed())
      await mayAlter(bed())
      const other = await somebody(t, bed(), 'BEGIN; ALTER ROLE b_dev_user CONNECTION LIMIT 9')
      const { audit, lies } = await disturbed(bed(), stack, async () => {
        await bed().server.sql(
          `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'rds-provision%' AND wait_event_type = 'Lock'`,
        )
      })
      t.is(audit.run.exit_code, 1)
      t.regex(audit.run.error ?? '', /b: role: .*cancel/)
      t.deepEqual(lies, [])
      await other.query('ROLLBACK')
      await stack.applyOk()
      count('events', '57014')
    },
  )

  test.serial(`${on}53100: a full disk is told with its remedy, and the next run goes on`, async (t) => {
    const stack = await changed(bed())
    await refuse(bed(), 'disk_full', 'could not extend file: No space left on device')
    const { audit } = await stack.apply()
    t.is(audit.run.exit_code, 1)
    t.regex(audit.run.error ?? '', /a: schema: .*No space left.*enlarge the storage/)
    await heal(bed())
    await stack.applyOk()
    t.deepEqual(await stack.plan(), [])
    count('events', '53100')
  })

  test.serial(
    `${on}25006: a server that is read-only since a failover is tried again, and told of when it stays so`,
    async (t) => {
      const stack = await changed(bed(), { connect_timeout: 1 })
      await refuse(bed(), 'read_only_sql_transaction', 'cannot execute CREATE SCHEMA in a read-only transaction')
      const { audit } = await stack.apply()
      t.is(audit.run.exit_code, 1)
      t.regex(audit.run.error ?? '', /read-only transaction.*failover/)
      const healing: Promise<void>[] = []
      const { audit: second } = await stack.apply({
        progress: (line) => {
          if (line.includes('read-only') && healing.length === 0) healing.push(heal(bed()))
        },
      })
      await Promise.all(healing)
      t.is(healing.length, 1)
      t.is(second.run.exit_code, 0, second.run.error ?? '')
      t.deepEqual(await stack.plan(), [])
      count('events', '25006', 2)
    },
  )
}

/** A server that refuses CREATE SCHEMA in a's database with this condition. */
async function refuse({ server }: Bed, condition: string, message: string): Promise<void> {
  await server.sql(
    `CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '${condition}', MESSAGE = '${message}'; END $$;
    CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE SCHEMA') EXECUTE FUNCTION public.refuse()`,
    [],
    'a_dev_db',
  )
}

async function heal({ server }: Bed): Promise<void> {
  await server.sql('DROP EVENT TRIGGER refuse; DROP FUNCTION public.refuse()', [], 'a_dev_db')
  await server.forget('a_dev_db')
}
