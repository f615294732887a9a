/** One session-level advisory lock for the whole instance (src/README.md: The instance's lock). */
import { setTimeout as sleep } from 'node:timers/promises'
import { ApplyError } from '../errors.ts'
import { isOneOf } from '../sql/quote.ts'
import { catalogText } from './catalog-text.ts'
import { readFlag, readText, readTextOrNull } from './row.ts'
import type { Session } from './session.ts'

/** 'rds_prov' in ASCII. All stacks and versions of this tool must agree on it. */
const LOCK_KEY = '8242267087886938998'

/**
 * Who holds the lock: its application_name tells the run and when it started (hidden from nobody). The same key in
 * another database is another lock, which anybody may hold in a database of its own.
 */
function holderIn(databases: readonly string[]): string {
  return `
    SELECT
      ${catalogText('a.application_name')} AS name,
      ${catalogText('a.usename')} AS login,
      coalesce(r.rolcreaterole OR r.rolsuper, false) AS is_admin
    FROM pg_locks l
    JOIN pg_stat_activity a ON a.pid = l.pid
    LEFT JOIN pg_roles r ON r.oid = a.usesysid
    JOIN pg_database d ON d.oid = l.database
    WHERE l.locktype = 'advisory'
      AND l.granted
      AND l.objsubid = 1
      AND ${isOneOf('d.datname', databases)}
      AND l.classid = (${LOCK_KEY}::bigint >> 32)::int8::oid
      AND l.objid = (${LOCK_KEY}::bigint & 4294967295)::oid`
}

const POLL_MS = 500
const REPORT_EVERY_MS = 15_000

export interface LockWait {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly report: (message: string) => void
}

/** @throws ApplyError naming the holder, when the time is up. */
export async function takeLock(session: Session, wait: LockWait): Promise<void> {
  const started = Date.now()
  let reported = -Infinity
  while (!(await tryLock(session))) {
    const elapsed = Date.now() - started
    if (elapsed >= wait.timeoutMs || Date.now() - reported >= REPORT_EVERY_MS) {
      const holder = (await lockHolder(session, [session.database])) ?? 'a run that just ended'
      if (elapsed >= wait.timeoutMs) throw lockTimeout(holder, wait.timeoutMs)
      wait.report(`waiting for the instance's lock, held by ${holder}`)
      reported = Date.now()
    }
    await sleep(POLL_MS, undefined, { signal: wait.signal })
  }
}

async function tryLock(session: Session): Promise<boolean> {
  const [[row] = []] = await session.query([`SELECT pg_try_advisory_lock(${LOCK_KEY}) AS locked`])
  return row !== undefined && readFlag(row, 'locked')
}

/**
 * Who holds the lock now, in words, seen from any database of the instance; null: nobody.
 * @param databases where the lock may live
 */
export async function lockHolder(session: Session, databases: readonly string[]): Promise<string | null> {
  const [[row] = []] = await session.query([holderIn(databases)])
  if (row === undefined) return null
  const login = readTextOrNull(row, 'login') ?? 'an unknown login'
  if (!readFlag(row, 'is_admin')) return `${login}, which is no admin: somebody else took the lock's key`
  return `${readText(row, 'name')} (login ${login})`
}

function lockTimeout(holder: string, timeoutMs: number): ApplyError {
  return new ApplyError([
    {
      application: null,
      code: 'lock_timeout',
      field: 'lock',
      message: `the instance's lock is held by ${holder}; waited ${String(Math.round(timeoutMs / 1000))} s.`,
      remedy: 'Wait for that run to end, or raise lock_timeout.',
    },
  ])
}
