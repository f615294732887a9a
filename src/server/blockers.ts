/** Who keeps a session waiting: which session, since when, doing what. */
import { setTimeout as sleep } from 'node:timers/promises'
import { beginningOfText, catalogText } from './catalog-text.ts'
import { readInteger, readMomentOrNull, type Row, readTextOrNull } from './row.ts'
import type { Connections } from './connections.ts'
import type { Session } from './session.ts'

/** Longer than any keyword, with the white space before it. */
const HEAD_LENGTH = 64

/** What statements begin with: https://www.postgresql.org/docs/current/sql-commands.html, and their abbreviations. */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'ABORT ALTER ANALYZE BEGIN CALL CHECKPOINT CLOSE CLUSTER COMMENT COMMIT COPY CREATE DEALLOCATE DECLARE DELETE ' +
    'DISCARD DO DROP END EXECUTE EXPLAIN FETCH GRANT IMPORT INSERT LISTEN LOAD LOCK MERGE MOVE NOTIFY PREPARE ' +
    'REASSIGN REFRESH REINDEX RELEASE RESET REVOKE ROLLBACK SAVEPOINT SECURITY SELECT SET SHOW START TABLE ' +
    'TRUNCATE UNLISTEN UPDATE VACUUM VALUES WITH'
  ).split(' '),
)

/**
 * Of what another session runs only the first bytes are read (src/README.md: Text of other sessions). Whether they are
 * visible depends on pg_read_all_stats.
 * https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SESSION (pg_blocking_pids)
 */
function blockersOf(pids: readonly number[]): string {
  return `
    SELECT
      w.pid AS waiter,
      a.pid AS pid,
      ${catalogText('a.usename')} AS login,
      ${catalogText('a.datname')} AS database,
      ${catalogText('a.application_name')} AS name,
      ${catalogText('a.state')} AS state,
      extract(epoch FROM coalesce(a.xact_start, a.backend_start))::float8 AS since,
      ${beginningOfText('a.query', HEAD_LENGTH)} AS query_head
    FROM
      unnest(ARRAY[${pids.join(', ')}]::int[]) w(pid),
      unnest(pg_blocking_pids(w.pid)) b(pid)
      JOIN pg_stat_activity a ON a.pid = b.pid`
}

/** Several times in the 2.5 s that a statement waits for a lock, so that who held it is known when it is given up. */
const LOOK_EVERY_MS = 500
const REPORT_EVERY_MS = 15_000

/** What was last seen to block a session; kept after the wait has ended, for the error. */
export interface BlockerWatch {
  /** null: nothing was seen. */
  blockerOf(session: Session): string | null
  stop(): void
}

/** Looks at sessions that have been waiting for a while. */
export function watchBlockers(server: Connections, report: (line: string) => void): BlockerWatch {
  const seen = new Map<number, string>()
  const stopped = new AbortController()
  void checkOnce(server, seen, report, stopped.signal)
  return {
    blockerOf: (session) => seen.get(session.pid) ?? null,
    stop: () => {
      stopped.abort()
    },
  }
}

async function checkOnce(
  server: Connections,
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
      const [rows = []] = await describeOthers(server, [blockersOf(waiting.map((session) => session.pid))])
      for (const row of rows) seen.set(readInteger(row, 'waiter'), describeBlocker(row))
      const [first] = rows
      if (first !== undefined && Date.now() - reported >= REPORT_EVERY_MS) {
        report(`waiting for ${describeBlocker(first)}`)
        reported = Date.now()
      }
    }
  } catch {
    // Stopped, or the connection is gone: who asks for the blocker then gets what was seen so far.
  }
}

function busySessions(server: Connections, forMs: number): Session[] {
  return [...new Set([...server.sessions, server.admin, server.lock])].filter(
    (session) => session.busySince !== null && Date.now() - session.busySince >= forMs,
  )
}

/** Over the lock's session where it is idle, else over one more. */
async function describeOthers(server: Connections, queries: readonly string[]): Promise<Row[][]> {
  if (server.lock.busySince === null && server.lock.lost === null) return server.lock.query(queries)
  return server.withSession(await server.adminLogin(server.admin.database), (session) => session.query(queries))
}

function describeBlocker(row: Row): string {
  const since = readMomentOrNull(row, 'since')?.toISOString() ?? 'an unknown time'
  const keyword = firstKeyword(readTextOrNull(row, 'query_head') ?? '')
  const doing = keyword === null ? '' : `: ${keyword}`
  const name = readTextOrNull(row, 'name') ?? ''
  const who = `${readTextOrNull(row, 'login') ?? 'the server'}${name === '' ? '' : ` (${name})`}`
  const where = readTextOrNull(row, 'database') ?? 'no database'
  const state = readTextOrNull(row, 'state') ?? 'busy'
  return `session ${String(readInteger(row, 'pid'))} of ${who} in ${where}, ${state} since ${since}${doing}`
}

/**
 * The word that a statement begins with, if it is one of PostgreSQL's own: nothing else of another session's text,
 * which may hold a password, is kept. null: it begins otherwise, such as with a comment.
 */
export function firstKeyword(query: string): string | null {
  const word = /^\s*([A-Za-z]+)(?![\w$])/.exec(query)?.[1]?.toUpperCase() ?? ''
  return KEYWORDS.has(word) ? word : null
}

/** Ends what our own sessions are doing, for an interrupt: the server rolls each statement back. */
export async function cancelBusy(server: Connections): Promise<void> {
  const busy = busySessions(server, 0)
  if (busy.length > 0)
    await describeOthers(
      server,
      busy.map((session) => `SELECT pg_cancel_backend(${String(session.pid)})`),
    )
}
