/** A run that needs more time than a function has: it ends in order, and another turn goes on. */
import test from 'ava'
import { approve, planOf } from '../../support/approved.ts'
import { until } from '../../support/faults/moments.ts'
import { auditOf, launchThrough, permitFor, putFunction } from '../../support/lambda.ts'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'
import { startProxy } from '../../support/proxy.ts'

const JSON_LINES = { RDS_PROVISION_LOG: 'json', RDS_PROVISION_AUDIT_FILE: '/dev/null' }

const COUNT = 60

/** Of a function that cannot do its work in one turn. */
const TIMEOUT_MS = 3_000

const [version = 16] = VERSIONS.slice(-1)
const bed = bedFor(version)

function stackOf(name: string, count: number, variables: object = {}): Stack {
  const names = Array.from({ length: count }, (_, index) => `${name}_${String(index)}`)
  return bed().declare(
    Object.fromEntries(names.map((database) => [database, { database_name: database, username: `${database}_u` }])),
    { ...variables },
  )
}

function invocationsOf(arn: string): number {
  return bed()
    .aws.callsTo('InvokeWithResponseStream')
    .filter(({ params }) => params['FunctionName'] === arn).length
}

test.serial('an apply that takes three times as long as its function ends whole, with one audit', async (t) => {
  const made = putFunction(bed(), { timeoutMs: TIMEOUT_MS })
  const stack = stackOf('turn_apply', 1)
  // Somebody has the lock of the instance until a third turn has begun, however slow the machine.
  const holder = await bed().server.connect({ ...bed().server.admin, database: 'postgres' })
  await holder.query('SELECT pg_advisory_lock(8242267087886938998)')
  const launched = launchThrough(bed(), stack, made, ['apply'], JSON_LINES)
  await Promise.race([launched.ended, until('a third turn', () => invocationsOf(made.arn) >= 3)])
  await holder.end()
  const ended = await launched.ended
  t.is(ended.code, 0, ended.stdout + ended.stderr)
  const { run, records } = auditOf(ended)
  t.is(run.outcome, 'changed')
  t.true(run.duration_ms > TIMEOUT_MS, String(run.duration_ms))
  t.true(invocationsOf(made.arn) >= 3)
  t.is(records.filter(({ object, status }) => object === 'database' && status === 'created').length, 1)
  t.regex(ended.stderr, /another turn goes on/)
})

for (const [by, isFileGiven] of [
  ['its digest and file', true],
  ['its digest alone', false],
] as const)
  test.serial(`an apply that is approved by ${by} goes on in its next turns, and tells nothing twice`, async (t) => {
    const made = putFunction(bed())
    // Too little for all of them, however fast the machine.
    made.nextTimeoutMs = 2_000
    const stack = stackOf(isFileGiven ? 'turn_file' : 'turn_digest', COUNT, { environment: 'staging' })
    const plan = await planOf(stack)
    approve(stack, plan, isFileGiven ? plan.file : null)
    const ended = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
    t.is(ended.code, 0, ended.stderr)
    const { run, records } = auditOf(ended)
    t.deepEqual([run.outcome, run.approved_plan], ['changed', plan.digest])
    t.true(invocationsOf(made.arn) >= 2)
    t.log(`${String(invocationsOf(made.arn))} turns`)
    t.is(records.filter(({ object, status }) => object === 'database' && status === 'created').length, COUNT)
    t.deepEqual(
      records.filter(({ action }) => action === 'go on'),
      [],
    )
    stack.env = {}
    t.deepEqual(await stack.plan(), [])
  })

test.serial("through the function the difference to the plan's file is told line by line", async (t) => {
  const made = putFunction(bed())
  const stack = stackOf('turn_other', 1, { environment: 'staging' })
  const plan = await planOf(stack)
  approve(stack, plan, plan.file)
  stack.applications = {
    turn_other_0: { ...stack.applications['turn_other_0'], can_create_databases: true, settings: { work_mem: '9MB' } },
  }
  const ended = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
  t.is(ended.code, 4, ended.stderr)
  const told = auditOf(ended).records.map(({ message }) => message.trim())
  t.true(
    told.some((message) => message.startsWith('+ work_mem = 9MB for turn_other_0_u')),
    told.join('\n'),
  )
})

test.serial('who only waits does so as long as the declaration says, and no longer', async (t) => {
  const made = putFunction(bed(), { timeoutMs: 3_000 })
  const stack = stackOf('turn_wait', 1, { lock_timeout: 3, connect_timeout: 2 })
  const holder = await bed().server.connect({ ...bed().server.admin, database: 'postgres' })
  await holder.query('SELECT pg_advisory_lock(8242267087886938998)')
  const ended = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
  await holder.end()
  t.is(ended.code, 1, ended.stdout)
  t.regex(auditOf(ended).run.error ?? '', /interrupted: the function's time is nearly up|lock/)
  t.true(invocationsOf(made.arn) >= 2)
})

test.serial(
  'a server that is gone is given up when the declaration says, over all turns, as on a runner',
  async (t) => {
    const proxy = await startProxy(bed().server.port)
    t.teardown(() => proxy.close())
    proxy.die()
    const made = putFunction(bed(), {
      timeoutMs: 6_000,
      permits: [permitFor(bed(), { instances: [`localhost:${String(proxy.port)}`] })],
    })
    const stack = stackOf('turn_gone', 1, {
      connect_timeout: 5,
      lock_timeout: 300,
      instance: { host: 'localhost', port: proxy.port },
    })
    const ended = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
    t.is(ended.code, 6, ended.stdout + ended.stderr)
    t.deepEqual(auditOf(ended).run.error_codes, ['server_unreachable'])
    t.true(invocationsOf(made.arn) >= 2)
  },
)

test.serial('a snapshot is waited for in turns: what waits stays closed, one snapshot, and then it goes', async (t) => {
  const made = putFunction(bed(), { timeoutMs: 8_000 })
  const stack = stackOf('turn_snap', 1)
  stack.applications = {
    snap: { database_name: 'turn_snap', username: 'turn_snap_u', cleanup_policy: 'snapshot-and-delete' },
  }
  bed().aws.putInstance('db-1')
  t.is((await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended).code, 0)
  const before = invocationsOf(made.arn)
  const snapshots = bed().aws.snapshots.length
  bed().aws.snapshotsTake({ milliseconds: 9_000 })
  const states: unknown[] = []
  const launched = launchThrough(bed(), stack, made, ['destroy', '--application', 'snap'], JSON_LINES)
  const watch = setInterval(() => {
    void bed()
      .server.sql("SELECT datallowconn AS open FROM pg_database WHERE datname = 'turn_snap'")
      .then(([row]) => states.push(row?.['open'] ?? 'gone'))
  }, 500)
  const ended = await launched.ended
  clearInterval(watch)
  t.is(ended.code, 0, ended.stdout + ended.stderr)
  t.true(invocationsOf(made.arn) - before >= 2, String(invocationsOf(made.arn) - before))
  t.is(bed().aws.snapshots.length, snapshots + 1)
  const closedAt = states.indexOf(false)
  t.true(closedAt >= 0)
  t.false(states.slice(closedAt).includes(true), JSON.stringify(states))
  const { run, records } = auditOf(ended)
  t.is(run.outcome, 'changed')
  t.true(records.some(({ object, action }) => object === 'snapshot' && action === 'share'))
  t.true(records.some(({ object, status }) => object === 'database' && status === 'removed'))
  t.deepEqual(await bed().server.sql("SELECT 1 FROM pg_database WHERE datname = 'turn_snap'"), [])
})
