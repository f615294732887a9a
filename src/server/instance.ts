/** One run's access to the instance: the admin's session, which holds the lock, and a budget of others. */
import pLimit from 'p-limit'
import type { Secret } from '../model/secret.ts'
import { connect, type Login, type Target } from './connect.ts'
import type { Session } from './session.ts'

export interface Instance {
  /** The admin's session; the instance's lock is held by it or by `lock`. */
  readonly admin: Session
  /** Same as `admin`, unless the admin connects to another database than the one where the lock lives. */
  readonly lock: Session
  /** Opens a session within the budget of `max_connections`, and closes it when `use` is done. */
  withSession<T>(login: Login, use: (session: Session) => Promise<T>): Promise<T>
  /** The admin's login to a database; an IAM token is made anew each time, since it is good for 15 minutes only. */
  adminLogin(database: string): Promise<Login>
  close(): Promise<void>
}

export interface AdminCredential {
  readonly user: string
  /** The password, or a new IAM token at each call. */
  readonly password: () => Promise<Secret>
  readonly isToken: boolean
}

/** The admin's login to a database. */
export async function loginTo(database: string, { user, password, isToken }: AdminCredential): Promise<Login> {
  return { user, password: await password(), database, mayGoInClear: isToken }
}

/** @param target with the version that `admin` learned, so that later connections use what that version offers. */
export function instance(target: Target, admin: Session, lock: Session, credential: AdminCredential, maxConnections: number): Instance {
  const limit = pLimit(maxConnections)
  return {
    admin,
    lock,
    withSession: (login, use) => limit(() => useSession(target, login, use)),
    adminLogin: (database) => loginTo(database, credential),
    close: async () => {
      await admin.close()
      if (lock !== admin) await lock.close()
    },
  }
}

async function useSession<T>(target: Target, login: Login, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await connect(target, login)
  try {
    return await use(session)
  } finally {
    await session.close()
  }
}
