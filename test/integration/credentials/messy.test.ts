/** A server made by hand over years is taken over, and nobody loses anything (src/README.md: Beyond the declaration). */
import test from 'ava'
import { parseTag } from '../../../src/model/tag.ts'
import { bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'
import { makeMessy, OLD_HBA, OWNERS, passwordOf } from '../../support/messy/instance.ts'
import { lost, probe } from '../../support/messy/probe.ts'

const MASTER_SECRET = 'rds!db-master'

const keyOf = (database: string): string => database.toLowerCase().replaceAll(/[^a-z]/g, '_')

function adopted(databases: readonly (keyof typeof OWNERS)[], more: Entry = {}): Record<string, Entry> {
  return Object.fromEntries(
    databases.map((database) => [
      keyOf(database),
      { database_name: database, username: OWNERS[database], adopt_existing: true, ...more },
    ]),
  )
}

const ALL = ['market', 'stats', 'depot', 'door', 'notes', 'courier', 'Old Crm', 'attic'] as const

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

  test.serial.before(`${on}a messy server`, async () => {
    const { user, password } = bed().server.master
    bed().aws.putSecret(MASTER_SECRET, { username: user, password })
    await makeMessy(bed().server)
  })

  test.serial(
    `${on}everything is adopted, one after the other and all together, and nobody loses anything`,
    async (t) => {
      const before = await probe(bed().server)
      t.true(before.size > 200)
      await declare(adopted(['market'])).applyOk()
      t.deepEqual(lost(before, await probe(bed().server)), [], 'the first one')
      const whole = declare(adopted(ALL))
      await whole.applyOk()
      const after = await probe(bed().server)
      t.deepEqual(lost(before, after), [], 'all')
      t.deepEqual(lost(after, before), [], 'and nobody gains anything')
      t.is((await whole.applyOk()).audit.run.outcome, 'no_change')
    },
  )

  test.serial(`${on}limits, ends and words of people stay`, async (t) => {
    const [attic] = await bed().server.sql(
      `SELECT rolcanlogin, rolconnlimit, rolvaliduntil < now() AS ended FROM pg_roles WHERE rolname = 'attic_user'`,
    )
    t.deepEqual(attic, { rolcanlogin: false, rolconnlimit: 3, ended: true })
    const [database] = await bed().server.sql(
      `SELECT datallowconn, datconnlimit FROM pg_database WHERE datname = 'attic'`,
    )
    t.deepEqual(database, { datallowconn: false, datconnlimit: 5 })
    const [words] = await bed().server.sql(
      `SELECT shobj_description(d.oid, 'pg_database') AS market, shobj_description(r.oid, 'pg_authid') AS gate
       FROM pg_database d, pg_roles r WHERE d.datname = 'market' AND r.rolname = 'gate'`,
    )
    const comment = (name: string): string | undefined => parseTag(String(words?.[name]))?.get('Comment')
    t.is(comment('market'), 'The shop. Ask the market team before touching (since 2019).')
    t.is(comment('gate'), 'Single sign-on, see the runbook')
  })
}
