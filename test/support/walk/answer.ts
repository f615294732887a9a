/** What the model answers to the program's queries, as the server's rows. An unknown query is an error. */
import type { AclItem } from '../../../src/model/catalog.ts'
import type { Row } from '../../../src/server/row.ts'
import { CLUSTER_ANSWERS } from './answer-cluster.ts'
import { INTERIOR_ANSWERS } from './answer-interior.ts'
import { REMOVAL_ANSWERS } from './answer-removal.ts'
import type { State } from './state.ts'

/** Who asks, and where. */
export interface Asker {
  readonly login: string
  readonly database: string
}

/** How a query is known, and its rows. */
export interface Answer {
  /** The whole text, or a part that no other query has. */
  readonly to: string | RegExp
  readonly rows: (state: State, asker: Asker, text: string) => Row[]
}

const NOTHING: readonly Answer[] = [
  // Nobody else is connected, and no transaction of others is open.
  {
    to: /^SELECT 1$|pg_terminate_backend|virtualxid|backend_xid|pg_blocking_pids|pg_advisory_lock_shared/,
    rows: () => [],
  },
  { to: /^SELECT pg_try_advisory_lock\(/, rows: () => [{ locked: true }] },
  { to: /count\(\*\)::int AS pending/, rows: () => [{ pending: 0 }] },
  { to: /objsubid = 2[^]* AS closed$/, rows: () => [{ closed: false }] },
  { to: /clock_timestamp\(\)/, rows: () => [{ now: Date.now() / 1000 }] },
]

export function answerOf(state: State, text: string, asker: Asker): Row[] {
  const answer = [...CLUSTER_ANSWERS, ...INTERIOR_ANSWERS, ...REMOVAL_ANSWERS, ...NOTHING].find(({ to }) =>
    typeof to === 'string' ? text === to : to.test(text),
  )
  if (answer === undefined) throw new Error(`the model knows no such query: ${text}`)
  return answer.rows(state, asker, text)
}

/** As `catalogText` has it: bytes in ASCII. */
export function encoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      byte === 0x5c ? '\\\\' : byte < 0x80 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`,
    )
    .join('')
}

/** As `aclJson` has it. */
export function encodedAcl(acl: readonly AclItem[]): string | null {
  if (acl.length === 0) return null
  return encoded(JSON.stringify(acl.map(({ grantor, grantee, privilege }) => [grantor, grantee, privilege])))
}

/** The names in `expression IN ('a', 'b')`; none where the query says so. */
export function namesIn(text: string, expression: string): string[] {
  const words = `${expression} IN (`
  const start = text.indexOf(words)
  if (start < 0) return []
  const list = text.slice(start + words.length, text.indexOf(')', start + words.length))
  return [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, name = '']) => name.replaceAll("''", "'"))
}
