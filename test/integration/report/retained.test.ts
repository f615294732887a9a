/** What a report says of logins that left the declaration: retained, disabled, to be removed yet. */
import test from 'ava'
import { ANY_VERSION, bedFor } from '../../support/provision.ts'
import { rowsOf } from '../../support/report-rows.ts'

const GUEST = { database_name: 'keeps_dev_db' }
const COLUMNS = ['username', 'state', 'logs_in', 'databases', 'cleanup_policy', 'since_build'] as const

for (const version of ANY_VERSION) {
  const bed = bedFor(version)

  test.serial(`PostgreSQL ${version}: each login no longer declared, its state and what it reaches`, async (t) => {
    const going = { going: { cleanup_policy: 'delete' } }
    const stack = bed().declare(
      {
        keeps: {},
        ...going,
        stays: {},
        closed: { ...GUEST, access_level: 'reader' },
        noted: { ...GUEST, access_level: 'editor', cleanup_policy: 'delete' },
      },
      { stack: 'retained', claim: 'retained', build_id: '100' },
    )
    const rows = async (): Promise<unknown[][]> =>
      rowsOf(await stack.report('json'), 'retained').map((row) => COLUMNS.map((column) => row[column]))
    await stack.applyOk()
    t.deepEqual(await rows(), [])

    stack.variables = { ...stack.variables, build_id: '101' }
    await stack.request('closed')
    stack.applications = { keeps: {}, ...going }
    await stack.applyOk()
    await stack.request('going')
    stack.applications = { keeps: {} }
    t.deepEqual(await rows(), [
      ['closed_dev_user', 'disabled', 'no', '', 'disable', '101'],
      ['going_dev_user', 'removal pending', 'yes', 'going_dev_db', 'delete', '101'],
      ['noted_dev_user', 'undeclared', 'yes', 'keeps_dev_db', 'delete', '101'],
      ['stays_dev_user', 'retained', 'yes', 'stays_dev_db', 'retain', null],
    ])

    await stack.applyOk()
    t.deepEqual(
      (await rows()).map(([username]) => username),
      ['closed_dev_user', 'noted_dev_user', 'stays_dev_user'],
    )
  })
}
