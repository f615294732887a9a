/** Without an admin, or rights of it, plan and report look as the master (src/README.md: The master's look). */
import { randomBytes } from 'node:crypto'
import test from 'ava'
import { planSteps } from '../../../src/model/step.ts'
import { dump } from '../../support/catalogs.ts'
import { type Bed, bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'
import { makeMessy, OLD_HBA, OWNERS, passwordOf } from '../../support/messy/instance.ts'

const MASTER_SECRET = 'rds!db-master'

const ADOPTED: Readonly<Record<string, Entry>> = Object.fromEntries(
  (['market', 'stats', 'depot'] as const).map((database) => [
    database,
    { database_name: database, username: OWNERS[database], adopt_existing: true },
  ]),
)

function declare(bed: Bed, variables: Entry = {}): Stack {
  const stack = bed.declare(ADOPTED, {
    master_secret_id: MASTER_SECRET,
    stack: 'messy',
    secret_prefix: 'messy',
    ...variables,
  })
  for (const name of Object.keys(ADOPTED)) stack.setPassword(name, passwordOf(stack.username(name)))
  return stack
}

/** Each change in a sentence, in no order. */
const told = (messages: readonly { readonly message: string }[]): string[] =>
  messages.map(({ message }) => message).sort()

for (const version of VERSIONS) {
  const on = `PostgreSQL ${String(version)}: `
  const bed = bedFor(version, { hba: OLD_HBA })

  test.serial.before(`${on}a messy server`, async () => {
    const { user, password } = bed().server.master
    bed().aws.putSecret(MASTER_SECRET, { username: user, password })
    await makeMessy(bed().server)
  })

  test.serial(`${on}an admin that is not there: the plan has what the apply does, and nothing changes`, async (t) => {
    const user = 'new_provisioner'
    bed().aws.putLogin(`admin/${user}`, user, `Pw_${randomBytes(12).toString('hex')}`)
    const stack = declare(bed(), { admin_secret_id: `admin/${user}` })
    const before = await dump(bed().server)
    const found = await stack.preview()
    const report = await stack.report('json')
    t.deepEqual(await dump(bed().server), before)
    t.deepEqual(found.blocked, [])
    t.is(found.digest, null)
    t.regex(found.moving.join('\n'), /new_provisioner cannot log in or lacks a right, so dbmaster looked/)
    t.true(report.includes('delegated admin new_provisioner'))
    const { records } = await stack.applyOk()
    const changes = records.filter(({ status }) => ['created', 'updated', 'removed'].includes(status))
    t.deepEqual(told(planSteps(found.plan)), told(changes))
  })

  test.serial(`${on}an admin without rights over what it adopts: shown, and never as blocked`, async (t) => {
    const user = 'poor_provisioner'
    const password = `Pw_${randomBytes(12).toString('hex')}`
    bed().aws.putLogin(`admin/${user}`, user, password)
    const { server } = bed()
    await server.sql('SET SESSION AUTHORIZATION dbmaster')
    for (const statement of [
      `CREATE ROLE ${user} LOGIN CREATEDB CREATEROLE PASSWORD '${password}'`,
      `CREATE ROLE late LOGIN PASSWORD '${passwordOf('late')}'`,
      'GRANT late TO dbmaster',
      'CREATE DATABASE late OWNER late',
    ])
      await server.sql(statement)
    await server.sql('RESET SESSION AUTHORIZATION')
    const entry = { database_name: 'late', username: 'late', adopt_existing: true }
    const stack = bed().declare(
      { late: entry },
      { master_secret_id: MASTER_SECRET, stack: 'late', secret_prefix: 'late', admin_secret_id: `admin/${user}` },
    )
    stack.setPassword('late', passwordOf('late'))
    const before = await dump(bed().server)
    const { plan, blocked } = await stack.preview()
    t.deepEqual(await dump(bed().server), before)
    t.deepEqual(blocked, [])
    const { records } = await stack.applyOk()
    const changes = records.filter(({ status }) => ['created', 'updated', 'removed'].includes(status))
    t.deepEqual(told(planSteps(plan)), told(changes))
  })
}
