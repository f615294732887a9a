/** Waiting for a moment in somebody else's process. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../postgres.ts'

/** @throws where it does not come about. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000
  while (Date.now() < end) {
    if (await isSo()) return
    await sleep(10)
  }
  throw new Error(`waited in vain for: ${what}`)
}

/** A session of a run waits for a lock of the kind that statements take (no advisory lock: that is polled for). */
export async function isBlocked(server: Server): Promise<boolean> {
  const rows = await server.sql(
    `SELECT FROM pg_stat_activity WHERE application_name LIKE 'rds-provision%' AND wait_event_type = 'Lock'`,
  )
  return rows.length > 0
}

/** Server processes of runs, those that hold the instance's lock first. */
export async function ourPids(server: Server): Promise<number[]> {
  const rows =
    await server.sql(`SELECT a.pid, EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory') AS holds
    FROM pg_stat_activity a WHERE application_name LIKE 'rds-provision%' ORDER BY 2 DESC, 1`)
  return rows.map(({ pid }) => Number(pid))
}

/** Sessions that hold the instance's lock; the signs of removals (removal-signals.ts) have two keys. */
export async function lockHolders(server: Server): Promise<number> {
  const [row] = await server.sql(
    `SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted`,
  )
  return Number(row?.['count'])
}
