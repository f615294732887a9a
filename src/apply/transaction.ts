/** One transaction on one session: sent, retried where the server rolled it back, and its outcome told. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Statement } from '../model/statement.ts'
import type { AtomicTransaction, BareTransaction, Step } from '../model/step.ts'
import { ConnectionLost, type Session, StatementError } from '../server/session.ts'
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
  | { readonly kind: 'refused'; readonly culprit: Step; readonly others: readonly Step[]; readonly error: StatementError; readonly applied: readonly Applied[] }
  /** The answer was lost: it may have taken effect or not. */
  | { readonly kind: 'unknown'; readonly steps: readonly Step[]; readonly error: ConnectionLost }

const MAX_TRIES = 6

/** Rolled back whole by the server, and likely to pass at the next try: serialization, deadlock, concurrent GRANTs. */
function isRetried(error: StatementError): boolean {
  // XX000 has no code of its own for this one; the text of elog() is never translated.
  return error.code === '40001' || error.code === '40P01' || (error.code === 'XX000' && error.message.includes('tuple concurrently'))
}

/** @throws what is neither the server's refusal nor a broken connection. */
export async function runAtomic(transaction: AtomicTransaction, session: Session, signal: AbortSignal): Promise<TransactionOutcome> {
  const { steps } = transaction
  const script = scriptOf(transaction)
  const started = Date.now()
  for (let retries = 0; ; retries += 1) {
    try {
      await session.run(script.texts)
      const durationMs = Date.now() - started
      return { kind: 'applied', applied: steps.map((step) => ({ step, statements: step.statements, durationMs, retries })) }
    } catch (error) {
      if (error instanceof ConnectionLost) return { kind: 'unknown', steps, error }
      if (!(error instanceof StatementError)) throw error
      if (!(await rolledBack(session))) return { kind: 'unknown', steps, error: new ConnectionLost(error.message, error) }
      if (isRetried(error) && retries + 1 < MAX_TRIES && !signal.aborted) {
        await sleep(Math.random() * 50 * 2 ** retries)
        continue
      }
      const culprit = script.steps[error.index] ?? steps[0]
      if (culprit === undefined) throw error
      return { kind: 'refused', culprit, others: steps.filter((step) => step !== culprit), error, applied: [] }
    }
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
  let held = false
  try {
    await session.run(texts(before))
    held = true
    await session.run(texts(step.statements))
    return { kind: 'applied', applied: [{ step, statements: [...before, ...step.statements], durationMs: Date.now() - started, retries: 0 }] }
  } catch (error) {
    if (error instanceof ConnectionLost) return { kind: 'unknown', steps: [{ ...step, statements: [...before, ...step.statements] }], error }
    if (!(error instanceof StatementError)) throw error
    const applied = held ? await undone(step, before, undo, session, started) : []
    return { kind: 'refused', culprit: step, others: [], error, applied }
  }
}

/** What was committed around a failed step and taken back: both took effect, so both are told. */
async function undone(step: Step, before: readonly Statement[], undo: readonly Statement[], session: Session, started: number): Promise<Applied[]> {
  const release: Step = { ...step, object: 'grant', action: 'release', status: 'removed', message: `what was granted for "${step.message}" is taken back`, statements: [...before, ...undo] }
  try {
    await session.run(texts(undo))
    return [{ step: release, statements: release.statements, durationMs: Date.now() - started, retries: 0 }]
  } catch (error) {
    if (!(error instanceof ConnectionLost) && !(error instanceof StatementError)) throw error
    const left: Step = { ...release, message: `what was granted for "${step.message}" could not be taken back (${error.message}); the next run does` }
    return [{ step: left, statements: before, durationMs: Date.now() - started, retries: 0 }]
  }
}

function texts(statements: readonly Statement[]): string[] {
  return statements.map((statement) => statement.reveal())
}
