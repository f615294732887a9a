import test from 'ava'
import type { SnapshotSource } from '../../../src/model/snapshot.ts'
import { snapshotId } from '../../../src/snapshot/identity.ts'

const requestedAt = new Date('2026-05-06T07:08:09.123Z')

function idOf(kind: SnapshotSource['kind'], id: string, buildId: string): string {
  return snapshotId({ source: { kind, id }, buildId, clusterName: 'c', group: 'g', requestedAt })
}

test('a snapshot is named by its source, the build and the time', (t) => {
  t.is(idOf('instance', 'orders', 'build-7'), 'orders-build-7-20260506t070809123z')
  t.is(idOf('cluster', 'orders', 'build-7'), 'orders-build-7-20260506t070809123z')
  t.is(idOf('instance', '9-lives', 'a/b--c_'), 'db-9-lives-a-b-c-20260506t070809123z')
})

test('the name is one that RDS takes, however long or odd the parts are', (t) => {
  const parts = ['', '-', 'x', '7', 'o'.repeat(63), 'some-thing-'.repeat(30), '_'.repeat(90), 'ü-ü', '1'.repeat(43)]
  for (const [kind, longest] of [
    ['instance', 255],
    ['cluster', 63],
  ] as const)
    for (const id of parts)
      for (const build of parts) {
        const name = idOf(kind, id, build)
        t.regex(name, /^[a-z](?:-?[a-z0-9])*$/, `${id} ${build}`)
        t.true(name.length <= longest, `${String(name.length)}: ${name}`)
        t.true(name.endsWith('-20260506t070809123z'), name)
      }
})

test('a long name leaves room for the build, and takes what a short one leaves', (t) => {
  t.is(idOf('cluster', 'o'.repeat(63), '1234567890'), `${'o'.repeat(29)}-1234567890-20260506t070809123z`)
  t.is(idOf('cluster', 'orders', 'b'.repeat(63)), `orders-${'b'.repeat(33)}-20260506t070809123z`)
})
