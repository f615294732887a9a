/** What can happen between runner and function: no run is lost, none is done twice, and each has its audit. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { auditOf, launchThrough, permitFor, putFunction } from '../../support/lambda.ts'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'

const JSON_LINES = { RDS_PROVISION_LOG: 'json', RDS_PROVISION_AUDIT_FILE: '/dev/null' }

const [version = 16] = VERSIONS.slice(-1)
const bed = bedFor(version)

function stackOf(name: string, count = 1): Stack {
  const names = Array.from({ length: count }, (_, index) => `${name}_${String(index)}`)
  return bed().declare(
    Object.fromEntries(names.map((database) => [database, { database_name: database, username: `${database}_u` }])),
  )
}

test.afterEach.always(() => {
  bed().aws.heal()
})

test.serial('too many at once, a function that is not ready: asked again, since it did not run', async (t) => {
  for (const [code, status] of [
    ['TooManyRequestsException', 429],
    ['ResourceNotReadyException', 502],
    ['ResourceConflictException', 409],
    ['ENINotReadyException', 502],
  ] as const) {
    const made = putFunction(bed())
    bed().aws.fail('InvokeWithResponseStream', { code, status, times: 2 })
    const stack = stackOf(`f_${String(status)}_${code.slice(0, 3).toLowerCase()}`)
    const ended = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
    t.is(ended.code, 0, ended.stdout + ended.stderr)
    t.regex(ended.stderr, new RegExp(`did not begin \\(${code}`))
    bed().aws.heal()
  }
})

test.serial('a refusal, and an error of Lambda that may come after the run, are not asked again', async (t) => {
  const made = putFunction(bed())
  const stack = stackOf('f_once')
  const invocations = (): number => bed().aws.callsTo('InvokeWithResponseStream').length
  bed().aws.deny('InvokeWithResponseStream')
  const before = invocations()
  const denied = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
  t.is(denied.code, 5, denied.stdout)
  t.like(auditOf(denied).run, { outcome: 'failed', error_codes: ['aws_refused'] })
  t.is(invocations(), before + 1)
  bed().aws.heal()
  bed().aws.fail('InvokeWithResponseStream', { code: 'ServiceException', status: 500 })
  const failed = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
  t.is(failed.code, 1, failed.stdout)
  t.like(auditOf(failed).run, { outcome: 'failed', error_codes: ['function_lost'] })
  t.is(invocations(), before + 2)
})

test.serial('a function that is not there is exit 5, and named', async (t) => {
  const made = putFunction(bed())
  const arn = `${made.arn}-gone`
  const { code, stdout } = await stackOf('f_gone').bundle(['apply', '--runner', arn], JSON_LINES)
  t.is(code, 5)
  t.regex(stdout, /Function not found: .*-gone/)
})

test.serial('cut before the function began: nobody knows, so the audit says that and names the log', async (t) => {
  const made = putFunction(bed())
  bed().aws.reset('InvokeWithResponseStream', 1)
  const ended = await launchThrough(bed(), stackOf('f_before'), made, ['apply'], JSON_LINES).ended
  t.is(ended.code, 1, ended.stdout)
  const { run } = auditOf(ended)
  t.like(run, { outcome: 'failed', error_codes: ['function_lost'] })
  t.regex(
    run.error ?? '',
    new RegExp(`/aws/lambda/${made.arn.split(':').at(-1) ?? ''}, under the run id ${run.run_id}`),
  )
})

test.serial(
  'cut while it runs: the function ends its run, its log has all records, the next run changes nothing',
  async (t) => {
    const made = putFunction(bed())
    const stack = stackOf('f_while', 8)
    made.cutAfter = 3000
    const ended = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
    t.is(ended.code, 1, ended.stdout)
    const { run, records } = auditOf(ended)
    t.like(run, { outcome: 'failed', error_codes: ['function_lost'] })
    t.regex(run.error ?? '', /under the request [0-9a-f-]+ and the run id/)
    t.true(records.length > 0)
    t.true(records.some(({ status }) => status === 'created'))
    for (let left = 100; made.running > 0 && left > 0; left -= 1) await sleep(100)
    t.is(made.running, 0)
    const logged = made.log.split('\n').filter((line) => line.startsWith('{"type":"record"')).length
    t.true(logged > records.length)
    t.regex(made.log, /"type":"run".*"outcome":"changed"/)
    const again = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
    t.is(again.code, 0, again.stdout)
    t.is(auditOf(again).run.outcome, 'no_change')
  },
)

test.serial('cut after its last line: the run is known whole', async (t) => {
  const made = putFunction(bed())
  made.cutAfter = 1_000_000
  const ended = await launchThrough(bed(), stackOf('f_after'), made, ['apply'], JSON_LINES).ended
  t.is(ended.code, 0, ended.stdout)
  t.is(auditOf(ended).run.outcome, 'changed')
})

test.serial('a sandbox that dies: the audit has what was told, the next run goes on', async (t) => {
  const made = putFunction(bed())
  const stack = stackOf('f_dies', 6)
  made.dieAfter = 2500
  const ended = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
  t.is(ended.code, 1, ended.stdout)
  t.regex(auditOf(ended).run.error ?? '', /Runtime exited with error/)
  const again = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
  t.is(again.code, 0, again.stdout)
  t.is(auditOf(await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended).run.outcome, 'no_change')
})

test.serial('the client is told to stop: it says where the rest is', async (t) => {
  const made = putFunction(bed())
  const stack = stackOf('f_signal', 12)
  const launched = launchThrough(bed(), stack, made, ['apply'], JSON_LINES)
  for (let left = 200; !launched.output().includes('"created"') && left > 0; left -= 1) await sleep(50)
  launched.kill('SIGTERM')
  const ended = await launched.ended
  t.is(ended.code, 1, ended.stdout)
  t.regex(auditOf(ended).run.error ?? '', /broke off \(received SIGTERM\)/)
  for (let left = 100; made.running > 0 && left > 0; left -= 1) await sleep(100)
  t.is(auditOf(await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended).run.outcome, 'no_change')
})

test.serial('two at once: one waits for the lock, and both end well', async (t) => {
  const made = putFunction(bed())
  const [one, two] = [stackOf('f_one', 3), stackOf('f_two', 3)]
  const both = await Promise.all(
    [one, two].map((stack) => launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended),
  )
  t.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
  )
})

test.serial('one at a time: the second one is asked again until the first has ended', async (t) => {
  const made = putFunction(bed(), { concurrency: 1 })
  const both = await Promise.all(
    [stackOf('f_three', 3), stackOf('f_four', 3)].map(
      (stack) => launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended,
    ),
  )
  t.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
    JSON.stringify(both),
  )
})

test.serial('a region without streaming: all at the end, compressed', async (t) => {
  bed().aws.fail('InvokeWithResponseStream', { code: 'UnknownOperationException', status: 404 })
  const made = putFunction(bed())
  const ended = await launchThrough(bed(), stackOf('f_whole', 3), made, ['apply'], JSON_LINES).ended
  t.is(ended.code, 0, ended.stdout + ended.stderr)
  t.is(auditOf(ended).run.outcome, 'changed')
  t.true(auditOf(ended).records.length > 10)
  made.dieAfter = 1
  const died = await launchThrough(bed(), stackOf('f_whole_dies'), made, ['apply'], JSON_LINES).ended
  t.is(died.code, 1, died.stdout)
})

test.serial("a request that is too large is exit 3, by our own measure and by Lambda's", async (t) => {
  const made = putFunction(bed())
  const stack = stackOf('f_large')
  const invocations = (): number => bed().aws.callsTo('InvokeWithResponseStream').length
  const before = invocations()
  // What does not compress.
  const noise = randomBytes(6_000_000)
    .toString('base64')
    .match(/.{1,200}/g)
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-large-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const input = join(folder, 'input.json')
  await writeFile(input, JSON.stringify({ ...stack.input(), accept_tags_from: noise }))
  const own = await launchThrough(bed(), stack, made, ['apply', '--input', input], JSON_LINES).ended
  t.is(own.code, 3, own.stdout)
  t.is(invocations(), before)
  bed().aws.fail('InvokeWithResponseStream', { code: 'RequestTooLargeException', status: 413 })
  const refused = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
  t.is(refused.code, 3, refused.stdout)
  for (const ended of [own, refused]) t.like(auditOf(ended).run, { error_codes: ['request_too_large'] })
})

test.serial('an answer that is none of ours is told, and no line of it is believed', async (t) => {
  const other = bed().aws.putFunction('something-else', {
    file: fileURLToPath(new URL('../../support/aws/other-function.mjs', import.meta.url)),
    handler: 'handler',
    env: {},
  })
  const ended = await launchThrough(bed(), stackOf('f_other'), other, ['apply'], JSON_LINES).ended
  t.is(ended.code, 1, ended.stdout)
  t.regex(auditOf(ended).run.error ?? '', /is it the function of this project\?/)
})

test.serial('a function may be permitted less than the runner asks: exit 4 with the audit of a run', async (t) => {
  const made = putFunction(bed(), { permits: [permitFor(bed(), { commands: ['plan'] })] })
  const stack = stackOf('f_look')
  t.is((await launchThrough(bed(), stack, made, ['plan'], JSON_LINES).ended).code, 0)
  t.is((await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended).code, 4)
})
