/** The secret reader and its kin against the AWS stub, over the wire. */
import test from 'ava'
import { createSecretReader } from '../../../src/secrets/aws-secret-reader.ts'
import { iamToken } from '../../../src/secrets/iam-token.ts'
import { readActor } from '../../../src/secrets/identity.ts'
import { AWS_SETTINGS as SETTINGS, startAws } from '../../support/aws.ts'
import type { Aws } from '../../support/aws.ts'
import { problemsOf } from '../../support/aws/problems.ts'

const QUICK = { connect: 1_000, request: 1_000, call: 3_000 }

let aws: Aws
test.before(async () => {
  aws = await startAws()
  Object.assign(process.env, aws.env)
})
test.beforeEach(() => {
  aws.heal()
  aws.calls.length = 0
})
test.after.always(() => aws.stop())

/** Secrets `<prefix>/0` …, each with its own password. */
function putMany(prefix: string, count: number): readonly string[] {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}/${index}`)
  for (const id of ids) aws.putLogin(id, `user of ${id}`, `password of ${id}`)
  return ids
}

test.serial('45 secrets are three calls, and each has its own password', async (t) => {
  const ids = putMany('many', 45)
  const { credentials, problems } = await createSecretReader(SETTINGS).readCurrent([...ids, ...ids])
  t.is(problems.size, 0)
  t.deepEqual(
    [...credentials].map(([id, { secretId, username, password }]) => [id, secretId, username, password.reveal()]),
    ids.map((id) => [id, id, `user of ${id}`, `password of ${id}`]),
  )
  t.is(aws.callsTo('BatchGetSecretValue').length, 3)
  t.is(aws.callsTo('GetSecretValue').length, 0)
})

test.serial('nothing to read is no call', async (t) => {
  const { credentials } = await createSecretReader(SETTINGS).readCurrent([])
  t.is(credentials.size, 0)
  t.is(aws.calls.length, 0)
})

test.serial('the version and its date arrive', async (t) => {
  const versionId = aws.putLogin('dated', 'u', 'p')
  const { credentials } = await createSecretReader(SETTINGS).readCurrent(['dated'])
  t.is(credentials.get('dated')?.versionId, versionId)
  t.true(Math.abs(Date.now() - (credentials.get('dated')?.createdAt?.getTime() ?? 0)) < 60_000)
})

test.serial('a denied batch is read one by one', async (t) => {
  const ids = putMany('single', 23)
  aws.deny('BatchGetSecretValue')
  const { credentials, problems } = await createSecretReader(SETTINGS).readCurrent(ids)
  t.is(problems.size, 0)
  t.deepEqual(
    ids.map((id) => credentials.get(id)?.password.reveal()),
    ids.map((id) => `password of ${id}`),
  )
  t.is(aws.callsTo('GetSecretValue').length, 23)
})

test.serial('every secret in error is named at once, the others are read', async (t) => {
  putMany('mixed', 21)
  for (const id of ['denied', 'deleted', 'binary', 'text', 'empty']) aws.putLogin(id, 'u', 'sentinel')
  aws.denySecret('denied')
  aws.markForDeletion('deleted')
  aws.putSecret('binary', new Uint8Array([1, 2]))
  aws.putSecret('text', 'sentinel')
  aws.putSecret('empty', { username: 'u' })
  const asked = [
    'missing',
    'denied',
    'deleted',
    'binary',
    'text',
    'empty',
    ...Array.from({ length: 21 }, (_, index) => `mixed/${index}`),
  ]
  const { credentials, problems: found } = await createSecretReader(SETTINGS).readCurrent(asked)
  const problems = [...found.values()]
  t.deepEqual(
    problems.map(({ field, message }) => `${field}: ${message.replace(/ \(.*\)/, '')}`),
    [
      'missing: the secret does not exist.',
      'denied: access to the secret is denied.',
      'deleted: the secret is marked for deletion.',
      'binary: the secret is binary.',
      'text: the secret is not a JSON object.',
      'empty: the secret has no password.',
    ],
  )
  for (const { remedy } of problems) t.not(remedy, '')
  t.is(credentials.size, 21)
  t.false(JSON.stringify(problems).includes('sentinel'))
})

test.serial('a key that may not be used is told from a secret that may not be read', async (t) => {
  aws.putLogin('kms', 'u', 'p')
  aws.deny('BatchGetSecretValue')
  for (const failure of [
    { code: 'DecryptionFailure', status: 400 },
    { code: 'AccessDeniedException', status: 400, message: 'Access to KMS is not allowed' },
  ]) {
    aws.fail('GetSecretValue', { ...failure, times: 1 })
    const { problems } = await createSecretReader(SETTINGS).readCurrent(['kms'])
    const problem = problems.get('kms')
    t.is(problem?.code, 'secret_undecryptable')
    t.regex(problem?.message ?? '', /cannot be decrypted/)
    t.regex(problem?.remedy ?? '', /kms:Decrypt/)
  }
})

test.serial('one key of several may not be used: the others are read, in a batch too', async (t) => {
  for (const id of ['key-a', 'key-b']) aws.putLogin(id, id, 'p')
  aws.stored('key-a').keyDenied = true
  const { credentials, problems } = await createSecretReader(SETTINGS).readCurrent(['key-a', 'key-b'])
  t.deepEqual([...credentials.keys()], ['key-b'])
  t.is(problems.get('key-a')?.code, 'secret_undecryptable')
})

test.serial('an account that is throttled is asked again, and told where it stays so', async (t) => {
  aws.putLogin('quota', 'u', 'p')
  aws.throttleAccount(3)
  t.is((await createSecretReader(SETTINGS).readCurrent(['quota'])).credentials.size, 1)
  aws.throttleAccount(Infinity)
  const error = await t.throwsAsync(createSecretReader(SETTINGS).readCurrent(['quota']))
  t.regex(error.message, /every retry was throttled/)
})

test.serial('ARNs, whole and without their end, find their secret; a name means the own account’s', async (t) => {
  const foreign = 'arn:aws:secretsmanager:eu-west-1:222222222222:secret:shared/name-AbCdEf'
  aws.putLogin(foreign, 'u', 'foreign')
  aws.putLogin('shared/name', 'u', 'own')
  const own = aws.arnOf('shared/name')
  const ids = [foreign, 'shared/name', own, own.slice(0, -7)]
  const { credentials } = await createSecretReader(SETTINGS).readCurrent(ids)
  t.deepEqual(
    ids.map((id) => credentials.get(id)?.password.reveal()),
    ['foreign', 'own', 'own', 'own'],
  )
})

test.serial('a secret whose ARN names another region is read there, the others where the run is', async (t) => {
  const names = putMany('here', 3)
  const own = aws.arnOf('here/2')
  const others = ['us-east-2', 'ap-southeast-5'].map(
    (region) => `arn:aws:secretsmanager:${region}:123456789012:secret:there-AbCdEf`,
  )
  for (const arn of others) aws.putLogin(arn, 'u', `password of ${arn}`)
  const reader = createSecretReader(SETTINGS)
  const ids = [...names.slice(0, 2), own, ...others]
  const { credentials, problems } = await reader.readCurrent(ids)
  t.deepEqual([...problems.values()], [])
  t.deepEqual([...credentials.keys()], ids)
  t.deepEqual(
    others.map((arn) => credentials.get(arn)?.password.reveal()),
    others.map((arn) => `password of ${arn}`),
  )
  t.deepEqual(aws.calls.map(({ action, caller }) => `${action} ${caller.region}`).sort(), [
    'BatchGetSecretValue ap-southeast-5',
    'BatchGetSecretValue eu-west-1',
    'BatchGetSecretValue us-east-2',
  ])
  for (const arn of others) t.is((await reader.readStage(arn, 'AWSCURRENT'))?.secretId, arn)
})

test.serial('ARNs alone need no region of the run', async (t) => {
  aws.putLogin('regional', 'u', 'p')
  const arn = aws.arnOf('regional')
  delete process.env['AWS_REGION']
  const { credentials } = await createSecretReader({ ...SETTINGS, region: null })
    .readCurrent([arn])
    .finally(() => Object.assign(process.env, aws.env))
  t.is(credentials.size, 1)
})

test.serial('one version by its label; null where there is none', async (t) => {
  const current = aws.putLogin('staged', 'u', 'current')
  const reader = createSecretReader(SETTINGS)
  t.is(await reader.readStage('staged', 'AWSPENDING'), null)
  const pending = aws.putLogin('staged', 'u', 'pending', ['AWSPENDING'])
  t.like(await reader.readStage('staged', 'AWSPENDING'), { secretId: 'staged', versionId: pending })
  t.is((await reader.readStage('staged', 'AWSPENDING'))?.password.reveal(), 'pending')
  t.is((await reader.readStage('staged', 'AWSCURRENT'))?.versionId, current)
  t.is(await reader.readStage('staged', 'AWSPREVIOUS'), null)
  aws.denySecret('staged')
  const [problem] = await problemsOf(reader.readStage('staged', 'AWSCURRENT'))
  t.is(problem?.field, 'staged')
})

test.serial('throttling, 5xx and reset connections are retried', async (t) => {
  const [id = ''] = putMany('retried', 1)
  aws.throttle('BatchGetSecretValue', 1)
  aws.fail('BatchGetSecretValue', { code: 'InternalServiceError', status: 500, times: 1 })
  aws.reset('BatchGetSecretValue', 1)
  const { credentials } = await createSecretReader(SETTINGS).readCurrent([id])
  t.is(credentials.get(id)?.password.reveal(), `password of ${id}`)
  t.is(aws.callsTo('BatchGetSecretValue').length, 4)
})

for (const code of ['ExpiredTokenException', 'UnrecognizedClientException', 'InvalidSignatureException']) {
  test.serial(`${code} is one error, whatever the number of secrets`, async (t) => {
    const ids = putMany('expired', 41)
    aws.fail('BatchGetSecretValue', { code, status: 400 })
    const problems = await problemsOf(createSecretReader(SETTINGS).readCurrent(ids))
    t.deepEqual(
      problems.map(({ field }) => field),
      ['AWS credentials'],
    )
    t.is(aws.callsTo('GetSecretValue').length, 0)
  })
}

test.serial('a service that does not answer ends within its limit, as one error', async (t) => {
  aws.delay('BatchGetSecretValue', 60_000)
  const [problem, ...others] = await problemsOf(
    createSecretReader(SETTINGS, { ...QUICK, request: 200 }).readCurrent(putMany('slow', 100)),
  )
  t.is(problem?.field, 'AWS Secrets Manager')
  t.regex(problem?.message ?? '', /Timeout/)
  t.deepEqual(others, [])
})

test.serial('a service that keeps failing is one error that says so', async (t) => {
  aws.fail('BatchGetSecretValue', { code: 'InternalServiceError', status: 500 })
  const [problem] = await problemsOf(createSecretReader(SETTINGS).readCurrent(['x']))
  t.like(problem, { application: null, field: 'AWS Secrets Manager' })
  t.regex(problem?.message ?? '', /InternalServiceError/)
})

test.serial('an endpoint that nobody listens on is one error', async (t) => {
  process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:1'
  const [problem, ...others] = await problemsOf(createSecretReader(SETTINGS, QUICK).readCurrent(['x'])).finally(() =>
    Object.assign(process.env, aws.env),
  )
  t.is(problem?.field, 'AWS Secrets Manager')
  t.regex(problem?.message ?? '', /ECONNREFUSED/)
  t.deepEqual(others, [])
})

test.serial('without credentials there is one error with a remedy', async (t) => {
  delete process.env['AWS_ACCESS_KEY_ID']
  const [problem, ...others] = await problemsOf(createSecretReader(SETTINGS, QUICK).readCurrent(['x'])).finally(() =>
    Object.assign(process.env, aws.env),
  )
  t.is(problem?.field, 'AWS credentials')
  t.deepEqual(others, [])
})

test.serial('without a region there is one error with a remedy', async (t) => {
  delete process.env['AWS_REGION']
  const [problem] = await problemsOf(
    createSecretReader({ ...SETTINGS, region: null }, QUICK).readCurrent(['x']),
  ).finally(() => Object.assign(process.env, aws.env))
  t.is(problem?.field, 'aws_region')
})

test.serial('the caller is who STS says', async (t) => {
  const actor = await readActor(SETTINGS)
  t.is(actor.account, '123456789012')
  t.regex(actor.arn, /^arn:aws:(sts|iam)::123456789012:/)
  aws.fail('GetCallerIdentity', { code: 'ExpiredToken', status: 403 })
  t.deepEqual(
    (await problemsOf(readActor(SETTINGS))).map(({ field }) => field),
    ['AWS credentials'],
  )
})

test.serial('a role is assumed where the declaration names one', async (t) => {
  const [id = ''] = putMany('assumed', 1)
  const settings = { ...SETTINGS, assumeRoleArn: 'arn:aws:iam::123456789012:role/provisioner' }
  const { credentials } = await createSecretReader(settings).readCurrent([id])
  t.is(credentials.size, 1)
  t.is(aws.callsTo('AssumeRole')[0]?.params['RoleArn'], settings.assumeRoleArn)
  aws.deny('AssumeRole')
  const [problem] = await problemsOf(createSecretReader(settings).readCurrent([id]))
  t.is(problem?.field, 'assume_role_arn')
})

test.serial('the region of an IAM token is that of its host, in every partition', async (t) => {
  const hosts: readonly (readonly [string, string])[] = [
    ['db.abc.us-east-2.rds.amazonaws.com', 'us-east-2'],
    ['shop.cluster-ro-abc.ap-southeast-5.rds.amazonaws.com', 'ap-southeast-5'],
    ['db.abc.us-gov-west-1.rds.amazonaws.com', 'us-gov-west-1'],
    ['db.abc.rds.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['db.example.com', 'eu-west-1'],
    ['rds.amazonaws.com.example.com', 'eu-west-1'],
  ]
  for (const [host, region] of hosts) {
    const token = await iamToken({ endpoint: { host, port: 5432 }, username: 'u', aws: SETTINGS })
    const scope = new URL(`https://${token.reveal()}`).searchParams.get('X-Amz-Credential')
    t.regex(scope ?? '', new RegExp(`/${region}/rds-db/`), host)
  }
})

test.serial('an IAM token is signed for the instance and the login', async (t) => {
  const endpoint = { host: 'db.abc.eu-west-1.rds.amazonaws.com', port: 5432 }
  const token = await iamToken({ endpoint, username: 'platform_provisioner', aws: SETTINGS })
  const url = new URL(`https://${token.reveal()}`)
  t.is(url.host, 'db.abc.eu-west-1.rds.amazonaws.com:5432')
  t.like(Object.fromEntries(url.searchParams), {
    Action: 'connect',
    DBUser: 'platform_provisioner',
    'X-Amz-Expires': '900',
  })
  t.regex(url.searchParams.get('X-Amz-Credential') ?? '', /^AKIATEST\/\d+\/eu-west-1\/rds-db\/aws4_request$/)
  t.is(String(token), '[redacted]')
})
