/** `verify_logins`: which passwords a run proves by logging in (src/README.md: Passwords). */
import test from 'ava'
import { ANY_VERSION, bedFor, type Entry } from '../../support/provision.ts'
import { startProxy } from '../../support/proxy.ts'

const guest = (database: string): Entry => ({ database_name: `${database}_dev_db`, access_level: 'reader' })
const PROVEN_BEFORE = /was not logged in as: its secret has still version .+, which was proven before/

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
        const told = records.filter(({ status, message }) => status === 'skipped' && PROVEN_BEFORE.test(message))
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
}
