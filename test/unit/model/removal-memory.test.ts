/** What a tag remembers of an application on its way out, whatever somebody wrote there. */
import test from 'ava'
import {
  markerOf,
  removalOf,
  type RemovalRequest,
  undeclaredOf,
  withMarker,
  withoutMemory,
  withRemoval,
  withUndeclared,
} from '../../../src/model/removal-memory.ts'
import { formatTag, parseTag, type Tag } from '../../../src/model/tag.ts'

const REQUEST: RemovalRequest = {
  policy: 'delete',
  marker: 'm-1',
  buildId: 'b-1',
  at: '2026-11-27T07:00:00.000Z',
  isApproved: true,
  doneAt: null,
}
const FOUND = { buildId: 'b-2', at: '2026-11-27T08:00:00.000Z' }

/** As the server gives a tag back. */
function stored(tag: Tag): Tag {
  return parseTag(formatTag(tag)) ?? new Map()
}

const EMPTY: Tag = new Map([['ManagedBy', 'platform']])

test('what is written is read, each application for itself', (t) => {
  const one = withRemoval(withMarker(EMPTY, 'shop', 'm-1'), 'shop', REQUEST)
  const tag = stored(withUndeclared(withRemoval(one, 'crm', { ...REQUEST, policy: 'disable' }), 'shop', FOUND))
  t.is(markerOf(tag, 'shop'), 'm-1')
  t.deepEqual(removalOf(tag, 'shop'), REQUEST)
  t.is(removalOf(tag, 'crm')?.policy, 'disable')
  t.deepEqual(undeclaredOf(tag, 'shop'), FOUND)
  t.deepEqual([markerOf(tag, 'crm'), undeclaredOf(tag, 'crm')], [null, null])
  const left = stored(withoutMemory(tag, 'shop'))
  t.deepEqual([removalOf(left, 'shop'), undeclaredOf(left, 'shop'), markerOf(left, 'shop')], [null, null, 'm-1'])
  t.is(removalOf(left, 'crm')?.policy, 'disable')
  t.is(formatTag(withMarker(withoutMemory(left, 'crm'), 'shop', null)), formatTag(EMPTY))
})

test('that no database goes with it is remembered where somebody said so', (t) => {
  const asked = { ...REQUEST, ownsNone: true } as const
  t.deepEqual(removalOf(stored(withRemoval(EMPTY, 'shop', asked)), 'shop'), asked)
  t.is(removalOf(stored(withRemoval(EMPTY, 'shop', REQUEST)), 'shop')?.ownsNone, undefined)
})

for (const name of ['__proto__', 'constructor', 'toString'])
  test(`an application may be called ${name}`, (t) => {
    t.is(removalOf(EMPTY, name), null)
    t.is(markerOf(EMPTY, name), null)
  })

const JUNK: readonly unknown[] = [
  { shop: { Policy: 'drop everything', BuildId: 'b', At: 'x', Approved: true } },
  { shop: { Policy: 'retain', BuildId: 'b', At: 'x', Approved: true } },
  { shop: { Policy: 'delete', BuildId: 'b', At: 'x' } },
  { shop: 'delete' },
  { shop: null },
  [],
  'delete',
  7,
  null,
]
for (const junk of JUNK)
  test(`nobody's removal is asked for by ${JSON.stringify(junk)}, and what is asked for then is`, (t) => {
    const comment = JSON.stringify({ ManagedBy: 'platform', Marker: junk, Removal: junk })
    const tag = parseTag(comment)
    t.not(tag, null)
    if (tag === null) return
    t.is(removalOf(tag, 'shop'), null)
    t.deepEqual(removalOf(stored(withRemoval(tag, 'shop', REQUEST)), 'shop'), REQUEST)
  })

for (const junk of [{ shop: { BuildId: 'b' } }, { shop: 'b' }, [], 'shop', null])
  test(`nobody has found it undeclared by ${JSON.stringify(junk)}`, (t) => {
    const tag = parseTag(JSON.stringify({ ManagedBy: 'platform', Undeclared: junk }))
    t.is(tag === null ? 'no tag' : undeclaredOf(tag, 'shop'), null)
  })
