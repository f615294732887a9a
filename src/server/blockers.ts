/** Who keeps a session waiting: which session, since when, doing what. */
import { setTimeout as sleep } from 'node:timers/promises'
import { integer, momentOrNull, type Row, textOrNull } from './row.ts'
import type { Instance } from './instance.ts'
import type { Session } from './session.ts'

/**
 * Whether a query's text is visible depends on pg_read_all_stats; literals in it are none of our business.
 * https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SESSION (pg_blocking_pids)
 */
function blockersOf(pids: readonly number[]): string {
  return `SELECT w.pid AS waiter, a.pid AS pid, a.usename::text AS login, a.datname::text AS database, a.application_name AS name, a.state AS state,
    extract(epoch FROM coalesce(a.xact_start, a.backend_start))::float8 AS since, left(a.query, 200) AS query
    FROM unnest(ARRAY[${pids.join(', ')}]::int[]) w(pid), unnest(pg_blocking_pids(w.pid)) b(pid) JOIN pg_stat_activity a ON a.pid = b.pid`
}

const LOOK_EVERY_MS = 2_000
const REPORT_EVERY_MS = 15_000

/** What was last seen to block a session; kept after the wait has ended, for the error. */
export interface BlockerWatch {
  /** null: nothing was seen. */
  blockerOf(session: Session): string | null
  stop(): void
}

/** Looks at sessions that have been waiting for a while. */
export function watchBlockers(server: Instance, report: (line: string) => void): BlockerWatch {
  const seen = new Map<number, string>()
  const stopped = new AbortController()
  void look(server, seen, report, stopped.signal)
  return {
    blockerOf: (session) => seen.get(session.pid) ?? null,
    stop: () => {
      stopped.abort()
    },
  }
}

async function look(
  server: Instance,
  seen: Map<number, string>,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let reported = 0
  try {
    for (;;) {
      await sleep(LOOK_EVERY_MS, undefined, { signal, ref: false })
      const waiting = busySessions(server, LOOK_EVERY_MS)
      if (waiting.length === 0) continue
      const [rows = []] = await beside(server, [blockersOf(waiting.map((session) => session.pid))])
      for (const row of rows) seen.set(integer(row, 'waiter'), describe(row))
      const [first] = rows
      if (first !== undefined && Date.now() - reported >= REPORT_EVERY_MS) {
        report(`waiting for ${describe(first)}`)
        reported = Date.now()
      }
    }
  } catch {
    // Stopped, or the connection is gone: who asks for the blocker then gets what was seen so far.
  }
}

function busySessions(server: Instance, forMs: number): Session[] {
  return [...new Set([...server.sessions, server.admin, server.lock])].filter(
    (session) => session.busySince !== null && Date.now() - session.busySince >= forMs,
  )
}

/** Over the lock's session where it is idle, else over one more. */
async function beside(server: Instance, queries: readonly string[]): Promise<Row[][]> {
  if (server.lock.busySince === null && server.lock.lost === null) return server.lock.query(queries)
  return server.withSession(await server.adminLogin(server.admin.database), (session) => session.query(queries))
}

function describe(row: Row): string {
  const since = momentOrNull(row, 'since')?.toISOString() ?? 'an unknown time'
  const query = textOrNull(row, 'query')
  const doing =
    query === null || query === ''
      ? ''
      : `: ${query
          .replace(/'(?:[^']|'')*'?/g, "'…'")
          .replace(/\s+/g, ' ')
          .slice(0, 80)}`
  const name = textOrNull(row, 'name') ?? ''
  return `session ${String(integer(row, 'pid'))} of ${textOrNull(row, 'login') ?? 'the server'}${name === '' ? '' : ` (${name})`} in ${textOrNull(row, 'database') ?? 'no database'}, ${textOrNull(row, 'state') ?? 'busy'} since ${since}${doing}`
}

/** Ends what our own sessions are doing, for an interrupt: the server rolls each statement back. */
export async function cancelBusy(server: Instance): Promise<void> {
  const busy = busySessions(server, 0)
  if (busy.length > 0)
    await beside(
      server,
      busy.map((session) => `SELECT pg_cancel_backend(${String(session.pid)})`),
    )
}
