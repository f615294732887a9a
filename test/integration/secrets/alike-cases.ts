/** What the program's own calls of AWS come to: one table, which our stub and moto both have to answer. */
import { randomUUID } from 'node:crypto'
import { readActor } from '../../../src/secrets/identity.ts'
import { createSnapshotClient } from '../../../src/snapshot/client.ts'
import type { SnapshotClient } from '../../../src/snapshot/snapshot-client.ts'
import { AWS_SETTINGS as SETTINGS } from '../../support/aws.ts'
import { type AlikeCase, codesOr, login, read } from './alike-case.ts'
import { READER, ROTATION } from './alike-secrets.ts'

const ROLE = 'arn:aws:iam::123456789012:role/provisioner'

const IDENTITY: readonly AlikeCase[] = [
  {
    title: 'who calls has an ARN and an account',
    play: async () => {
      const { arn, account } = await readActor(SETTINGS)
      return [/^arn:aws:(?:sts|iam)::123456789012:/.test(arn), account]
    },
    expected: [true, '123456789012'],
  },
  {
    title: 'with a role, that role calls, and reads',
    play: async (side) => {
      const { name } = await side.secret(login('p'))
      const settings = { ...SETTINGS, assumeRoleArn: ROLE }
      return [(await readActor(settings)).arn, await read([name], settings)]
    },
    expected: ['arn:aws:sts::123456789012:assumed-role/provisioner/rds-provision', ['p']],
  },
  {
    title: 'what is no role is told of the role, once',
    play: async () => codesOr(read(['a', 'b'], { ...SETTINGS, assumeRoleArn: 'arn:aws:iam::1:role/short' })),
    expected: ['assume_role_denied'],
    moto: {
      why: 'it takes any text for a role, whatever its account',
      expected: ['secret_not_found', 'secret_not_found'],
    },
  },
  {
    title: 'a role of another partition',
    play: async () => codesOr(read(['a'], { ...SETTINGS, assumeRoleArn: 'arn:aws-cn:iam::123456789012:role/a' })),
    expected: ['aws_wrong_partition'],
    moto: { why: 'it knows no partitions', expected: ['secret_not_found'] },
  },
]

const PLACES: readonly AlikeCase[] = [
  {
    title: 'keys that are of no account in the region’s partition',
    play: () => codesOr(readActor({ ...SETTINGS, region: 'cn-north-1' }).then(({ account }) => account)),
    expected: ['aws_credentials'],
    moto: { why: 'every key is of an account, in every partition', expected: '123456789012' },
  },
  {
    title: 'a region that there is not',
    play: () => codesOr(readActor({ ...SETTINGS, region: 'eu-west-9' }).then(({ account }) => account)),
    expected: ['aws_wrong_region'],
    moto: { why: 'it answers for regions that there are not', expected: '123456789012' },
  },
  {
    title: 'an ARN whose partition has no such region',
    play: () => read(['arn:aws-us-gov:secretsmanager:eu-west-1:123456789012:secret:a-AbCdEf']),
    expected: ['aws_wrong_partition'],
  },
  {
    title: 'a secret of another partition',
    play: () => read(['arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a-AbCdEf']),
    expected: ['aws_wrong_partition'],
    moto: { why: 'every key is of an account, in every partition', expected: ['secret_not_found'] },
  },
]

async function withSnapshots<T>(use: (client: SnapshotClient) => Promise<T>): Promise<T> {
  const client = await createSnapshotClient(SETTINGS)
  return use(client).finally(() => {
    client.close()
  })
}

const SNAPSHOTS: readonly AlikeCase[] = [
  {
    title: 'an identifier is an instance, a cluster, that of which it is a member, or nothing',
    play: async (side) => {
      const alone = await side.instance()
      const { cluster, member } = await side.cluster()
      return withSnapshots(async (client) => {
        const found = []
        for (const id of [alone, member, cluster]) found.push(await client.locate(id))
        const named = found.map(({ kind, id }) => [kind, id === alone ? 'alone' : id === cluster ? 'cluster' : id])
        return [named, await codesOr(client.locate('nobody'))]
      })
    },
    expected: [
      [
        ['instance', 'alone'],
        ['cluster', 'cluster'],
        ['cluster', 'cluster'],
      ],
      ['snapshot_failed'],
    ],
  },
  ...(['instance', 'cluster'] as const).map((kind): AlikeCase => ({
    title: `a snapshot of ${kind === 'instance' ? 'an instance' : 'a cluster'} is made, listed, found, and not made twice`,
    play: async (side) => {
      const id = kind === 'instance' ? await side.instance() : (await side.cluster()).cluster
      const snapshot = `snap-${randomUUID()}`.slice(0, 40)
      const tags = new Map([['BuildId', 'a b/7']])
      return withSnapshots(async (client) => {
        const source = { kind, id }
        const before = await client.list(source)
        const made = await client.create(snapshot, source, tags)
        const listed = (await client.list(source)).map(({ id: of, status, tags: own }) => [
          of === snapshot,
          status,
          own.get('BuildId'),
        ])
        const found = (await client.find(snapshot, source))?.id === snapshot
        const none = await client.find('snap-none', source)
        return [before, made, listed, found, none, await codesOr(client.create(snapshot, source, tags))]
      })
    },
    expected: [[], true, [[true, 'available', 'a b/7']], true, null, ['snapshot_failed']],
  })),
  {
    title: 'a snapshot of what is not there',
    play: () =>
      withSnapshots(async (client) => [
        await codesOr(client.create('one', { kind: 'instance', id: 'nobody' }, new Map())),
        await codesOr(client.create('one', { kind: 'cluster', id: 'nobody' }, new Map())),
      ]),
    expected: [['snapshot_failed'], ['snapshot_failed']],
  },
  {
    title: 'a member of a cluster takes no snapshot of its own',
    play: async (side) => {
      const { member } = await side.cluster()
      const source = { kind: 'instance', id: member } as const
      return withSnapshots((client) => codesOr(client.create(`snap-${randomUUID()}`, source, new Map())))
    },
    expected: ['snapshot_failed'],
    moto: { why: 'it makes one', expected: true },
  },
]

export const ALIKE: readonly AlikeCase[] = [...READER, ...ROTATION, ...IDENTITY, ...PLACES, ...SNAPSHOTS]
