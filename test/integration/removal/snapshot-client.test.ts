/** What is asked of RDS for a snapshot, against the stand-in (src/README.md: Snapshots). */
import test, { type ExecutionContext } from 'ava'
import { AwsError } from '../../../src/errors.ts'
import type { SnapshotSource } from '../../../src/model/snapshot.ts'
import { createSnapshotClient } from '../../../src/snapshot/client.ts'
import type { SnapshotClient } from '../../../src/snapshot/snapshot-client.ts'
import { type Aws, AWS_SETTINGS, startAws } from '../../support/aws.ts'

let aws: Aws
let client: SnapshotClient
test.before(async () => {
  aws = await startAws()
  Object.assign(process.env, aws.env)
  aws.putInstance('alone')
  aws.putCluster('orders')
  aws.putInstance('orders-1', 'orders')
  aws.putInstance('orders-2', 'orders')
  aws.putInstance('other')
  aws.putCluster('billing')
  client = await createSnapshotClient(AWS_SETTINGS)
})
test.beforeEach(() => {
  aws.heal()
  aws.calls.length = 0
})
test.after.always(async () => {
  client.close()
  await aws.stop()
})

/** The one problem that it ends with, as code, text and remedy. */
async function refusal(t: ExecutionContext, work: Promise<unknown>): Promise<string> {
  const error = await t.throwsAsync(work, { instanceOf: AwsError })
  t.is(error.problems.length, 1)
  const [{ code, message, remedy } = { code: '', message: '', remedy: '' }] = error.problems
  return `${code}: ${message} ${remedy}`
}

test.serial('an identifier is an instance, a cluster, or that of which the instance is a member', async (t) => {
  t.deepEqual(await client.locate('alone'), { kind: 'instance', id: 'alone' })
  t.deepEqual(await client.locate('Alone'), { kind: 'instance', id: 'alone' })
  t.deepEqual(aws.callsTo('DescribeDBClusters'), [])
  t.deepEqual(await client.locate('orders-1'), { kind: 'cluster', id: 'orders' })
  t.deepEqual(await client.locate('ORDERS'), { kind: 'cluster', id: 'orders' })
})

test.serial('what is neither is told, with the region and what to set', async (t) => {
  t.is(
    await refusal(t, client.locate('nobody')),
    'snapshot_failed: AWS knows neither an instance nor a cluster of the name "nobody" in eu-west-1. ' +
      'Set instance.identifier to the identifier of the RDS instance, or of its cluster, and aws_region to its region.',
  )
})

const DOMAIN = 'c0ffee1234.eu-west-1.rds.amazonaws.com'

test.serial('the host that is connected to is of what the identifier names, as far as its name says', async (t) => {
  const same: readonly (readonly [identifier: string, host: string, id: string])[] = [
    ['alone', `alone.${DOMAIN}`, 'alone'],
    ['ALONE', `Alone.${DOMAIN}.`, 'alone'],
    ['alone', 'db.example.internal', 'alone'],
    ['orders', `orders.cluster-${DOMAIN}`, 'orders'],
    ['orders', `orders-1.${DOMAIN}`, 'orders'],
    ['orders-1', `orders.cluster-ro-${DOMAIN}`, 'orders'],
    ['orders-1', `orders-2.${DOMAIN}`, 'orders'],
    ['orders-1', `analytics.cluster-custom-${DOMAIN}`, 'orders'],
  ]
  for (const [identifier, host, id] of same) t.like(await client.locate(identifier, host), { id }, host)
  const others: readonly (readonly [identifier: string, host: string])[] = [
    ['alone', `other.${DOMAIN}`],
    ['alone', `unknown.${DOMAIN}`],
    ['alone', `orders-1.${DOMAIN}`],
    ['alone', `orders.cluster-${DOMAIN}`],
    ['orders', `alone.${DOMAIN}`],
    ['orders-1', `billing.cluster-${DOMAIN}`],
    ['alone', `alone.${DOMAIN.replace('eu-west-1', 'us-east-1')}`],
  ]
  for (const [identifier, host] of others)
    t.is(
      await refusal(t, client.locate(identifier, host)),
      `snapshot_failed: A snapshot of "${identifier}" in eu-west-1 would not hold what is on ${host}, ` +
        "which is another's. " +
        'Set instance.identifier to the identifier of the RDS instance, or of its cluster, ' +
        'and aws_region to its region.',
    )
})

const CLUSTER: SnapshotSource = { kind: 'cluster', id: 'orders' }
const INSTANCE: SnapshotSource = { kind: 'instance', id: 'alone' }

test.serial('a denied call names the permission that is missing', async (t) => {
  const calls: readonly (readonly [action: string, permissions: string, make: () => Promise<unknown>])[] = [
    ['DescribeDBInstances', 'rds:DescribeDBInstances', () => client.locate('alone')],
    ['DescribeDBClusters', 'rds:DescribeDBClusters', () => client.locate('orders')],
    ['DescribeDBSnapshots', 'rds:DescribeDBSnapshots', () => client.list(INSTANCE)],
    ['DescribeDBClusterSnapshots', 'rds:DescribeDBClusterSnapshots', () => client.find('one', CLUSTER)],
    [
      'CreateDBSnapshot',
      'rds:CreateDBSnapshot and rds:AddTagsToResource',
      () => client.create('one', INSTANCE, new Map()),
    ],
    [
      'CreateDBClusterSnapshot',
      'rds:CreateDBClusterSnapshot and rds:AddTagsToResource',
      () => client.create('one', CLUSTER, new Map()),
    ],
  ]
  for (const [action, permissions, make] of calls) {
    aws.deny(action)
    const told = await refusal(t, make())
    t.regex(told, /^snapshot_failed: /, action)
    t.true(told.endsWith(`Allow ${permissions} to the runner.`), told)
    aws.heal()
  }
})

test.serial('snapshots of both kinds are made, listed by their source, and found, each by its own calls', async (t) => {
  const tags = new Map([['BuildId', '7']])
  for (const source of [INSTANCE, CLUSTER]) {
    t.deepEqual(await client.list(source), [])
    t.true(await client.create('one', source, tags))
    t.deepEqual(await client.list(source), [{ id: 'one', status: 'available', percent: 100, tags }])
    t.deepEqual(await client.find('one', source), { id: 'one', status: 'available', percent: 100, tags })
    t.is(await client.find('two', source), null)
  }
  t.deepEqual(
    aws.snapshots.map(({ kind, source }) => [kind, source]),
    [
      ['instance', 'alone'],
      ['cluster', 'orders'],
    ],
  )
  aws.snapshotsTake({ milliseconds: 60_000 })
  t.true(await client.create('slow', CLUSTER, tags))
  t.like(await client.find('slow', CLUSTER), { status: 'creating', percent: 0 })
  aws.snapshotsTake({ milliseconds: 0 })
})

test.serial('a busy cluster is no refusal, and its quota is one', async (t) => {
  aws.fail('CreateDBClusterSnapshot', { code: 'InvalidDBClusterStateFault', status: 400, times: 1 })
  t.false(await client.create('busy', CLUSTER, new Map()))
  aws.fail('CreateDBClusterSnapshot', { code: 'SnapshotQuotaExceeded', status: 400, times: 1 })
  t.regex(await refusal(t, client.create('full', CLUSTER, new Map())), /SnapshotQuotaExceeded.*Delete old manual/)
})

test.serial("what RDS refuses of a member, it refuses: 'locate' was not asked", async (t) => {
  t.regex(
    await refusal(t, client.create('member', { kind: 'instance', id: 'orders-1' }, new Map())),
    /^snapshot_failed: Amazon RDS, orders-1: CreateDBSnapshot in .*: InvalidParameterValue: .*CreateDBClusterSnapshot/,
  )
})
