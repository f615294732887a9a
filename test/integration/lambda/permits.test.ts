/** The function does not believe its caller: each attack on what it takes for proof, and on its own list. */
import { randomUUID } from 'node:crypto'
import test from 'ava'
import * as v from 'valibot'
import { parseLine } from '../../../src/lambda/answer.ts'
import { auditOf, launchThrough, permitFor, putFunction } from '../../support/lambda.ts'
import type { LambdaFunction } from '../../support/aws.ts'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'

const JSON_LINES = { RDS_PROVISION_LOG: 'json', RDS_PROVISION_AUDIT_FILE: '/dev/null' }

const Sent = v.object({
  protocol: v.number(),
  tool_version: v.string(),
  request: v.string(),
  proof: v.object({ date: v.string(), authorization: v.string(), token: v.nullable(v.string()) }),
})
type Sent = v.InferOutput<typeof Sent>

const [version = 16] = VERSIONS.slice(-1)
const bed = bedFor(version)

function stackOf(name: string, more: object = {}): Stack {
  return bed().declare({ shop: { database_name: name, username: `${name}_owner` } }, { ...more })
}

/** What the client sent last to a function. */
function sentTo(made: LambdaFunction): Sent {
  const name = made.arn
  const calls = bed().aws.callsTo('InvokeWithResponseStream')
  const last = calls.filter(({ params }) => params['FunctionName'] === name).at(-1)
  return v.parse(v.pipe(v.string(), v.parseJson(), Sent), last?.params['Payload'])
}

/** The function's answer to an event that somebody sends by hand. */
async function answerTo(made: LambdaFunction, event: unknown): Promise<string> {
  let text = ''
  const sandbox = made.sandbox()
  await sandbox.invoke(event, { arn: made.arn, timeoutMs: 30_000, take: (part) => (text += part) })
  const line = parseLine(text.trim().split('\n').at(-1) ?? '')
  return line?.type === 'refused' ? line.problems.map(({ code, message }) => `${code}: ${message}`).join() : text
}

/** As somebody would who has a request that was made: its text is another one's, the proof the same. */
function changed(sent: Sent, change: (request: Record<string, unknown>) => object): Sent {
  const request = v.parse(v.record(v.string(), v.unknown()), JSON.parse(sent.request))
  return { ...sent, request: JSON.stringify(change(request)) }
}

test('what no permit allows is refused before anything is read, even who asks', async (t) => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ environments: ['prod'] }, /no apply of the stack/],
    [{ stacks: ['others/*'] }, /no apply of the stack/],
    [{ instances: ['another.host'] }, /no apply of the stack/],
    [{ commands: ['plan', 'report'] }, /no apply of the stack/],
  ]
  for (const [given, said] of cases) {
    const stack = stackOf('permit_none')
    const made = putFunction(bed(), { permits: [permitFor(bed(), given)] })
    const { code, stdout } = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
    t.is(code, 4, stdout)
    const { run } = auditOf({ code, stdout, stderr: '' })
    t.like(run, { outcome: 'blocked', error_codes: ['not_permitted'], actor: null })
    t.regex(run.error ?? '', said)
    t.deepEqual(bed().aws.readsOf(stack.secretId('shop')), [])
    t.false(
      bed()
        .aws.callsTo('GetCallerIdentity')
        .some(({ caller }) => made.arn.toUpperCase().includes(caller.accessKeyId)),
    )
  }
})

test('without a list the function does nothing; with one that cannot be read it says so', async (t) => {
  for (const [value, code] of [
    ['', 4],
    ['[]', 4],
    ['[{}]', 3],
    ['no json', 3],
  ] as const) {
    const made = putFunction(bed(), { env: { RDS_PROVISION_PERMITS: value } })
    const ended = await launchThrough(bed(), stackOf('permit_empty'), made, ['apply'], JSON_LINES).ended
    t.is(ended.code, code, ended.stdout)
  }
})

test('two permits do not make up for each other', async (t) => {
  const other = { environments: ['prod'], callers: ['arn:aws:sts::123456789012:assumed-role/deployer/*'] }
  const made = putFunction(bed(), {
    permits: [permitFor(bed(), { callers: ['arn:aws:iam::123456789012:role/somebody'] }), permitFor(bed(), other)],
  })
  const { code, stdout } = await launchThrough(bed(), stackOf('permit_two'), made, ['apply'], JSON_LINES).ended
  t.is(code, 4)
  t.regex(stdout, /no apply of the stack .* for arn:aws:sts::123456789012:assumed-role\/deployer\/test/)
})

test('a caller is let in by its role, whatever path the role has; another is not', async (t) => {
  const made = putFunction(bed(), {
    permits: [permitFor(bed(), { callers: ['arn:aws:iam::123456789012:role/ci/friend'] })],
  })
  const stack = stackOf('permit_role')
  const friend = bed().aws.putCaller('friend', 'run-77')
  const welcome = await launchThrough(bed(), stack, made, ['apply'], { ...JSON_LINES, ...friend }).ended
  t.is(welcome.code, 0, welcome.stdout)
  t.is(auditOf(welcome).run.actor?.arn, 'arn:aws:sts::123456789012:assumed-role/friend/run-77')
  const foe = bed().aws.putCaller('friendly')
  const refused = await launchThrough(bed(), stack, made, ['apply'], { ...JSON_LINES, ...foe }).ended
  t.is(refused.code, 4, refused.stdout)
})

test('whoever has no key of the caller proves nothing', async (t) => {
  const made = putFunction(bed())
  const forged = { ...bed().aws.putCaller('forged'), AWS_SECRET_ACCESS_KEY: 'guessed' }
  const { code, stdout } = await launchThrough(bed(), stackOf('permit_forged'), made, ['apply'], {
    ...JSON_LINES,
    ...forged,
  }).ended
  t.is(code, 4)
  t.regex(stdout, /AWS STS does not know the signature \(SignatureDoesNotMatch\)/)
})

test('a proof is good once, for one request, to one function, and for minutes', async (t) => {
  const made = putFunction(bed())
  const stack = stackOf('permit_replay')
  t.is((await launchThrough(bed(), stack, made, ['plan'], JSON_LINES).ended).code, 0)
  const sent = sentTo(made)
  t.regex(await answerTo(made, sent), /unproven_caller: .*used before/)
  const fresh = putFunction(bed())
  // Another function: the signature was not made for it.
  t.regex(await answerTo(fresh, sent), /unproven_caller: .*SignatureDoesNotMatch/)
  // Another sandbox of the same one, and another request.
  made.stop()
  const other = changed(sent, (request) => ({ ...request, command: 'apply', tell: null }))
  t.regex(await answerTo(made, other), /unproven_caller: .*SignatureDoesNotMatch/)
  const renewed = changed(sent, (request) => ({ ...request, id: randomUUID() }))
  t.regex(await answerTo(made, renewed), /unproven_caller/)
})

test('a proof that does not sign all that it has to is none, whoever made it', async (t) => {
  const made = putFunction(bed())
  t.is((await launchThrough(bed(), stackOf('permit_unsigned'), made, ['plan'], JSON_LINES).ended).code, 0)
  const sent = sentTo(made)
  const with_ = (proof: object): unknown => ({ ...sent, proof: { ...sent.proof, ...proof } })
  const { authorization } = sent.proof
  const cases = [
    with_({ authorization: authorization.replace(';x-rds-provision-function', '') }),
    with_({ authorization: authorization.replace(';x-rds-provision-request', '') }),
    with_({ authorization: authorization.replace('x-amz-date;', '') }),
    with_({ authorization: authorization.replace('eu-west-1', 'us-east-1') }),
    with_({ authorization: authorization.replace('/sts/', '/s3/') }),
    with_({ authorization: '' }),
    with_({ token: 'a b' }),
    with_({ token: 'x\r\nhost: evil' }),
    with_({ date: '20200101T000000Z' }),
    with_({ date: 'now' }),
    with_({ date: sent.proof.date.replace('T', 'X') }),
  ]
  for (const event of cases) t.regex(await answerTo(made, event), /^unproven_caller/)
})

test('nothing in a request names where it is asked, as whom, or which file is read', async (t) => {
  const made = putFunction(bed())
  const stack = stackOf('permit_ssrf', {
    connect_through: { host: '127.0.0.1', port: bed().server.port },
  })
  const tunnel = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
  t.is(tunnel.code, 4)
  t.regex(tunnel.stdout, /connect_through is set/)
  // A path and a role of the runner are not the function's.
  const assuming = stackOf('permit_paths', {
    assume_role_arn: 'arn:aws:iam::123456789012:role/deployer',
    tls: { ca_file: bed().server.caFile },
  })
  const assumed = await launchThrough(bed(), assuming, made, ['apply'], JSON_LINES).ended
  t.is(assumed.code, 0, assumed.stdout)
  const roles = bed()
    .aws.callsTo('AssumeRole')
    .map(({ caller }) => caller.accessKeyId)
  t.true(roles.length > 0 && roles.every((key) => key === 'AKIATEST'))
})

test('an account that is not expected is that of the function', async (t) => {
  const made = putFunction(bed())
  const stack = stackOf('permit_account', { expected_account: '999999999999' })
  const { code, stdout } = await launchThrough(bed(), stack, made, ['apply'], JSON_LINES).ended
  t.is(code, 4)
  t.regex(stdout, /the function is in the AWS account 123456789012/)
})

test('another protocol is exit 3, and says which side to update', async (t) => {
  const made = putFunction(bed())
  t.is((await launchThrough(bed(), stackOf('permit_protocol'), made, ['plan'], JSON_LINES).ended).code, 0)
  const sent = sentTo(made)
  t.regex(
    await answerTo(made, { ...sent, protocol: 2 }),
    /other_protocol: the function speaks protocol 1 .*the caller 2/,
  )
  t.regex(await answerTo(made, {}), /other_protocol: .*the caller none/)
  t.regex(await answerTo(made, { ...sent, request: '{"id":1}' }), /other_protocol: .*cannot read the request/)
  t.regex(
    await answerTo(
      made,
      changed(sent, (request) => ({ ...request, turn: 0 })),
    ),
    /other_protocol/,
  )
})
