/** What else goes through the function: the other commands, a request that comes twice, answers of any size. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import * as v from 'valibot'
import { parseLine } from '../../../src/lambda/answer.ts'
import { auditOf, launchThrough, permitFor, putFunction } from '../../support/lambda.ts'
import { helperRows, MASTER_SECRET, putMaster } from '../../support/major-upgrade.ts'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'

const JSON_LINES = { RDS_PROVISION_LOG: 'json', RDS_PROVISION_AUDIT_FILE: '/dev/null' }
const LOCK = 'SELECT pg_advisory_lock(8242267087886938998)'

const [oldest = 14] = VERSIONS
const [newest = 16] = VERSIONS.slice(-1)
const bed = bedFor(newest)
const old = bedFor(oldest)

function stackOf(name: string): Stack {
  return bed().declare({ shop: { database_name: name, username: `${name}_owner` } })
}

test.serial(
  'the very same request, sent again while it runs, is refused; the first one ends as if alone',
  async (t) => {
    const made = putFunction(bed())
    const stack = stackOf('rest_twice')
    const holder = await bed().server.connect({ ...bed().server.admin, database: 'postgres' })
    await holder.query(LOCK)
    const launched = launchThrough(bed(), stack, made, ['apply'], JSON_LINES)
    const ours = "SELECT FROM pg_stat_activity WHERE application_name LIKE 'rds-provision %' AND state = 'idle'"
    for (let left = 300; (await bed().server.sql(ours)).length === 0 && left > 0; left -= 1) await sleep(50)
    await sleep(1_000)
    const sent = bed()
      .aws.callsTo('InvokeWithResponseStream')
      .find(({ params }) => params['FunctionName'] === made.arn)
    let text = ''
    const event = v.parse(v.pipe(v.string(), v.parseJson()), sent?.params['Payload'])
    await made.sandbox().invoke(event, { arn: made.arn, timeoutMs: 30_000, take: (part) => (text += part) })
    const line = parseLine(text.trim().split('\n').at(-1) ?? '')
    t.is(line?.type, 'ended', text)
    if (line?.type === 'ended') t.like(line.run, { outcome: 'blocked', exit_code: 4, error_codes: ['already_running'] })
    await holder.end()
    const ended = await launched.ended
    t.is(ended.code, 0, ended.stdout + ended.stderr)
    t.is(auditOf(ended).run.outcome, 'changed')
  },
)

test.serial('prepare-upgrade goes through the function, as far as it is permitted', async (t) => {
  putMaster(old())
  const stack = old().declare({ shop: {} }, { master_secret_id: MASTER_SECRET })
  const made = putFunction(old())
  t.is((await launchThrough(old(), stack, made, ['apply'], JSON_LINES).ended).code, 0)
  const strict = putFunction(old(), { permits: [permitFor(old(), { commands: ['apply'] })] })
  const refused = await launchThrough(old(), stack, strict, ['prepare-upgrade'], JSON_LINES).ended
  t.is(refused.code, 4, refused.stdout)
  const ended = await launchThrough(old(), stack, made, ['prepare-upgrade'], JSON_LINES).ended
  t.is(ended.code, 0, ended.stdout + ended.stderr)
  t.like(auditOf(ended).run, { command: 'prepare-upgrade', outcome: oldest < 16 ? 'changed' : 'no_change' })
  t.is((await helperRows(old().server)).length > 0, oldest < 16)
})

test.serial(
  'an answer of more than 6 MB arrives as a stream; at once Lambda does not give it, and that is told',
  async (t) => {
    const file = fileURLToPath(new URL('../../support/aws/large-function.mjs', import.meta.url))
    const large = bed().aws.putFunction('large', { file, handler: 'handler', env: {} })
    const streamed = await launchThrough(bed(), stackOf('rest_large'), large, ['apply'], JSON_LINES).ended
    t.is(streamed.code, 4, streamed.stdout)
    t.regex(auditOf(streamed).run.error ?? '', /the last line/)
    bed().aws.fail('InvokeWithResponseStream', { code: 'UnknownOperationException', status: 404 })
    t.teardown(() => {
      bed().aws.heal()
    })
    const whole = await launchThrough(bed(), stackOf('rest_whole'), large, ['apply'], JSON_LINES).ended
    t.is(whole.code, 1, whole.stdout)
    const { run } = auditOf(whole)
    t.like(run, { outcome: 'failed', error_codes: ['function_lost'] })
    t.regex(run.error ?? '', /Function\.ResponseSizeTooLarge/)
  },
)

test.serial('generate goes through the function, and says the same as where the instance is reached', async (t) => {
  const { server } = bed()
  await server.sql('CREATE ROLE "By Hand" LOGIN; CREATE ROLE by_hand_ro NOLOGIN')
  await server.sql('CREATE DATABASE by_hand OWNER "By Hand"')
  const stack = bed().declare({}, { stack: 'generated' })
  const args = ['generate', '--database', 'by_hand', '--format', 'json']
  const here = await stack.bundle(args)
  t.is(here.code, 0, here.stderr)
  t.regex(here.stdout, /"username": "By Hand"/)
  const made = putFunction(bed())
  const there = await launchThrough(bed(), stack, made, args).ended
  t.deepEqual([there.code, there.stdout], [0, here.stdout], there.stderr)

  const strict = putFunction(bed(), { permits: [permitFor(bed(), { commands: ['plan'] })] })
  t.is((await launchThrough(bed(), stack, strict, args).ended).code, 4, 'it tells as much as a report')
  const file = fileURLToPath(new URL('../../support/aws/older-function.mjs', import.meta.url))
  const older = bed().aws.putFunction('older', { file, handler: 'handler', env: {} })
  const refused = await launchThrough(bed(), stack, older, args).ended
  t.is(refused.code, 3, refused.stderr)
  t.regex(refused.stderr, /is of a release that cannot generate/)
})
