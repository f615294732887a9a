/** Where the instance's lock lives, and taking it (design §5 fact 18). */
import { connect, type Target } from '../server/connect.ts'
import { ConnectFailure } from '../server/failure.ts'
import { type AdminCredential, loginTo } from '../server/instance.ts'
import { takeLock } from '../server/lock.ts'
import type { Session } from '../server/session.ts'
import type { RunContext } from './dependencies.ts'

/** One database, the same for all stacks and for the master: the same key in another database is another lock. */
const LOCK_DATABASE = 'postgres'

/**
 * Takes the instance's lock for a login that is connected already.
 * @returns the session that holds the lock: `session` itself, unless it is in another database.
 * @throws ApplyError when the lock is not given in time; ConnectFailure.
 */
export async function lockInstance({ declaration, dependencies }: RunContext, session: Session, target: Target, credential: AdminCredential): Promise<Session> {
  const lock = await lockSession(session, target, credential)
  try {
    const { signal, progress } = dependencies
    await takeLock(lock, { timeoutMs: declaration.lockTimeoutSeconds * 1000, signal, report: progress })
    return lock
  } catch (error) {
    if (lock !== session) await lock.close()
    throw error
  }
}

async function lockSession(session: Session, target: Target, credential: AdminCredential): Promise<Session> {
  if (session.database === LOCK_DATABASE) return session
  try {
    return await connect({ ...target, version: session.version }, await loginTo(LOCK_DATABASE, credential))
  } catch (error) {
    // Dropped, or closed to the login: then the declared database it is, and all stacks must agree on it.
    if (error instanceof ConnectFailure && error.kind === 'after_authentication') return session
    throw error
  }
}
