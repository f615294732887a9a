/** How long a transaction waits for what others hold (src/README.md: Whose trouble it is). Pure. */

export interface LockWait {
  /** For each lock; null: as long as the session does. */
  readonly timeoutMs: number | null
  /** How often the transaction is tried where a lock is not to be had. */
  readonly tries: number
}

/** When so long was waited in vain for what others hold, each further lock is waited for only shortly. */
const MAX_WAITED_MS = 10_000
const HURRIED: LockWait = { timeoutMs: 250, tries: 1 }

/**
 * Inside a tenant's database whoever comes after us waits behind us. Below a second, so that the server finds no
 * deadlock and ends none of theirs (deadlock_timeout), and often enough for 2.5 s in all.
 */
const INSIDE: LockWait = { timeoutMs: 800, tries: 3 }

/** @param waitedMs what waiting in vain has cost the run so far */
export function lockWait(waitedMs: number, isInside: boolean): LockWait {
  if (waitedMs >= MAX_WAITED_MS) return HURRIED
  return isInside ? INSIDE : { timeoutMs: null, tries: 1 }
}
