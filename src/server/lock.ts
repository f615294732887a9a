/** One session-level advisory lock for the whole instance (src/README.md: The instance's lock). */
import { setTimeout as sleep } from 'node:timers/promises'
import { ApplyError } from '../errors.ts'
import { grantOnDatabase, revokeOnDatabase } from '../sql/database.ts'
import { printStatements } from '../sql/print.ts'
import { isOneOf, printName } from '../sql/quote.ts'
import { grantRole, rollbackPrepared } from '../sql/role.ts'
import { isAdmin, maySignal } from './admins.ts'
import { catalogText } from './catalog-text.ts'
import { commentOn } from './cluster-queries.ts'
import { readFlag, readInteger, readText, readTextOrNull, type Row } from './row.ts'
import { type Session, StatementError } from './session.ts'

/** 'rds_prov' in ASCII. All stacks and versions of this tool must agree on it. */
const LOCK_KEY = '8242267087886938998'

/** Whoever waits in the lock's queue keeps pg_try_advisory_lock from succeeding, so requests count as well. */
const ON_THE_KEY = `
        l.locktype = 'advisory'
        AND l.objsubid = 1
        AND l.classid = (${LOCK_KEY}::bigint >> 32)::int8::oid
        AND l.objid = (${LOCK_KEY}::bigint & 4294967295)::oid`

/**
 * Who holds the lock: its application_name tells the run and when it started (hidden from nobody). The same key in
 * another database is another lock, which anybody may hold in a database of its own. Of a prepared transaction no
 * session is left.
 */
function holderIn(databases: readonly string[]): string {
  return `
    SELECT
      ${catalogText('d.datname')} AS database,
      ${catalogText('a.application_name')} AS name,
      ${catalogText('coalesce(a.usename, p.owner)')} AS login,
      ${catalogText('p.gid')} AS prepared,
      ${isAdmin('r')} AS is_admin
    FROM pg_locks l
    JOIN pg_database d ON d.oid = l.database
    LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    LEFT JOIN pg_locks x
      ON l.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid' AND x.virtualtransaction = l.virtualtransaction
    LEFT JOIN pg_prepared_xacts p ON p.transaction = x.transactionid
    LEFT JOIN pg_roles r ON r.rolname = coalesce(a.usename, p.owner)
    WHERE
        ${ON_THE_KEY}
        AND l.granted
        AND ${isOneOf('d.datname', databases)}
    ORDER BY is_admin DESC, name
    LIMIT 1`
}

/** Ends the sessions on the lock's key that are no admin's, as far as we may. */
const END_SQUATTERS = `
    SELECT
      s.*,
      pg_terminate_backend(s.pid) AS ended
    FROM (
      SELECT DISTINCT
        a.pid,
        ${catalogText('r.rolname')} AS login,
        ${commentOn('r.oid', 'pg_authid')} AS comment
      FROM pg_locks l
      JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
      JOIN pg_stat_activity a ON a.pid = l.pid
      JOIN pg_roles r ON r.oid = a.usesysid
      WHERE
        ${ON_THE_KEY}
        AND NOT ${isAdmin('r')}
        AND ${maySignal('r')}
    ) s`

const POLL_MS = 500
const REPORT_EVERY_MS = 15_000
/** Among squatters, who come back at once. */
const QUICK_POLL_MS = 20
const QUEUE_MS = 1_000

/** Sessions of one login that held or wanted the lock's key, and were ended. */
export interface Squatter {
  readonly login: string
  /** The comment on its role, which may be a tag; null: none, or no tag for its length. */
  readonly comment: string | null
  /** Their processes. */
  readonly pids: ReadonlySet<number>
}

export interface LockWait {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly report: (message: string) => void
  /** Told once for each login, when the lock is taken or given up. */
  readonly ended: (squatter: Squatter) => void
}

/**
 * Takes the lock. A session on its key that is no admin's has no business there and is ended.
 * @throws ApplyError naming the holder, when the time is up.
 */
export async function takeLock(session: Session, wait: LockWait): Promise<void> {
  const started = Date.now()
  const squatters = new Map<string, Squatter>()
  let reported = -Infinity
  try {
    while (!(await tryLock(session))) {
      const found = await takeFromSquatters(session, squatters)
      if (found === 'taken') return
      const elapsed = Date.now() - started
      if (elapsed >= wait.timeoutMs || Date.now() - reported >= REPORT_EVERY_MS) {
        const holder = await findHolder(session, [session.database])
        if (elapsed >= wait.timeoutMs) throw lockTimeout(session, holder, wait.timeoutMs)
        wait.report(`waiting for the instance's lock, held by ${describeHolder(holder)}`)
        reported = Date.now()
      }
      await sleep(found === 'ended' ? QUICK_POLL_MS : POLL_MS, undefined, { signal: wait.signal })
    }
  } finally {
    for (const squatter of squatters.values()) wait.ended(squatter)
  }
}

async function tryLock(session: Session): Promise<boolean> {
  const [[row] = []] = await session.query([`SELECT pg_try_advisory_lock(${LOCK_KEY}) AS locked`])
  return row !== undefined && readFlag(row, 'locked')
}

/**
 * Ends squatters, then joins the lock's queue in the message that ends those who came back: whoever comes after it
 * stands behind us.
 * @param squatters those that were ended are added.
 * @returns `none`: there was nobody whom we may end.
 */
async function takeFromSquatters(
  session: Session,
  squatters: Map<string, Squatter>,
): Promise<'taken' | 'ended' | 'none'> {
  const [rows = []] = await session.query([END_SQUATTERS])
  if (!note(squatters, rows)) return 'none'
  return (await queueFor(session, squatters)) ? 'taken' : 'ended'
}

/** @returns whether the lock was taken while we stood in its queue. */
async function queueFor(session: Session, squatters: Map<string, Squatter>): Promise<boolean> {
  try {
    const [, , rows = []] = await session.query([
      'BEGIN',
      `SET LOCAL lock_timeout = ${String(QUEUE_MS)}`,
      END_SQUATTERS,
      `SELECT pg_advisory_lock(${LOCK_KEY})`,
      'COMMIT',
    ])
    note(squatters, rows)
    return true
  } catch (error) {
    if (!(error instanceof StatementError) || error.code !== LOCK_NOT_AVAILABLE) throw error
    await session.run(['ROLLBACK'])
    return false
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const LOCK_NOT_AVAILABLE = '55P03'

/** @returns whether anybody was ended */
function note(squatters: Map<string, Squatter>, rows: readonly Row[]): boolean {
  const ended = rows.filter((row) => readFlag(row, 'ended'))
  for (const row of ended) {
    const login = readText(row, 'login')
    const pids = new Set([...(squatters.get(login)?.pids ?? []), readInteger(row, 'pid')])
    squatters.set(login, { login, comment: readTextOrNull(row, 'comment'), pids })
  }
  return ended.length > 0
}

interface Holder {
  readonly database: string
  readonly name: string
  readonly login: string | null
  /** Of a prepared transaction its name; null: a session. */
  readonly prepared: string | null
  readonly isAdmin: boolean
}

async function findHolder(session: Session, databases: readonly string[]): Promise<Holder | null> {
  const [[row] = []] = await session.query([holderIn(databases)])
  if (row === undefined) return null
  return {
    database: readText(row, 'database'),
    name: readTextOrNull(row, 'name') ?? '',
    login: readTextOrNull(row, 'login'),
    prepared: readTextOrNull(row, 'prepared'),
    isAdmin: readFlag(row, 'is_admin'),
  }
}

/**
 * Who holds the lock now, in words, seen from any database of the instance; null: nobody.
 * @param databases where the lock may live
 */
export async function lockHolder(session: Session, databases: readonly string[]): Promise<string | null> {
  const holder = await findHolder(session, databases)
  return holder === null ? null : describeHolder(holder)
}

function describeHolder(holder: Holder | null): string {
  if (holder === null) return 'a run that just ended'
  const login = holder.login ?? 'an unknown login'
  if (holder.prepared !== null) return `the prepared transaction ${holder.prepared} of ${login}`
  if (!holder.isAdmin) return `${login}, which is no admin: somebody else took the lock's key`
  return `${holder.name} (login ${login})`
}

function lockTimeout(session: Session, holder: Holder | null, timeoutMs: number): ApplyError {
  return new ApplyError([
    {
      application: null,
      code: 'lock_timeout',
      field: 'lock',
      message: `the instance's lock is held by ${describeHolder(holder)}; waited ${String(Math.round(timeoutMs / 1000))} s.`,
      remedy: remedyFor(session, holder),
    },
  ])
}

function remedyFor(session: Session, holder: Holder | null): string {
  if (holder === null || (holder.isAdmin && holder.prepared === null))
    return 'Wait for that run to end, or raise lock_timeout.'
  const shut = shutToPublic(holder.database, session.login)
  if (holder.prepared !== null) {
    const where = `As ${printName(holder.login ?? 'its owner')}, in ${printName(holder.database)}`
    return `${where}: ${printStatements([rollbackPrepared(holder.prepared)])} Then ${shut}`
  }
  const right = printStatements([grantRole('pg_signal_backend', session.login)])
  return `${session.login} may not end its session: as the master: ${right} Then run again, and ${shut}`
}

/** How a database is shut to those who have no business there, which the admin has; its owner runs it. */
export function shutToPublic(database: string, admin: string): string {
  const statements = [
    grantOnDatabase(database, ['CONNECT'], admin, ''),
    revokeOnDatabase(database, ['CONNECT'], '', ''),
  ]
  return `as the owner of ${printName(database)} keep others out: ${printStatements(statements)}`
}
