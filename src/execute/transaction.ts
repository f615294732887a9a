/** One transaction on one session: sent, retried where the server rolled it back, and its outcome told. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Statement } from '../model/statement.ts'
import type { AtomicTransaction, BareTransaction, Step } from '../model/step.ts'
import { ConnectionLost, type Session, StatementError } from '../server/session.ts'
import type { LockWait } from './lock-wait.ts'
import { scriptOf } from './script.ts'

export interface Applied {
  readonly step: Step
  /** What took effect, in order. */
  readonly statements: readonly Statement[]
  readonly durationMs: number
  /** Tries that the server rolled back before. */
  readonly retries: number
}

export type TransactionOutcome =
  | { readonly kind: 'applied'; readonly applied: readonly Applied[] }
  /** Rolled back; `culprit` is the step whose statement failed. `applied` is what a bare transaction did around it. */
  | {
      readonly kind: 'refused'
      readonly culprit: Step
      readonly others: readonly Step[]
      readonly error: StatementError
      readonly applied: readonly Applied[]
    }
  /**
   * The answer was lost: `steps` may have taken effect or not. `others` were not begun; `applied` is what was done
   * before.
   */
  | {
      readonly kind: 'unknown'
      readonly steps: readonly Step[]
      readonly others: readonly Step[]
      readonly error: ConnectionLost
      readonly applied: readonly Applied[]
    }

const MAX_TRIES = 6
/** What can be divided is, before long: the whole of it meets somebody again and again. */
const MAX_TRIES_WHOLE = 2

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const LOCK_NOT_AVAILABLE = '55P03'

/** Rolled back whole by the server, and likely to pass at the next try: serialization, deadlock, concurrent GRANTs. */
export function isRetried(error: StatementError): boolean {
  return error.code === '40001' || error.code === '40P01' || (error.code === 'XX000' && isConcurrent(error))
}

/**
 * Two statements on one row of a catalog. XX000 is the code of all that has none, such as `no possible grantors`, which
 * stays as it is: the function that says so decides, and its text, which is never translated (elog).
 * https://www.postgresql.org/docs/current/error-message-reporting.html
 */
function isConcurrent({ routine, message }: StatementError): boolean {
  return routine.startsWith('simple_heap_') && /^tuple concurrently (?:updated|deleted)$/.test(message)
}

/** A transaction that others keep rolling back is given up. */
const MAX_TRYING_MS = 5_000

export interface TransactionOptions {
  /** Aborted: not tried again. */
  readonly signal: AbortSignal
  readonly lockWait: LockWait
}

/** @throws what is neither the server's refusal nor a broken connection. */
export async function runAtomic(
  transaction: AtomicTransaction,
  session: Session,
  { signal, lockWait }: TransactionOptions,
): Promise<TransactionOutcome> {
  const { steps } = transaction
  const script = scriptOf(transaction, lockWait.timeoutMs)
  const started = Date.now()
  for (let retries = 0; ; retries += 1) {
    try {
      await session.run(script.texts)
      await forgetSecrets(steps, session)
      const durationMs = Date.now() - started
      return {
        kind: 'applied',
        applied: steps.map((step) => ({ step, statements: step.statements, durationMs, retries })),
      }
    } catch (error) {
      if (error instanceof ConnectionLost) return { kind: 'unknown', steps, others: [], error, applied: [] }
      if (!(error instanceof StatementError)) throw error
      if (!(await rolledBack(session)))
        return { kind: 'unknown', steps, others: [], error: new ConnectionLost(error.message, error), applied: [] }
      const isInTime = Date.now() - started < MAX_TRYING_MS && !signal.aborted
      if (retries + 1 < maxTries(error, transaction, lockWait) && isInTime) {
        await sleep(Math.random() * 50 * 2 ** retries)
        continue
      }
      const culprit = script.steps[error.index] ?? steps[0]
      if (culprit === undefined) throw error
      return { kind: 'refused', culprit, others: steps.filter((step) => step !== culprit), error, applied: [] }
    }
  }
}

function maxTries(error: StatementError, { halves }: AtomicTransaction, { tries }: LockWait): number {
  if (error.code === LOCK_NOT_AVAILABLE) return tries
  if (!isRetried(error)) return 1
  return halves === undefined ? MAX_TRIES : MAX_TRIES_WHOLE
}

/**
 * Who may read other sessions' activity (pg_monitor) reads their last message, verifiers included, until the next one:
 * so one comes at once (src/README.md: The last message is shown).
 */
async function forgetSecrets(steps: readonly Step[], session: Session): Promise<void> {
  const isSecret = steps.some((step) => step.statements.some((statement) => statement.isSecret))
  if (!isSecret) return
  try {
    await session.run(['SELECT 1'])
  } catch (error) {
    // What came before is committed; a session that broke shows nothing any more, and says so where it is used next.
    if (!(error instanceof ConnectionLost)) throw error
  }
}

async function rolledBack(session: Session): Promise<boolean> {
  try {
    await session.run(['ROLLBACK'])
    return true
  } catch (error) {
    if (error instanceof ConnectionLost) return false
    throw error
  }
}

/** CREATE DATABASE, with what is committed before it, and undone if it fails. */
export async function runBare({ before, step, undo }: BareTransaction, session: Session): Promise<TransactionOutcome> {
  const started = Date.now()
  const hold: Step = {
    ...step,
    object: 'grant',
    kind: 'hold_membership',
    action: 'hold',
    status: 'created',
    message: `what "${step.message}" takes is granted`,
    statements: before,
  }
  const done = (applied: Step): Applied => ({
    step: applied,
    statements: applied.statements,
    durationMs: Date.now() - started,
    retries: 0,
  })
  let held: readonly Applied[] = []
  try {
    if (before.length > 0) await session.run(revealAll(before))
    held = before.length === 0 ? [] : [done(hold)]
    await session.run(revealAll(step.statements))
    return { kind: 'applied', applied: [done({ ...step, statements: [...before, ...step.statements] })] }
  } catch (error) {
    const isHeld = held.length > 0 || before.length === 0
    if (error instanceof ConnectionLost)
      return { kind: 'unknown', steps: [isHeld ? step : hold], others: isHeld ? [] : [step], error, applied: held }
    if (!(error instanceof StatementError)) throw error
    if (held.length === 0) return { kind: 'refused', culprit: step, others: [], error, applied: [] }
    const release: Step = {
      ...hold,
      kind: 'release_membership',
      action: 'release',
      status: 'removed',
      message: `what was granted for "${step.message}" is taken back`,
      statements: undo,
    }
    try {
      await session.run(revealAll(undo))
      return { kind: 'refused', culprit: step, others: [], error, applied: [...held, done(release)] }
    } catch (failure) {
      if (failure instanceof ConnectionLost)
        return { kind: 'unknown', steps: [release], others: [step], error: failure, applied: held }
      if (!(failure instanceof StatementError)) throw failure
      const left = {
        ...hold,
        message: `${hold.message}, and could not be taken back (${failure.message}); the next run does`,
      }
      return { kind: 'refused', culprit: step, others: [], error, applied: [done(left)] }
    }
  }
}

function revealAll(statements: readonly Statement[]): string[] {
  return statements.map((statement) => statement.reveal())
}
