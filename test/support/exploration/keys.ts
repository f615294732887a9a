/** By what worlds are told from one another. */
import { createHash } from 'node:crypto'
import { parseTag } from '../../../src/model/tag.ts'
import type { State } from '../server-model/state.ts'
import type { Start } from './scene.ts'

/** Of the server and AWS alone. */
export function startKey({ state, secrets }: Start): string {
  return hash([plain(state), secrets])
}

/** Whose each role is, by its tag. */
export function claimsOf({ roles }: State): Map<string, string> {
  return new Map(
    [...roles.values()].flatMap(({ name, comment }) => {
      const claim = parseTag(comment)?.get('Claim')
      return claim === undefined ? [] : [[name, claim] as const]
    }),
  )
}

export const hash = (value: unknown): string => createHash('sha1').update(JSON.stringify(value)).digest('base64')

/** Maps as lists, lists whose order means nothing in an order. */
function plain(state: State): unknown {
  const sorted = (items: Iterable<unknown>): string[] => [...items].map((item) => JSON.stringify(item)).sort()
  return [
    state.nextOid,
    sorted(state.roles.values()),
    sorted(state.memberships),
    sorted(state.settings),
    [...state.databases.values()].map(({ schemas, extensions, acl, objects, defaults, ...database }) => [
      database,
      sorted(acl),
      sorted([...schemas.values()].map((item) => ({ ...item, acl: sorted(item.acl) }))),
      sorted(objects.map((item) => ({ ...item, acl: item.acl === null ? null : sorted(item.acl) }))),
      sorted(defaults.map((item) => ({ ...item, acl: sorted(item.acl) }))),
      [...extensions],
    ]),
  ]
}
