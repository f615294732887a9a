/** One snapshot for the removals of a run that go on at the same time (src/README.md: Removal). */
import { setTimeout as sleep } from 'node:timers/promises'
import { AwsError } from '../../errors.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { serverTime } from '../../server/removal-signals.ts'
import type { Session } from '../../server/session.ts'
import type { SnapshotClient } from '../../snapshot/snapshot-client.ts'
import { isShared, type SnapshotFacts, snapshotId, snapshotTags } from '../../snapshot/identity.ts'
import { assertNotInterrupted } from '../outcome.ts'

export interface SnapshotOrder extends Omit<SnapshotFacts, 'requestedAt'> {
  readonly client: SnapshotClient
  readonly signal: AbortSignal
  readonly progress: (line: string) => void
  /** Of the whole wait, in milliseconds. */
  readonly timeoutMs: number
  /** Throws where the rest of the wait is another turn's. */
  readonly assertTurn: () => void
  /** So long no other removal of the run must be about to close a database. */
  readonly othersMs: number
}

const SETTLE_LIMIT_MS = 60_000
const POLL_MS = 500
const BUSY_RETRY_MS = 10_000
const LONGEST_POLL_MS = 15_000
const REPORT_EVERY_MS = 30_000

/** Waits until no other removal of the run is still about to close a database. */
export async function awaitOtherRemovals(
  countOthers: () => Promise<number>,
  { signal, progress, othersMs, assertTurn }: SnapshotOrder,
): Promise<void> {
  const end = Date.now() + SETTLE_LIMIT_MS
  let reported = false
  let quiet = Date.now()
  while (Date.now() - quiet < othersMs && Date.now() < end) {
    assertNotInterrupted(signal)
    assertTurn()
    const pending = await countOthers()
    if (pending > 0) {
      quiet = Date.now()
      if (!reported) progress(`waiting for ${String(pending)} other removal(s) of this run, to share one snapshot`)
      reported = true
    }
    await sleep(POLL_MS)
  }
}

/**
 * The snapshot that another removal of the run asked for after `closedAt`, or a new one. Called under the instance's
 * lock, so that two never ask at once.
 * @returns null where the instance or cluster is busy and the snapshot has to be asked for later.
 */
export async function findOrCreate(
  session: Session,
  order: SnapshotOrder,
  closedAt: Date,
): Promise<{ readonly id: string; readonly isNew: boolean } | null> {
  const { client, group, source } = order
  const shared = (await client.list(source)).find((snapshot) => isShared(snapshot, group, closedAt))
  if (shared !== undefined) return { id: shared.id, isNew: false }
  const facts = { ...order, requestedAt: await serverTime(session) }
  const id = snapshotId(facts)
  return (await client.create(id, source, snapshotTags(facts))) ? { id, isNew: true } : null
}

/** Time before the instance, or its cluster, is asked again. */
export async function awaitIdleInstance(
  { source, progress, signal, assertTurn }: SnapshotOrder,
  started: number,
  timeoutMs: number,
): Promise<void> {
  const busy = `the ${source.kind} ${source.id}`
  assertTurn()
  if (Date.now() - started > timeoutMs)
    throw snapshotError(`${busy} was busy for ${toSeconds(timeoutMs)} s and took no snapshot.`)
  progress(
    `${busy} is busy and takes no snapshot yet (${toSeconds(Date.now() - started)} of ${toSeconds(timeoutMs)} s)`,
  )
  await pause(Math.min(BUSY_RETRY_MS, timeoutMs), signal)
}

/** @throws AwsError (exit 5) where the snapshot fails, vanishes or takes too long. */
export async function awaitAvailable(
  id: string,
  { client, source, signal, progress, timeoutMs, assertTurn }: SnapshotOrder,
  started: number,
): Promise<void> {
  let reported = -Infinity
  for (let wait = 1000; ; wait = Math.min(wait * 1.5, LONGEST_POLL_MS)) {
    const snapshot = await client.find(id, source)
    if (snapshot?.status === 'available') return
    assertPromising(id, snapshot)
    const elapsed = Date.now() - started
    if (elapsed >= timeoutMs)
      throw snapshotError(`the snapshot ${id} is not available after ${toSeconds(timeoutMs)} s.`)
    if (Date.now() - reported >= REPORT_EVERY_MS) {
      progress(
        `snapshot ${id}: ${snapshot?.status ?? ''}, ${String(snapshot?.percent ?? 0)} % (${toSeconds(elapsed)} of ${toSeconds(timeoutMs)} s)`,
      )
      reported = Date.now()
    }
    assertTurn()
    await pause(Math.min(wait, timeoutMs - elapsed), signal)
  }
}

function assertPromising(id: string, snapshot: Snapshot | null): void {
  if (snapshot === null) throw snapshotError(`the snapshot ${id} is gone.`)
  if (snapshot.status !== 'creating') throw snapshotError(`the snapshot ${id} is ${snapshot.status}.`)
}

function snapshotError(message: string): AwsError {
  return new AwsError([
    {
      application: null,
      code: 'snapshot_failed',
      field: 'snapshot',
      message,
      remedy: 'Nothing was dropped. Look at the instance in the RDS console and run again.',
    },
  ])
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  assertNotInterrupted(signal)
  const wake = new AbortController()
  const stop = (): void => wake.abort()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await sleep(milliseconds, undefined, { signal: wake.signal })
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
  assertNotInterrupted(signal)
}

function toSeconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(0)
}
