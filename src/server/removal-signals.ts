/**
 * What concurrent removals tell each other through the server: which of one run have not closed their databases yet,
 * and which databases are closed on purpose. Each shows it by a session of its own, so that a process that dies takes
 * its signs with it. Another session's application_name and advisory locks are hidden from nobody, and anybody may set
 * them: so only an admin's count (src/README.md: The instance's lock; Locks and signs of others).
 */
import { quoteLiteral } from '../sql/quote.ts'
import { isAdmin } from './admins.ts'
import { readFlag, readInteger, readMomentOrNull } from './row.ts'
import type { Session } from './session.ts'

/** 'rdsr' in ASCII; the second key is the database's oid. */
const CLOSED_KEY = '1919185778'

const pendingName = (group: string): string => `rds-provision removal pending ${group}`

/** This removal has not closed its databases yet. @param group see `runGroup` */
export async function showPending(session: Session, group: string): Promise<void> {
  await session.query([`SET application_name = ${quoteLiteral(pendingName(group))}`])
}

/** This removal closes nothing for a snapshot, or not before another one has ended: nobody should wait for it. */
export async function hidePending(session: Session, group: string): Promise<void> {
  await session.query([`SET application_name = ${quoteLiteral(`rds-provision removal ${group}`)}`])
}

/** These databases are closed by a removal that is under way; it no longer keeps others of its run waiting. */
export async function showClosed(session: Session, group: string, databases: readonly string[]): Promise<void> {
  await session.query([
    `
      SELECT pg_advisory_lock_shared(${CLOSED_KEY}, oid::int8::bit(32)::int4)
      FROM pg_database
      WHERE datname IN (${databases.map(quoteLiteral).join(', ')})`,
    `SET application_name = ${quoteLiteral(`rds-provision removal closed ${group}`)}`,
  ])
}

/** How many other removals of this run have not closed their databases yet. */
export async function countPending(session: Session, group: string): Promise<number> {
  const [[row] = []] = await session.query([
    `
      SELECT
        count(*)::int AS pending
      FROM pg_stat_activity a
      JOIN pg_roles r ON r.oid = a.usesysid
      WHERE a.application_name = ${quoteLiteral(pendingName(group))}
        AND a.pid <> pg_backend_pid()
        AND ${isAdmin('r')}`,
  ])
  return row === undefined ? 0 : readInteger(row, 'pending')
}

/** Whether a removal that is under way has closed one of these databases. */
export async function areClosed(session: Session, databases: readonly string[]): Promise<boolean> {
  const [[row] = []] = await session.query([
    `
      SELECT
        EXISTS (
          SELECT FROM pg_locks l
          JOIN pg_database d ON d.oid = l.objid
          JOIN pg_stat_activity a ON a.pid = l.pid
          JOIN pg_roles r ON r.oid = a.usesysid
          WHERE l.locktype = 'advisory'
            AND l.granted
            AND l.objsubid = 2
            AND l.classid = ${CLOSED_KEY}::oid
            AND ${isAdmin('r')}
            AND d.datname IN (${databases.map(quoteLiteral).join(', ')})
        ) AS closed`,
  ])
  return row !== undefined && readFlag(row, 'closed')
}

/** The server's clock, which all removals of an instance share. */
export async function serverTime(session: Session): Promise<Date> {
  const [[row] = []] = await session.query(['SELECT extract(epoch FROM clock_timestamp())::float8 AS now'])
  const now = row === undefined ? null : readMomentOrNull(row, 'now')
  if (now === null) throw new TypeError('the server did not say what time it is')
  return now
}
