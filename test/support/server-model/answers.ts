/** What the model answers to the program's queries, as the server's rows. */
import type { Row } from '../../../src/server/row.ts'
import type { Answer, Asker } from './answer.ts'
import { CLUSTER_ANSWERS } from './answer-cluster.ts'
import { INTERIOR_ANSWERS } from './answer-interior.ts'
import { REMOVAL_ANSWERS } from './answer-removal.ts'
import type { State } from './state.ts'

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

/** @throws Error where the model does not know the query */
export function answerOf(state: State, text: string, asker: Asker): Row[] {
  const answer = [...CLUSTER_ANSWERS, ...INTERIOR_ANSWERS, ...REMOVAL_ANSWERS, ...NOTHING].find(({ to }) =>
    typeof to === 'string' ? text === to : to.test(text),
  )
  if (answer === undefined) throw new Error(`the model knows no such query: ${text}`)
  return answer.rows(state, asker, text)
}
