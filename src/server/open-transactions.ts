/** Transactions of others that began to write before something was committed, and may not have seen it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isOneOf } from '../sql/quote.ts'
import { catalogText } from './catalog-text.ts'
import { readText, readTextOrNull } from './row.ts'
import type { Session } from './session.ts'

export interface OpenTransaction {
  readonly database: string
  readonly login: string
}

/** With what else a run does for it, one application costs the others less than five seconds. */
const WAIT_MS = 4_000
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 250

/**
 * What has a transaction id has changed something. Everybody sees that of a session, and what is prepared.
 * https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
 */
function writing(databases: readonly string[]): string {
  return `
    SELECT
      ${catalogText('datname')} AS database,
      ${catalogText('usename')} AS login,
      ${catalogText("concat(pid, ' ', backend_xid)")} AS transaction
    FROM pg_stat_activity
    WHERE backend_xid IS NOT NULL
      AND usesysid IS NOT NULL
      AND pid <> pg_backend_pid()
      AND ${isOneOf('datname', databases)}
    UNION ALL
    SELECT
      ${catalogText('database')},
      ${catalogText('owner')},
      ${catalogText("concat('prepared ', transaction)")}
    FROM pg_prepared_xacts
    WHERE ${isOneOf('database', databases)}`
}

/**
 * Waits, four seconds at most, for each transaction that is open now; those that begin later see what was committed.
 * @returns those that are still open
 * @throws StatementError, ConnectionLost
 */
export async function awaitOpenTransactions(
  session: Session,
  databases: readonly string[],
): Promise<readonly OpenTransaction[]> {
  const end = Date.now() + WAIT_MS
  let open = await openTransactions(session, databases)
  for (let pauseMs = FIRST_PAUSE_MS; open.size > 0 && Date.now() < end; pauseMs *= 2) {
    await sleep(Math.min(pauseMs, LONGEST_PAUSE_MS))
    const now = await openTransactions(session, databases)
    open = new Map([...open].filter(([transaction]) => now.has(transaction)))
  }
  return [...open.values()]
}

async function openTransactions(session: Session, databases: readonly string[]): Promise<Map<string, OpenTransaction>> {
  const [rows = []] = await session.query([writing(databases)])
  return new Map(
    rows.map((row) => [
      readText(row, 'transaction'),
      { database: readText(row, 'database'), login: readTextOrNull(row, 'login') ?? '' },
    ]),
  )
}
