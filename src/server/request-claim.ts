/** One request runs once at a time, whoever sends it again. */
import { createHash } from 'node:crypto'
import { readFlag } from './row.ts'
import type { Session } from './session.ts'

/** Whatever is locked by two keys is apart from the instance's lock. 'rdsp' in ASCII. */
const REQUEST_CLASS = 1919185776

/**
 * Marks a request as running for as long as the session lasts.
 * @returns false: another session has it.
 */
export async function claimRequest(session: Session, key: string): Promise<boolean> {
  const id = createHash('sha256').update(key).digest().readInt32BE()
  const [[row] = []] = await session.query([
    `SELECT pg_try_advisory_lock(${String(REQUEST_CLASS)}, ${String(id)}) AS locked`,
  ])
  return row !== undefined && readFlag(row, 'locked')
}
