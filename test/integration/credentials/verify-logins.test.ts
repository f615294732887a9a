/** `verify_logins`: which passwords a run proves by logging in (src/README.md: Passwords). */
import test from 'ava'
import { ANY_VERSION, bedFor, type Entry, type Stack } from '../../support/provision.ts'
import { startProxy } from '../../support/proxy.ts'

const guest = (database: string): Entry => ({ database_name: `${database}_dev_db`, access_level: 'reader' })
const LOGGED_IN_BEFORE = /was not logged in as: its secret has still version .+, with which it logged in before/

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(
    `${on}with changed, only what is new or has another version is logged in as, and each other is told`,
    async (t) => {
      const proxy = await startProxy(bed().server.port)
      t.teardown(() => proxy.close())
      const stack = bed().declare(
        { kept: {}, kept_a: guest('kept'), kept_b: guest('kept') },
        { connect_through: { host: 'localhost', port: proxy.port }, verify_logins: 'changed', stack: 'kept' },
      )
      const counted = async (): Promise<{ connections: number; told: string[] }> => {
        proxy.reset()
        const { records } = await stack.applyOk()
        const told = records.filter(({ status, message }) => status === 'skipped' && LOGGED_IN_BEFORE.test(message))
        return { connections: proxy.connections, told: told.map(({ application }) => application ?? '') }
      }
      const first = await counted()
      t.deepEqual(first.told, [], 'what a run sets is proven in it')
      t.deepEqual(
        await counted(),
        { connections: 2, told: ['kept', 'kept_a', 'kept_b'] },
        'the admin, and its look inside',
      )

      stack.setPassword('kept_a', 'another')
      t.deepEqual((await counted()).told, ['kept', 'kept_b'], 'another version is tried, and set')
      t.deepEqual((await counted()).told, ['kept', 'kept_a', 'kept_b'])
    },
  )

  test.serial(`${on}what was changed by hand is not noticed with changed, and is with all`, async (t) => {
    const stack = bed().declare({ hand: {} }, { verify_logins: 'changed', stack: 'hand' })
    await stack.applyOk()
    await bed().server.sql(`ALTER ROLE hand_dev_user PASSWORD 'by hand'`)
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    t.regex(await stack.report('text'), /password of hand_dev_user set from/, 'a report proves every password')
    stack.variables = { ...stack.variables, verify_logins: 'all' }
    const { records } = await stack.applyOk()
    t.true(records.some(({ action, object }) => action === 'set' && object === 'password'))
    t.is(await stack.answer('hand', 'SELECT 1'), 'ok')
  })

  /** Sets the password of `race` all the time. @returns what the server refused */
  async function somebodyElse(signal: AbortSignal): Promise<string[]> {
    const refused: string[] = []
    const client = await bed().server.connect({ ...bed().server.admin, database: 'postgres' })
    while (!signal.aborted)
      await client
        .query(`ALTER ROLE race_dev_user PASSWORD 'of somebody else'`)
        .catch((error: unknown) => refused.push(error instanceof Error ? error.message : String(error)))
    await client.end()
    return refused
  }

  const outcomes = async (stack: Stack): Promise<readonly [boolean, string]> => {
    const { audit, records } = await stack.apply()
    return [records.some(({ message }) => LOGGED_IN_BEFORE.test(message)), audit.run.outcome]
  }

  test.serial(`${on}what no login has proven is tried again, and told again, with changed too`, async (t) => {
    const stack = bed().declare(
      { late: { valid_until: '2020-01-01T00:00:00Z' } },
      { verify_logins: 'changed', stack: 'late' },
    )
    await stack.applyOk()
    const told: string[][] = []
    for (let run = 0; run < 2; run += 1) {
      const { records } = await stack.applyOk()
      told.push(records.filter(({ object }) => object === 'password').map(({ message }) => message))
    }
    t.deepEqual(told[0], told[1])
    t.is(told[0]?.length, 1)
    t.notRegex(told.join(), LOGGED_IN_BEFORE)
  })

  test.serial(`${on}a password that was set and did not serve is tried by the next run`, async (t) => {
    const stack = bed().declare({ race: {} }, { verify_logins: 'changed', stack: 'race' })
    await stack.applyOk()
    t.deepEqual(await outcomes(stack), [true, 'no_change'])
    stack.setPassword('race', 'of the next version')
    const ended = new AbortController()
    const other = somebodyElse(ended.signal)
    const { audit } = await stack.apply()
    ended.abort()
    t.deepEqual(
      (await other).filter((message) => message !== 'tuple concurrently updated'),
      [],
    )
    t.not(audit.run.outcome, 'no_change')
    await bed().server.sql(`ALTER ROLE race_dev_user PASSWORD 'of somebody else'`)
    t.false((await outcomes(stack))[0])
    t.is(await stack.answer('race', 'SELECT 1'), 'ok')
    t.deepEqual(await outcomes(stack), [true, 'no_change'])
  })

  test.serial(`${on}a role that was made anew with the tag of the one before is tried`, async (t) => {
    const stack = bed().declare({ dumped: { access_level: 'none' } }, { verify_logins: 'changed', stack: 'dumped' })
    await stack.applyOk()
    t.deepEqual(await outcomes(stack), [true, 'no_change'])
    // As pg_dumpall --globals-only --no-role-passwords brings it: with its comment, without its password.
    const [row] = await bed().server.sql(
      `SELECT format('COMMENT ON ROLE %I IS %L', rolname, shobj_description(oid, 'pg_authid')) AS comment FROM pg_roles WHERE rolname = 'dumped_dev_user'`,
    )
    await bed().server.sql(`DROP ROLE dumped_dev_user; CREATE ROLE dumped_dev_user LOGIN; ${String(row?.['comment'])}`)
    await bed().server.sql(`GRANT dumped_dev_user TO ${bed().server.admin.user} WITH ADMIN OPTION`)
    t.false((await outcomes(stack))[0])
    t.is(await stack.answer('dumped', 'SELECT 1', 'postgres'), 'ok')
    t.deepEqual(await outcomes(stack), [true, 'no_change'])
  })
}
