/** What goes and what stays, by policy and by who leaves: the catalogs afterwards are those from before the entry was declared. */
import test, { type ExecutionContext } from 'ava'
import { difference, type Dump, dump } from '../../support/catalogs.ts'
import { type Bed, bedFor, type Entry, type Outcome, type Stack, VERSIONS } from '../../support/provision.ts'
import { IS_WHOLE } from '../../support/faults/intensity.ts'
import { closedOnes, isTruthful, leftMemberships, told } from '../../support/removal.ts'

const POLICIES = ['delete', 'snapshot-and-delete', 'retain'] as const
type Policy = (typeof POLICIES)[number]

const DATABASE = { database_name: 'Shop "1" db' }
const ENTRIES: Readonly<Record<string, Entry>> = {
  shop: {
    ...DATABASE,
    username: `Shop 'O' user`,
    settings: { work_mem: '8MB' },
    schemas: ['public', 'app'],
    extensions: ['pgcrypto'],
  },
  ed: { ...DATABASE, username: 'Ed "the" user', access_level: 'editor' },
  rd: { ...DATABASE, access_level: 'reader', settings: { work_mem: '9MB' } },
}

interface Leaving {
  readonly title: string
  /** Declared before, and after. */
  readonly stays: readonly string[]
  /** Removed one after the other, or all at the same time. */
  readonly leave: readonly string[]
  readonly together?: true
  /** Tried under these policies in every run of the tests, and under all with RDS_PROVISION_FAULTS=whole. */
  readonly sample: readonly Policy[]
}

const LEAVINGS: readonly Leaving[] = [
  { title: 'owner', stays: [], leave: ['shop'], sample: POLICIES },
  { title: 'editor', stays: ['shop', 'rd'], leave: ['ed'], sample: ['delete'] },
  { title: 'reader', stays: ['shop', 'ed'], leave: ['rd'], sample: ['snapshot-and-delete'] },
  { title: 'all, the owner first', stays: [], leave: ['shop', 'ed', 'rd'], sample: ['delete'] },
  { title: 'all, the owner last', stays: [], leave: ['rd', 'ed', 'shop'], sample: ['retain'] },
  {
    title: 'all at once',
    stays: [],
    leave: ['ed', 'shop', 'rd'],
    together: true,
    sample: ['delete', 'snapshot-and-delete'],
  },
]

/** Another application of the stack and another stack stand by, with an outsider's privileges in both databases. */
async function makeBystanders(bed: Bed, stack: Stack): Promise<void> {
  await stack.applyOk()
  await bed.declare({ alien: {} }).applyOk()
  await bed.server.sql('CREATE ROLE watcher LOGIN')
  await stack.sql(
    'other',
    `CREATE TABLE t (id serial PRIMARY KEY); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT SELECT ON t TO watcher; GRANT EXECUTE ON FUNCTION f() TO watcher;
    GRANT CONNECT, TEMP ON DATABASE other_dev_db TO watcher; GRANT USAGE ON SCHEMA public TO watcher; ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON ROUTINES TO watcher`,
  )
}

function pick(names: readonly string[], policy: Policy): Record<string, Entry> {
  return Object.fromEntries(names.map((name) => [name, { ...ENTRIES[name], cleanup_policy: policy }]))
}

/** Objects of every kind that a guest can hold privileges on. */
const CONTENT = `CREATE TABLE app.t (id serial PRIMARY KEY, "odd ""name" text); CREATE VIEW app."V w" AS SELECT 1 AS x; CREATE DOMAIN app.d AS int;
  CREATE PROCEDURE app.p(int, text) LANGUAGE sql AS 'SELECT 1'; SELECT lo_create(4711)`

/** More than provisioning gives, there and in the other application's database. */
async function give(stack: Stack, guests: readonly string[]): Promise<void> {
  const all = ['watcher', ...guests.map((guest) => `"${stack.username(guest).replaceAll('"', '""')}"`)].join(', ')
  await stack.sql(
    'shop',
    `GRANT SELECT ON app.t, app."V w" TO ${all}; GRANT UPDATE ("odd ""name") ON app.t TO ${all}; GRANT EXECUTE ON PROCEDURE app.p(int, text) TO ${all};
    GRANT USAGE ON TYPE app.d TO ${all}; GRANT SELECT ON LARGE OBJECT 4711 TO ${all}; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${all}`,
  )
  await stack.sql(
    'other',
    `GRANT CONNECT, TEMP ON DATABASE other_dev_db TO ${all}; GRANT SELECT ON t TO ${all}; GRANT EXECUTE ON FUNCTION f() TO ${all}; GRANT USAGE ON SCHEMA public TO ${all};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON ROUTINES TO ${all}`,
  )
}

async function removeAll(stack: Stack, { leave, together }: Leaving): Promise<Outcome[]> {
  const one = (name: string): Promise<Outcome> => stack.destroyOk(name, { runGroup: 'one' })
  if (together) return Promise.all(leave.map(one))
  const outcomes: Outcome[] = []
  for (const name of leave) outcomes.push(await one(name))
  return outcomes
}

async function hasGone(t: ExecutionContext, bed: Bed, before: Dump): Promise<void> {
  t.deepEqual(difference(before, await dump(bed.server)), [])
  t.deepEqual(await leftMemberships(bed), [])
  t.deepEqual(await closedOnes(bed), [])
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  let stack: Stack

  test.serial.before(`${on}bystanders`, async () => {
    stack = bed().declare({ other: {} })
    bed().aws.putInstance('db-1')
    await makeBystanders(bed(), stack)
  })

  for (const leaving of LEAVINGS) {
    for (const policy of IS_WHOLE ? POLICIES : leaving.sample) {
      const { title, stays, leave } = leaving
      test.serial(`${on}${policy}: ${title}`, async (t) => {
        stack.applications = { other: {}, ...pick(stays, policy) }
        await stack.applyOk()
        if (stays.includes('shop')) await stack.sql('shop', CONTENT)
        if (stays.includes('shop')) await give(stack, [])
        const before = await dump(bed().server)
        stack.applications = { other: {}, ...pick([...stays, ...leave], policy) }
        await stack.applyOk()
        if (leave.includes('shop')) await stack.sql('shop', CONTENT)
        await give(stack, leave)
        const full = await dump(bed().server)
        const snapshots = bed().aws.snapshots.length
        const mark = await bed().server.mark()
        const outcomes = await removeAll(stack, leaving)
        await isTruthful(t, bed(), mark, ...outcomes)
        if (policy === 'retain') {
          t.deepEqual(difference(full, await dump(bed().server)), [])
          t.is(await bed().server.connectionsSince(mark), 0)
          t.deepEqual(
            outcomes.flatMap(told),
            leave.map((name) => `${name} ${name === 'shop' ? 'database' : 'role'} retain skipped`),
          )
          stack.env = { RDS_CLEANUP_POLICY: 'delete' }
          await removeAll(stack, { ...leaving, leave: [...leave, ...stays] })
          stack.env = {}
          return
        }
        await hasGone(t, bed(), before)
        t.is(bed().aws.snapshots.length - snapshots, policy === 'delete' || !leave.includes('shop') ? 0 : 1)
        for (const name of stays) await stack.destroyOk(name)
      })
    }
  }
}
