/** A server made by hand over years is taken over, and nobody loses anything (src/README.md: Beyond the declaration). */
import test from 'ava'
import * as v from 'valibot'
import { parseTag } from '../../../src/model/tag.ts'
import { bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'
import { makeMessy, OLD_HBA, OWNERS, passwordOf } from '../../support/messy/instance.ts'
import { lost, probe } from '../../support/messy/probe.ts'
import { followAll } from '../../support/remedies.ts'

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

const REPORT = v.object({
  sections: v.object({
    undeclared: v.array(
      v.object({
        database: v.string(),
        role: v.string(),
        what: v.string(),
        on: v.string(),
        granted_by: v.nullable(v.string()),
        fate: v.string(),
        remedy: v.string(),
      }),
    ),
  }),
})
type Undeclared = v.InferOutput<typeof REPORT>['sections']['undeclared']

/** Rows of the report's section. */
async function undeclared(stack: Stack): Promise<Undeclared> {
  const report: unknown = JSON.parse(await stack.report('json'))
  return v.parse(REPORT, report).sections.undeclared
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

  test.serial(`${on}what is kept is one line for each database, and the report lists it`, async (t) => {
    const stack = declare(adopted(ALL))
    const { records } = await stack.applyOk()
    const lines = records.filter(({ message }) => message.startsWith('kept on '))
    t.deepEqual(lines.map(({ database }) => database).sort(), [...ALL].sort())
    t.is(records.filter(({ message }) => message.startsWith('granted outside')).length, 0)
    const rows = await undeclared(stack)
    const told = rows.map(({ database, role, what, on: where, fate }) =>
      [database, role, what, where, fate].join(' | '),
    )
    for (const line of [
      'market | PUBLIC (everybody) | CONNECT, TEMPORARY | database market | kept',
      'market | helpdesk | SELECT | columns of table public.goods | kept',
      'market | till | INSERT, SELECT | table public.baskets | kept',
      // Below 15 public is the bootstrap superuser's: its database's owner cannot grant it to anybody.
      ...(version < 15 ? [] : ['courier | till | CREATE | schema public | kept']),
      'depot | till | CREATEDB | its login | kept',
      'depot | till | search_path = app, public | its sessions in depot | kept',
      'depot | till | statement_timeout = 60s | its sessions in all databases | left alone',
      'stats | stats | statement_timeout = 5min | database stats | left alone',
      'stats | notes_ro | SELECT | tables that dbmaster will create in schema public | kept',
      'attic | attic_user | NOLOGIN | its login | kept',
      'attic | attic_user | ALLOW_CONNECTIONS false | database attic | kept',
    ])
      t.true(told.includes(line), `${line}\n${told.join('\n')}`)
    t.deepEqual(
      lines.map(({ message }) => Number(/: (\d+) of /.exec(message)?.[1])).sort(),
      ALL.map((name) => rows.filter(({ database, fate }) => database === name && fate === 'kept').length).sort(),
    )
  })

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
  test.serial(`${on}each statement of the report takes away what it stands beside`, async (t) => {
    const stack = declare(adopted(ALL))
    const kept = (await undeclared(stack)).filter(({ database, fate }) => fate !== 'left alone' && database !== 'notes')
    t.true(kept.length > 30)
    // From the inside out: who is to run something inside must still get in.
    for (const { remedy } of kept.reverse()) t.is(await followAll(bed(), remedy), 1, remedy)
    // A database that let nobody connect is looked into only now.
    const seen = (await undeclared(stack)).filter(({ database, fate }) => fate === 'kept' && database === 'attic')
    for (const { remedy } of seen) t.is(await followAll(bed(), remedy), 1, remedy)
    for (const name of Object.keys(stack.applications)) stack.setPassword(name, 'Pw_of_whoever_is_named')
    const left = (await undeclared(stack)).filter(({ database, fate }) => fate === 'kept' && database !== 'notes')
    t.deepEqual(left, [])
  })
}
