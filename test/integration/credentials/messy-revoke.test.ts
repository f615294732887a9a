/** From keep to revoke, what the plan says by login is what everybody finds (src/README.md: Who loses what). */
import test from 'ava'
import type { Consequence } from '../../../src/model/consequence.ts'
import { planSteps } from '../../../src/model/step.ts'
import { bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'
import { isFound, isTold, tried } from '../../support/messy/claims.ts'
import { makeMessy, OLD_HBA, OWNERS, passwordOf } from '../../support/messy/instance.ts'
import { lost, probe } from '../../support/messy/probe.ts'

const MASTER_SECRET = 'rds!db-master'

const keyOf = (database: string): string => database.toLowerCase().replaceAll(/[^a-z]/g, '_')

const DATABASES = ['market', 'stats', 'depot', 'door', 'notes', 'courier', 'Old Crm', 'attic'] as const

function declared(undeclared: string): Record<string, Entry> {
  return Object.fromEntries(
    DATABASES.map((database) => [
      keyOf(database),
      { database_name: database, username: OWNERS[database], adopt_existing: true, undeclared },
    ]),
  )
}

for (const version of VERSIONS) {
  const on = `PostgreSQL ${String(version)}: `
  const bed = bedFor(version, { hba: OLD_HBA })

  const declare = (applications: Readonly<Record<string, Entry>>): Stack => {
    const stack = bed().declare(applications, {
      master_secret_id: MASTER_SECRET,
      stack: 'messy',
      secret_prefix: 'messy',
    })
    for (const name of Object.keys(applications)) stack.setPassword(name, passwordOf(stack.username(name)))
    return stack
  }

  test.serial.before(`${on}a messy server, all of it adopted and kept`, async () => {
    const { user, password } = bed().server.master
    bed().aws.putSecret(MASTER_SECRET, { username: user, password })
    await makeMessy(bed().server)
    await declare(declared('keep')).applyOk()
  })

  let stack: Stack

  test.serial(`${on}who loses and gains what is told before, and no more and no less happens`, async (t) => {
    const before = await probe(bed().server)
    stack = declare(declared('revoke'))
    const { plan, blocked } = await stack.preview()
    t.deepEqual(blocked, [])
    const steps = planSteps(plan)
    const loses = steps.flatMap((step) => step.loses ?? [])
    const gains = steps.flatMap((step) => step.gains ?? [])
    const { records } = await stack.applyOk()
    const after = await probe(bed().server)
    const [gone, come] = [lost(before, after), lost(after, before)]
    t.true(gone.length > 100, String(gone.length))
    t.deepEqual(
      gone.filter((line) => !isTold(line, loses)),
      [],
      'lost, and not told',
    )
    t.deepEqual(
      come.filter((line) => !isTold(line, gains)),
      [],
      'gained, and not told',
    )
    const untrue = (items: readonly Consequence[], lines: readonly string[]): Consequence[] =>
      items.filter(tried).filter((item) => !isFound(item, lines))
    t.deepEqual(untrue(loses, gone), [], 'told, and not lost')
    t.deepEqual(untrue(gains, come), [], 'told, and not gained')
    t.deepEqual(
      records
        .flatMap((record) => record.loses ?? [])
        .map((item) => JSON.stringify(item))
        .sort(),
      loses.map((item) => JSON.stringify(item)).sort(),
      'the audit tells what the plan told',
    )
  })

  test.serial(`${on}nothing that could be taken is left, and who can take the rest is named`, async (t) => {
    const { audit, records } = await stack.applyOk()
    const changes = records.filter(({ status }) => ['created', 'updated', 'removed'].includes(status))
    t.deepEqual([audit.run.outcome, changes.map(({ message }) => message)], ['no_change', []])
    const warnings = records.filter(({ status }) => status === 'warning').map(({ message }) => message)
    t.true(
      warnings.some((message) => /what notes_ro has on stats from dbmaster .* dbmaster can revoke it/.test(message)),
      warnings.join('\n'),
    )
    const [{ count } = { count: null }] = await bed().server.sql(
      `SELECT count(*)::int FROM pg_database d, aclexplode(d.datacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
       WHERE d.datname = ANY ($1) AND a.grantee <> d.datdba AND r.rolname IS DISTINCT FROM 'platform_provisioner'`,
      [[...DATABASES]],
    )
    t.is(count, 0)
  })
}
