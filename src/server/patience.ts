/** Readiness: waits where waiting can help, fails at once where it cannot. */
import pRetry, { AbortError } from 'p-retry'
import { ConnectFailure } from './failure.ts'

/** So long a name may not resolve: that of a new instance does not at first, and one that is mistyped never will. */
const NAME_LIMIT_MS = 30_000

/** What getaddrinfo answers for a name without an address. */
const NAMELESS: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN'])

export interface Patience {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Called before each further attempt with what is waited for and for how long so far. */
  readonly report: (reason: string, elapsedMs: number) => void
  /** Which failures may pass; without it, all that can. */
  readonly isPassing?: (failure: ConnectFailure) => boolean
  /** For a name that does not resolve, where it is less than `timeoutMs`; 30 s by default. */
  readonly nameLimitMs?: number
}

/**
 * What passes for the admin itself: also limits of slots, of the role or of the database (53300), which come after
 * authentication.
 */
export function isPassing(failure: ConnectFailure): boolean {
  return failure.passing || hasNoSlot(failure)
}

/** A server that awakes is given so long, from the first failure of that kind on. */
const AWAKING_MS = 60_000

/**
 * As `isPassing`, for a run's first login: Aurora Serverless that awakes from 0 ACU refuses everybody for some seconds
 * (src/README.md: Servers that awake).
 */
export function isPassingAtFirst(limitMs = AWAKING_MS): (failure: ConnectFailure) => boolean {
  let first: number | null = null
  return (failure) => {
    if (failure.kind !== 'turned_away') return isPassing(failure)
    first ??= Date.now()
    return Date.now() - first < limitMs
  }
}

/** All slots, or those that are not reserved, or those of the role or the database are taken. */
export function hasNoSlot(failure: ConnectFailure): boolean {
  return failure.code === '53300'
}

/** A database of a tenant may be full by the tenant's own doing: it is waited for so long. */
const BRIEFLY_MS = 1_500

/** As `hasNoSlot`; where the database alone may be full, shortly, from the first failure on. */
export function hasNoSlotBriefly(): (failure: ConnectFailure) => boolean {
  let first: number | null = null
  return (failure) => {
    first ??= Date.now()
    return failure.kind === 'full' || (hasNoSlot(failure) && Date.now() - first < BRIEFLY_MS)
  }
}

/**
 * Calls `attempt` until it succeeds, fails for good, or the time is up: a new instance's name may not resolve yet, the
 * server may be starting, all its slots may be taken.
 * @throws ConnectFailure, the last one.
 */
export async function retryPatiently<T>(attempt: (signal: AbortSignal) => Promise<T>, patience: Patience): Promise<T> {
  const started = Date.now()
  const nameLimit = patience.nameLimitMs ?? NAME_LIMIT_MS
  const isPassing = patience.isPassing ?? ((failure) => failure.passing)
  return pRetry(
    async () => {
      try {
        return await attempt(patience.signal)
      } catch (error) {
        const isHopeless =
          error instanceof ConnectFailure && NAMELESS.has(error.code) && Date.now() - started >= nameLimit
        if (error instanceof ConnectFailure && isPassing(error) && !isHopeless) throw error
        throw new AbortError(error instanceof Error ? error : new Error(String(error)))
      }
    },
    {
      forever: true,
      retries: 20,
      minTimeout: 250,
      maxTimeout: 5_000,
      factor: 1.6,
      randomize: true,
      signal: patience.signal,
      // Of a signal that was there before the first attempt the library hears nothing.
      shouldRetry: () => !patience.signal.aborted && Date.now() - started < patience.timeoutMs,
      onFailedAttempt: (error) => {
        if (!patience.signal.aborted && Date.now() - started < patience.timeoutMs)
          patience.report(error.message, Date.now() - started)
      },
    },
  )
}
