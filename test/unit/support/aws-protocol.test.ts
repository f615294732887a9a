/**
 * What the program relies on in AWS, asked through the real SDK clients. Runs against the stub, or against any other
 * endpoint that RDS_PROVISION_TEST_AWS_ENDPOINT names (moto), so that the stub is kept honest.
 */
import { randomUUID } from 'node:crypto'
import {
  AddTagsToResourceCommand,
  CreateDBClusterCommand,
  CreateDBClusterSnapshotCommand,
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  DBClusterNotFoundFault,
  DBClusterSnapshotNotFoundFault,
  DBInstanceNotFoundFault,
  DBSnapshotNotFoundFault,
  DescribeDBClustersCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  ListTagsForResourceCommand,
  RDSClient,
} from '@aws-sdk/client-rds'
import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidParameterException,
  InvalidRequestException,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import test from 'ava'
import { startAws } from '../../support/aws.ts'

const other = process.env['RDS_PROVISION_TEST_AWS_ENDPOINT']
const stub = other === undefined ? await startAws() : null
const config = {
  endpoint: other ?? stub?.endpoint ?? '',
  region: 'eu-west-1',
  credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
}
const secrets = new SecretsManagerClient(config)
const sts = new STSClient(config)
const rds = new RDSClient(config)

test.after.always(async () => {
  await stub?.stop()
})

/** A secret with one version, that no other test uses. */
async function create(value: string): Promise<{ name: string; arn: string; version: string }> {
  const name = `test/${randomUUID()}`
  const { ARN: arn = '', VersionId: version = '' } = await secrets.send(
    new CreateSecretCommand({ Name: name, SecretString: value }),
  )
  return { name, arn, version }
}

test('a secret is read by name and by ARN', async (t) => {
  const { name, arn, version } = await create('{"password":"ü\\"<&"}')
  for (const SecretId of [name, arn]) {
    const { SecretString, VersionId, VersionStages, Name, ARN, CreatedDate } = await secrets.send(
      new GetSecretValueCommand({ SecretId }),
    )
    t.deepEqual(
      { SecretString, VersionId, VersionStages, Name, ARN },
      {
        SecretString: '{"password":"ü\\"<&"}',
        VersionId: version,
        VersionStages: ['AWSCURRENT'],
        Name: name,
        ARN: arn,
      },
    )
    t.true(CreatedDate instanceof Date)
  }
})

test('a binary secret comes as bytes and has no string', async (t) => {
  const name = `test/${randomUUID()}`
  await secrets.send(new CreateSecretCommand({ Name: name, SecretBinary: new Uint8Array([0, 255, 1]) }))
  const { SecretBinary, SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: name }))
  t.deepEqual([...(SecretBinary ?? [])], [0, 255, 1])
  t.is(SecretString, undefined)
})

test('a new value becomes AWSCURRENT, the one before AWSPREVIOUS, and both can be read by label and by id', async (t) => {
  const { name, version } = await create('one')
  const { VersionId } = await secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString: 'two' }))
  t.is((await secrets.send(new GetSecretValueCommand({ SecretId: name }))).SecretString, 'two')
  t.is(
    (await secrets.send(new GetSecretValueCommand({ SecretId: name, VersionStage: 'AWSPREVIOUS' }))).VersionId,
    version,
  )
  t.is((await secrets.send(new GetSecretValueCommand({ SecretId: name, VersionId }))).SecretString, 'two')
})

test('the steps of a rotation move the labels', async (t) => {
  const { name, version } = await create('one')
  const token = randomUUID()
  await secrets.send(
    new PutSecretValueCommand({
      SecretId: name,
      SecretString: 'two',
      ClientRequestToken: token,
      VersionStages: ['AWSPENDING'],
    }),
  )
  t.is((await secrets.send(new GetSecretValueCommand({ SecretId: name }))).SecretString, 'one')
  t.is(
    (await secrets.send(new GetSecretValueCommand({ SecretId: name, VersionId: token, VersionStage: 'AWSPENDING' })))
      .SecretString,
    'two',
  )
  await secrets.send(
    new UpdateSecretVersionStageCommand({
      SecretId: name,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: token,
      RemoveFromVersionId: version,
    }),
  )
  t.is(
    (await secrets.send(new GetSecretValueCommand({ SecretId: name, VersionStage: 'AWSCURRENT' }))).SecretString,
    'two',
  )
  // moto forgets to move its own default with the label (5.2.5), the service does not.
  if (stub !== null) t.is((await secrets.send(new GetSecretValueCommand({ SecretId: name }))).SecretString, 'two')
  const { VersionIdsToStages } = await secrets.send(new DescribeSecretCommand({ SecretId: name }))
  t.true(VersionIdsToStages?.[token]?.includes('AWSCURRENT'))
  t.deepEqual(VersionIdsToStages?.[version], ['AWSPREVIOUS'])
  const { Versions = [] } = await secrets.send(new ListSecretVersionIdsCommand({ SecretId: name }))
  t.deepEqual(Versions.map(({ VersionId }) => VersionId).sort(), [token, version].sort())
})

test('a label in use moves only from the version that has it', async (t) => {
  const { name, version } = await create('one')
  const token = randomUUID()
  await secrets.send(
    new PutSecretValueCommand({
      SecretId: name,
      SecretString: 'two',
      ClientRequestToken: token,
      VersionStages: ['AWSPENDING'],
    }),
  )
  for (const RemoveFromVersionId of [undefined, token]) {
    const move = new UpdateSecretVersionStageCommand({
      SecretId: name,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: token,
      RemoveFromVersionId,
    })
    await t.throwsAsync(secrets.send(move), { instanceOf: InvalidParameterException })
  }
  t.is(
    (await secrets.send(new GetSecretValueCommand({ SecretId: name, VersionStage: 'AWSCURRENT' }))).VersionId,
    version,
  )
})

test('missing secrets, labels and versions are not found', async (t) => {
  const { name } = await create('one')
  for (const input of [
    { SecretId: 'test/none' },
    { SecretId: name, VersionStage: 'AWSPENDING' },
    { SecretId: name, VersionId: randomUUID() },
  ]) {
    await t.throwsAsync(secrets.send(new GetSecretValueCommand(input)), { instanceOf: ResourceNotFoundException })
  }
})

test('a region knows its own secrets only, by name and by ARN', async (t) => {
  const { name, arn } = await create('one')
  const elsewhere = new SecretsManagerClient({ ...config, region: 'us-east-2' })
  for (const SecretId of [name, arn])
    await t.throwsAsync(elsewhere.send(new GetSecretValueCommand({ SecretId })), {
      instanceOf: ResourceNotFoundException,
    })
})

test('a secret marked for deletion cannot be read', async (t) => {
  const { name } = await create('one')
  await secrets.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: 7 }))
  await t.throwsAsync(secrets.send(new GetSecretValueCommand({ SecretId: name })), {
    instanceOf: InvalidRequestException,
  })
  t.true((await secrets.send(new DescribeSecretCommand({ SecretId: name }))).DeletedDate instanceof Date)
})

test('a batch gives values and lists what failed', async (t) => {
  const one = await create('1')
  const two = await create('2')
  const { SecretValues = [], Errors = [] } = await secrets.send(
    new BatchGetSecretValueCommand({ SecretIdList: [one.name, 'test/none', two.arn] }),
  )
  const found = SecretValues.map(({ Name, ARN, VersionId, SecretString }) => [SecretString, Name, ARN, VersionId])
  t.deepEqual(found.sort(), [
    ['1', one.name, one.arn, one.version],
    ['2', two.name, two.arn, two.version],
  ])
  t.deepEqual(
    Errors.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode]),
    [['test/none', 'ResourceNotFoundException']],
  )
})

test('the caller has an ARN and an account', async (t) => {
  const { Arn, Account } = await sts.send(new GetCallerIdentityCommand({}))
  t.regex(Arn ?? '', /^arn:aws:sts::123456789012:/)
  t.is(Account, '123456789012')
})

test('credentials of an assumed role make the caller that role', async (t) => {
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::210987654321:role/provisioner', RoleSessionName: 'run' }),
  )
  t.true(Credentials?.Expiration instanceof Date)
  const assumed = new STSClient({
    ...config,
    credentials: { accessKeyId: Credentials?.AccessKeyId ?? '', secretAccessKey: Credentials?.SecretAccessKey ?? '' },
  })
  const { Arn, Account } = await assumed.send(new GetCallerIdentityCommand({}))
  t.deepEqual([Arn, Account], ['arn:aws:sts::210987654321:assumed-role/provisioner/run', '210987654321'])
})

test('a snapshot is made, found by its instance, and tagged', async (t) => {
  const instance = `db-${randomUUID()}`
  await rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: instance,
      DBInstanceClass: 'db.t4g.micro',
      Engine: 'postgres',
      AllocatedStorage: 20,
      MasterUsername: 'master',
      MasterUserPassword: 'not-a-secret',
    }),
  )
  const id = `snap-${randomUUID()}`
  const { DBSnapshot } = await rds.send(
    new CreateDBSnapshotCommand({
      DBSnapshotIdentifier: id,
      DBInstanceIdentifier: instance,
      Tags: [
        { Key: 'BuildId', Value: '<1 & 2>' },
        { Key: 'ManagedBy', Value: 'platform' },
      ],
    }),
  )
  await rds.send(
    new AddTagsToResourceCommand({ ResourceName: DBSnapshot?.DBSnapshotArn, Tags: [{ Key: 'Late', Value: 'x' }] }),
  )
  const { DBSnapshots = [] } = await rds.send(
    new DescribeDBSnapshotsCommand({ DBInstanceIdentifier: instance, SnapshotType: 'manual' }),
  )
  t.deepEqual(
    DBSnapshots.map((found) => [found.DBSnapshotIdentifier, found.Status, found.SnapshotCreateTime instanceof Date]),
    [[id, 'available', true]],
  )
  const { TagList = [] } = await rds.send(new ListTagsForResourceCommand({ ResourceName: DBSnapshot?.DBSnapshotArn }))
  t.deepEqual(TagList.map(({ Key, Value }) => [Key, Value]).sort(), [
    ['BuildId', '<1 & 2>'],
    ['Late', 'x'],
    ['ManagedBy', 'platform'],
  ])
})

/** A cluster with one member, that no other test uses. */
async function createCluster(): Promise<{ readonly cluster: string; readonly member: string }> {
  const cluster = `cluster-${randomUUID()}`
  const member = `${cluster}-1`
  const Engine = 'aurora-postgresql'
  await rds.send(
    new CreateDBClusterCommand({
      DBClusterIdentifier: cluster,
      Engine,
      MasterUsername: 'master',
      MasterUserPassword: 'not-a-secret',
    }),
  )
  await rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: member,
      DBClusterIdentifier: cluster,
      DBInstanceClass: 'db.t4g.medium',
      Engine,
    }),
  )
  return { cluster, member }
}

test('a member names its cluster, and an instance that stands alone names none', async (t) => {
  const { cluster, member } = await createCluster()
  const { DBInstances: [found] = [] } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: member }))
  t.like(found, { DBInstanceIdentifier: member, DBClusterIdentifier: cluster })
  const { DBClusters: [own] = [] } = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: cluster }))
  t.is(own?.DBClusterIdentifier, cluster)
})

test('a snapshot of a cluster is made, found by its cluster, and tagged', async (t) => {
  const { cluster, member } = await createCluster()
  const id = `snap-${randomUUID()}`
  await rds.send(
    new CreateDBClusterSnapshotCommand({
      DBClusterSnapshotIdentifier: id,
      DBClusterIdentifier: cluster,
      Tags: [{ Key: 'BuildId', Value: '<1 & 2>' }],
    }),
  )
  for (const wanted of [{ DBClusterIdentifier: cluster }, { DBClusterSnapshotIdentifier: id }]) {
    const { DBClusterSnapshots = [] } = await rds.send(
      new DescribeDBClusterSnapshotsCommand({ ...wanted, SnapshotType: 'manual' }),
    )
    t.deepEqual(
      DBClusterSnapshots.map((found) => [found.DBClusterSnapshotIdentifier, found.Status, found.TagList]),
      [[id, 'available', [{ Key: 'BuildId', Value: '<1 & 2>' }]]],
    )
  }
  // moto takes it (5.2.5), the service does not.
  if (stub !== null)
    await t.throwsAsync(
      rds.send(new CreateDBSnapshotCommand({ DBSnapshotIdentifier: id, DBInstanceIdentifier: member })),
      { name: 'InvalidParameterValue', message: /member of a cluster.*CreateDBClusterSnapshot/ },
    )
})

test('instances, clusters and their snapshots that do not exist are errors of their own', async (t) => {
  await t.throwsAsync(rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'none' })), {
    instanceOf: DBInstanceNotFoundFault,
  })
  await t.throwsAsync(rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: 'none' })), {
    instanceOf: DBClusterNotFoundFault,
  })
  await t.throwsAsync(rds.send(new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier: 'none' })), {
    instanceOf: DBClusterSnapshotNotFoundFault,
  })
  await t.throwsAsync(
    rds.send(new CreateDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: 'one', DBClusterIdentifier: 'none' })),
    { instanceOf: DBClusterNotFoundFault },
  )
})

test('a snapshot that does not exist, or of an instance that does not exist, is an error of its own', async (t) => {
  await t.throwsAsync(rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: 'none' })), {
    instanceOf: DBSnapshotNotFoundFault,
  })
  await t.throwsAsync(
    rds.send(new CreateDBSnapshotCommand({ DBSnapshotIdentifier: 'one', DBInstanceIdentifier: 'none' })),
    { name: 'DBInstanceNotFoundFault' },
  )
})
