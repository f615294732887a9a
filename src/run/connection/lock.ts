/** Where the instance's lock lives, and taking it (src/README.md: The instance's lock). */
import { BlockedError } from '../../errors.ts'
import { violation } from '../../guardrails/violation.ts'
import type { RecordDraft } from '../../model/audit.ts'
import { isOfStack } from '../../model/claim.ts'
import { parseTag } from '../../model/tag.ts'
import { connect, type Target } from '../../server/connect.ts'
import { ConnectFailure } from '../../server/failure.ts'
import { type AdminCredential, loginTo } from '../../server/connections.ts'
import { shutToPublic, type Squatter, takeLock } from '../../server/lock.ts'
import { isPassing, retryPatiently } from '../../server/patience.ts'
import { claimRequest } from '../../server/request-claim.ts'
import type { Session } from '../../server/session.ts'
import type { RunContext } from '../context.ts'

/** One database, the same for all stacks and for the master: the same key in another database is another lock. */
export const LOCK_DATABASE = 'postgres'

/**
 * Takes the instance's lock for a login that is connected already.
 * @returns the session that holds the lock: `session` itself, unless it is in another database.
 * @throws ApplyError when the lock is not given in time; ConnectFailure.
 */
export async function lockInstance(
  context: RunContext,
  session: Session,
  target: Target,
  credential: AdminCredential,
): Promise<Session> {
  const { signal, progress } = context.dependencies
  const lock = await openLockSession(context, session, target, credential)
  try {
    const { requestKey } = context.dependencies
    if (requestKey !== undefined && !(await claimRequest(lock, requestKey))) throw alreadyRunning()
    await takeLock(lock, {
      timeoutMs: context.declaration.lockTimeoutSeconds * 1000,
      signal,
      report: progress,
      ended: (squatter) => {
        context.recorder.record(squatterRecord(context, squatter, lock))
      },
    })
    return lock
  } catch (error) {
    if (lock !== session) await lock.close()
    throw error
  }
}

function alreadyRunning(): BlockedError {
  const remedy = 'Wait for it to end: its audit is with whoever sent the request first, its records in the log.'
  return new BlockedError([violation(null, 'already_running', 'this very request is running already.', remedy)])
}

/** Named as an application only where its tag says that it is one of this stack. */
function squatterRecord(
  { declaration }: RunContext,
  { login, comment, pids }: Squatter,
  { database, login: admin }: Session,
): RecordDraft {
  const tag = parseTag(comment)
  const isOurs = isOfStack(declaration, tag)
  const application = tag?.get('Application') ?? null
  const whose =
    application === null || isOurs ? '' : ` (application ${application} of stack ${tag?.get('Stack') ?? ''})`
  return {
    application: isOurs ? application : null,
    database,
    username: login,
    object: 'login',
    action: 'disconnect',
    status: 'warning',
    durationMs: 0,
    message:
      `${String(pids.size)} session(s) of ${login}${whose} ended: on the key of the instance's lock, and no admin's; ` +
      shutToPublic(database, admin),
    statements: [],
  }
}

async function openLockSession(
  { declaration, dependencies: { signal, progress } }: RunContext,
  session: Session,
  target: Target,
  credential: AdminCredential,
): Promise<Session> {
  if (session.database === LOCK_DATABASE) return session
  try {
    return await retryPatiently(
      async (attempt) =>
        connect({ ...target, version: session.version }, await loginTo(LOCK_DATABASE, credential), attempt),
      {
        timeoutMs: declaration.connectTimeoutSeconds * 1000,
        signal,
        isPassing: isPassing,
        report: (reason, elapsedMs) => {
          progress(
            `waiting for the database ${LOCK_DATABASE}, where the lock lives (${(elapsedMs / 1000).toFixed(0)} s): ${reason}`,
          )
        },
      },
    )
  } catch (error) {
    // Dropped, or closed to the login: then the declared database it is, and all stacks must agree on it.
    if (error instanceof ConnectFailure && error.kind === 'after_authentication' && !isPassing(error)) return session
    throw error
  }
}
