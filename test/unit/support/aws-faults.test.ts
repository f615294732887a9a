/** What the stub can do that AWS does on bad days only. */
import { CreateDBSnapshotCommand, DescribeDBSnapshotsCommand, RDSClient } from '@aws-sdk/client-rds'
import {
  BatchGetSecretValueCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import anyTest, { type TestFn } from 'ava'
import { type Aws, startAws } from '../../support/aws.ts'

interface Context {
  readonly aws: Aws
  readonly secrets: SecretsManagerClient
  readonly rds: RDSClient
  readonly sts: STSClient
}

const test = anyTest as TestFn<Context>

test.beforeEach(async (t) => {
  const aws = await startAws()
  const config = {
    endpoint: aws.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
    maxAttempts: 1,
  }
  t.context = { aws, secrets: new SecretsManagerClient(config), rds: new RDSClient(config), sts: new STSClient(config) }
})

test.afterEach.always(async (t) => {
  await t.context.aws.stop()
})

test('calls are recorded with what was asked and by whom', async (t) => {
  const { aws, secrets, sts } = t.context
  aws.putLogin('a', 'user', 'pw')
  await secrets.send(new BatchGetSecretValueCommand({ SecretIdList: ['a'] }))
  await secrets.send(new GetSecretValueCommand({ SecretId: aws.arnOf('a') }))
  await sts.send(new GetCallerIdentityCommand({}))
  t.deepEqual(
    aws.calls.map(({ service, action }) => `${service}:${action}`),
    ['secretsmanager:BatchGetSecretValue', 'secretsmanager:GetSecretValue', 'sts:GetCallerIdentity'],
  )
  t.deepEqual(aws.calls[0]?.params, { SecretIdList: ['a'] })
  t.deepEqual(aws.calls[2]?.caller.accessKeyId, 'AKIATEST')
  t.is(aws.readsOf('a').length, 2)
  t.is(aws.readsOf('b').length, 0)
})

test('a login is the RDS JSON, its stages as asked', async (t) => {
  const { aws, secrets } = t.context
  const first = aws.putLogin('a', 'user', 'one')
  const pending = aws.putLogin('a', 'user', 'two', ['AWSPENDING'])
  const current = await secrets.send(new GetSecretValueCommand({ SecretId: 'a' }))
  t.is(current.VersionId, first)
  t.deepEqual(JSON.parse(current.SecretString ?? ''), { engine: 'postgres', username: 'user', password: 'one' })
  t.is(
    (await secrets.send(new GetSecretValueCommand({ SecretId: 'a', VersionStage: 'AWSPENDING' }))).VersionId,
    pending,
  )
})

test("another account's secret is found by its full ARN only", async (t) => {
  const { aws, secrets } = t.context
  const arn = 'arn:aws:secretsmanager:eu-west-1:999999999999:secret:team/db-AbCdEf'
  aws.putSecret(arn, 'value')
  const { Name, ARN } = await secrets.send(new GetSecretValueCommand({ SecretId: arn }))
  t.deepEqual([Name, ARN], ['team/db', arn])
  await t.throwsAsync(secrets.send(new GetSecretValueCommand({ SecretId: 'team/db' })), {
    name: 'ResourceNotFoundException',
  })
})

test('an action, or one secret, can be denied', async (t) => {
  const { aws, secrets, rds } = t.context
  aws.putSecret('a', 'value')
  aws.putSecret('b', 'value')
  aws.denySecret('b')
  const batch = await secrets.send(new BatchGetSecretValueCommand({ SecretIdList: ['a', 'b'] }))
  t.deepEqual(
    batch.SecretValues?.map(({ Name }) => Name),
    ['a'],
  )
  t.deepEqual(
    batch.Errors?.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode]),
    [['b', 'AccessDeniedException']],
  )
  aws.deny('BatchGetSecretValue')
  aws.deny('DescribeDBSnapshots')
  await t.throwsAsync(secrets.send(new BatchGetSecretValueCommand({ SecretIdList: ['a'] })), {
    name: 'AccessDeniedException',
  })
  await t.throwsAsync(rds.send(new DescribeDBSnapshotsCommand({})), { name: 'AccessDenied' })
  t.is((await secrets.send(new GetSecretValueCommand({ SecretId: 'a' }))).SecretString, 'value')
  aws.heal()
  await t.notThrowsAsync(rds.send(new DescribeDBSnapshotsCommand({})))
})

test('more than 20 secrets in a batch are refused', async (t) => {
  const SecretIdList = Array.from({ length: 21 }, (_, index) => String(index))
  await t.throwsAsync(t.context.secrets.send(new BatchGetSecretValueCommand({ SecretIdList })), {
    name: 'ValidationException',
  })
})

test('a failure strikes as often as asked, with its code and status', async (t) => {
  const { aws, secrets } = t.context
  aws.putSecret('a', 'value')
  aws.fail('GetSecretValue', { code: 'InternalServiceError', status: 503, times: 1 })
  aws.fail('GetSecretValue', {
    code: 'ExpiredTokenException',
    status: 400,
    message: 'The security token included in the request is expired',
    times: 1,
  })
  const read = (): Promise<unknown> => secrets.send(new GetSecretValueCommand({ SecretId: 'a' }))
  const first = await t.throwsAsync(read(), { name: 'InternalServiceError' })
  t.like(first, { $metadata: { httpStatusCode: 503 } })
  await t.throwsAsync(read(), { name: 'ExpiredTokenException', message: /token/ })
  await t.notThrowsAsync(read())
})

test('the SDK itself retries throttling, 5xx and resets', async (t) => {
  const { aws } = t.context
  const patient = new SecretsManagerClient({
    endpoint: aws.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
    maxAttempts: 4,
  })
  aws.putSecret('a', 'value')
  aws.throttle('GetSecretValue', 1)
  aws.fail('GetSecretValue', { code: 'InternalServiceError', times: 1 })
  aws.reset('GetSecretValue', 1)
  t.is((await patient.send(new GetSecretValueCommand({ SecretId: 'a' }))).SecretString, 'value')
  t.is(aws.callsTo('GetSecretValue').length, 4)
})

test("a delayed answer runs into the caller's own timeout", async (t) => {
  const { aws, secrets } = t.context
  aws.putSecret('a', 'value')
  aws.delay('GetSecretValue', 60_000)
  await t.throwsAsync(
    secrets.send(new GetSecretValueCommand({ SecretId: 'a' }), { abortSignal: AbortSignal.timeout(1_000) }),
  )
  t.is(aws.callsTo('GetSecretValue').length, 1)
})

test('a snapshot takes its time, or fails', async (t) => {
  const { aws, rds } = t.context
  aws.putInstance('db')
  const status = async (id: string): Promise<string | undefined> =>
    (await rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: id }))).DBSnapshots?.[0]?.Status
  aws.snapshotsTake({ milliseconds: 60_000 })
  const { DBSnapshot } = await rds.send(
    new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'db', DBSnapshotIdentifier: 'slow' }),
  )
  t.is(DBSnapshot?.SnapshotCreateTime, undefined)
  t.is(await status('slow'), 'creating')
  aws.snapshotsTake({ milliseconds: 0, outcome: 'failed' })
  await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'db', DBSnapshotIdentifier: 'bad' }))
  t.is(await status('bad'), 'failed')
  t.deepEqual(
    aws.snapshots.map(({ id }) => id),
    ['slow', 'bad'],
  )
})

test('filters of DescribeDBSnapshots are obeyed', async (t) => {
  const { aws, rds } = t.context
  for (const instance of ['one', 'two']) {
    aws.putInstance(instance)
    await rds.send(
      new CreateDBSnapshotCommand({ DBInstanceIdentifier: instance, DBSnapshotIdentifier: `snap-${instance}` }),
    )
  }
  const find = async (Name: string, ...Values: string[]): Promise<(string | undefined)[]> =>
    ((await rds.send(new DescribeDBSnapshotsCommand({ Filters: [{ Name, Values }] }))).DBSnapshots ?? []).map(
      ({ DBSnapshotIdentifier }) => DBSnapshotIdentifier,
    )
  t.deepEqual(await find('db-instance-id', 'two'), ['snap-two'])
  t.deepEqual(await find('db-instance-id', 'one', 'two'), ['snap-one', 'snap-two'])
  t.deepEqual((await rds.send(new DescribeDBSnapshotsCommand({ SnapshotType: 'automated' }))).DBSnapshots, [])
})
