/** Ends sessions of others, those included that hide in start-up (src/README.md: Sessions that hide in start-up). */
import { setTimeout as sleep } from 'node:timers/promises'
import { isOneOf, quoteLiteral } from '../sql/quote.ts'
import { isAdmin, maySignal } from './admins.ts'
import { readFlag, readInteger, readText, type Row } from './row.ts'
import { type Session, StatementError } from './session.ts'

/** They are waited for so long. */
const END_MS = 5_000
const FIRST_LOOK_MS = 10
/** A login that does not hide is through its start-up by then. */
const START_UP_MS = 2_000
const LOOK_EVERY_MS = 200

/** Whose sessions end: those of the logins, and all in the databases. */
export interface SessionsToEnd {
  readonly logins: readonly string[]
  /** The only database in which those of the logins end; null: wherever they are. */
  readonly only?: string | null
  readonly databases: readonly string[]
}

export interface EndedSessions {
  readonly ended: number
  /** Those that are still there: we may not end them, or they did not end in time. */
  readonly left: number
}

/**
 * Ends them as far as we may, and waits until all are gone, or time is up. A session of an admin goes only with its
 * database, a superuser's never.
 */
export async function endSessions(session: Session, which: SessionsToEnd): Promise<EndedSessions> {
  const [rows = []] = await session.query([terminateSessions(which)])
  const told = rows.filter((row) => readFlag(row, 'may')).map(processOf)
  const end = Date.now() + END_MS
  let there = await stillThere(session, told)
  for (let pause = FIRST_LOOK_MS; there > 0 && Date.now() < end; pause = Math.min(pause * 2, LOOK_EVERY_MS)) {
    await sleep(pause)
    there = await stillThere(session, told)
  }
  return { ended: told.length - there, left: rows.length - told.length + there }
}

/** All are told at once: each that does not end would cost the time of one. */
function terminateSessions({ logins, only = null, databases }: SessionsToEnd): string {
  const where = only === null ? 'true' : isOneOf('a.datname', [only])
  return `
    SELECT
      s.pid,
      s.started,
      s.may,
      CASE WHEN s.may THEN pg_terminate_backend(s.pid) END AS told
    FROM (
      SELECT
        a.pid,
        ${STARTED} AS started,
        ${maySignal('r')} AS may
      FROM pg_stat_activity a
      JOIN pg_roles r ON r.oid = a.usesysid
      WHERE (
          (${isOneOf('a.datname', databases)} AND NOT r.rolsuper)
          OR (${isOneOf('r.rolname', logins)} AND ${where} AND NOT ${isAdmin('r')})
        )
        AND a.pid <> pg_backend_pid()
      OFFSET 0
    ) s`
}

/** A number of a process may be another's by now. */
const STARTED = "format('%s', extract(epoch FROM a.backend_start))"

interface Process {
  readonly pid: number
  readonly started: string
}

function processOf(row: Row): Process {
  return { pid: readInteger(row, 'pid'), started: readText(row, 'started') }
}

async function stillThere(session: Session, processes: readonly Process[]): Promise<number> {
  if (processes.length === 0) return 0
  const isThere = processes.map(
    ({ pid, started }) => `(a.pid = ${String(pid)} AND ${STARTED} = ${quoteLiteral(started)})`,
  )
  const [[row] = []] = await session.query([
    `SELECT count(*)::int AS there FROM pg_stat_activity a WHERE ${isThere.join(' OR ')}`,
  ])
  return row === undefined ? 0 : readInteger(row, 'there')
}

/**
 * Sessions between authentication and their entry in pg_stat_activity; on 18 they have one without a login. Workers of
 * the server have none either, and are no clients.
 */
const HIDDEN = `
    SELECT
      l.pid AS pid
    FROM pg_locks l
    LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'virtualxid'
      AND l.pid <> pg_backend_pid()
      AND (a.pid IS NULL OR (a.usesysid IS NULL AND a.backend_type = 'client backend'))`

/**
 * Ends whoever hides in start-up, after a login or database was closed and that was committed: nobody who comes later
 * gets in. Whose they are is not known, so only those are ended that stay longer than a start-up takes.
 * @returns processes that are still there: a superuser's, or without the right to end them.
 */
export async function endHidden(session: Session): Promise<readonly number[]> {
  const end = Date.now() + START_UP_MS
  let hiding: readonly number[] = await hiddenPids(session)
  while (hiding.length > 0 && Date.now() < end) {
    await sleep(LOOK_EVERY_MS)
    hiding = await stillHidden(session, hiding)
  }
  for (const pid of hiding) await endProcess(session, pid)
  return hiding.length === 0 ? [] : stillHidden(session, hiding)
}

async function stillHidden(session: Session, pids: readonly number[]): Promise<readonly number[]> {
  const now = await hiddenPids(session)
  return pids.filter((pid) => now.includes(pid))
}

async function hiddenPids(session: Session): Promise<number[]> {
  const [rows = []] = await session.query([HIDDEN])
  return rows.map((row) => readInteger(row, 'pid'))
}

async function endProcess(session: Session, pid: number): Promise<void> {
  try {
    await session.query([`SELECT pg_terminate_backend(${String(pid)}, ${String(END_MS)})`])
  } catch (error) {
    if (!(error instanceof StatementError) || error.code !== INSUFFICIENT_PRIVILEGE) throw error
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const INSUFFICIENT_PRIVILEGE = '42501'
