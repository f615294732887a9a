/** One run's access to the instance: the admin's session, the session that holds the lock, and a budget of others. */
import { setMaxListeners } from 'node:events'
import pLimit from 'p-limit'
import type { Cluster } from '../model/catalog.ts'
import type { Secret } from '../model/secret.ts'
import { connect, type LoginTarget, type Target } from './connect.ts'
import type { ConnectFailure } from './failure.ts'
import { retryPatiently, type Patience } from './patience.ts'
import { ConnectionLost, type Session } from './session.ts'

export interface Connections {
  readonly admin: Session
  /** Same as `admin`, unless the admin connects to another database than the one where the lock lives. */
  readonly lock: Session
  /** Sessions open now, within the budget. */
  readonly sessions: ReadonlySet<Session>
  /**
   * Opens a session within the budget of `max_connections`, and closes it when `use` is done.
   * @param isPassing what is waited for; by default a server without a free slot, as far as it says so before the
   * login.
   */
  withSession<T>(
    login: LoginTarget,
    use: (session: Session) => Promise<T>,
    isPassing?: (failure: ConnectFailure) => boolean,
  ): Promise<T>
  /** Keeps the budget, from now on, within what the server still has; one connection is always tried. */
  allow(free: number): void
  /** What is planned from: absent where that is what was seen (src/README.md: The master's look). */
  readonly see?: (cluster: Cluster) => Cluster
  /** The admin's login to a database; an IAM token is made anew each time, since it is good for 15 minutes only. */
  adminLogin(database: string): Promise<LoginTarget>
  /** @throws ConnectionLost when the lock is no longer held: then nothing more may be changed. */
  assertLocked(): Promise<void>
  close(): Promise<void>
}

export interface AdminCredential {
  readonly user: string
  /** The password, or a new IAM token at each call. */
  readonly password: () => Promise<Secret>
  readonly isToken: boolean
}

/** The admin's login to a database. */
export async function loginTo(database: string, { user, password, isToken }: AdminCredential): Promise<LoginTarget> {
  return { user, password: await password(), database, mayGoInClear: isToken }
}

/** A session that has not answered for so long is asked whether it is still there. */
const PING_AFTER_MS = 5_000
const PING_LIMIT_MS = 10_000

export interface ConnectionsOptions {
  /** With the version that `admin` learned, so that later connections use what that version offers. */
  readonly target: Target
  readonly credential: AdminCredential
  readonly maxConnections: number
  /** For connections that the server has no slot for at the moment. */
  readonly patience: Patience
}

export function makeConnections(
  admin: Session,
  lock: Session,
  { target, credential, maxConnections, patience }: ConnectionsOptions,
): Connections {
  // Each connection under way listens to it; Node warns of more than ten listeners.
  setMaxListeners(0, patience.signal)
  const limit = pLimit(maxConnections)
  const sessions = new Set<Session>()
  return {
    admin,
    lock,
    sessions,
    withSession: (login, use, isPassing = isFull) =>
      limit(() => useSession(target, login, { ...withoutInterrupt(patience), isPassing }, sessions, use)),
    allow: (free) => {
      limit.concurrency = Math.max(1, Math.min(maxConnections, free))
    },
    adminLogin: (database) => loginTo(database, credential),
    assertLocked: () => assertAlive(lock),
    close: async () => {
      await admin.close()
      if (lock !== admin) await lock.close()
    },
  }
}

function isFull(failure: ConnectFailure): boolean {
  return failure.kind === 'full'
}

/** What is still asked for after an interrupt serves to end in order: it is not given up. */
function withoutInterrupt(patience: Patience): Patience {
  return patience.signal.aborted ? { ...patience, signal: new AbortController().signal } : patience
}

async function useSession<T>(
  target: Target,
  login: LoginTarget,
  patience: Patience,
  sessions: Set<Session>,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await retryPatiently((signal) => connect(target, login, signal), patience)
  sessions.add(session)
  try {
    return await use(session)
  } finally {
    sessions.delete(session)
    await session.close()
  }
}

/** A broken network shows itself only to those who ask. */
async function assertAlive(session: Session): Promise<void> {
  if (session.lost !== null) throw new ConnectionLost(session.lost.message, session.lost)
  if (session.busySince !== null || Date.now() - session.answeredAt < PING_AFTER_MS) return
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new ConnectionLost('the server does not answer any more', null))
    }, PING_LIMIT_MS)
  })
  try {
    await Promise.race([session.query(['SELECT 1']), silence])
  } finally {
    clearTimeout(timer)
  }
}
