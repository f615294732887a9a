/** A transaction that something in it keeps from passing, done in halves (src/README.md: Applications at work). */
import type { AtomicTransaction, Step } from '../model/step.ts'
import { isRetried, type TransactionOutcome } from './transaction.ts'
import { isVanished } from './vanished.ts'

export interface Divided {
  /** Of what was begun, in order. */
  readonly outcomes: readonly TransactionOutcome[]
  readonly notBegun: readonly Step[]
}

/** One object that vanished costs nine of 500; where more is gone than a few, another look is cheaper. */
const MAX_REFUSALS = 64

/**
 * Runs it; where an object that it names vanished, or changes all the time, its halves, down to that object alone.
 * @param mayGoOn asked before each half
 */
export async function runDivided(
  transaction: AtomicTransaction,
  run: (transaction: AtomicTransaction) => Promise<TransactionOutcome>,
  mayGoOn: () => Promise<boolean>,
): Promise<Divided> {
  const outcomes: TransactionOutcome[] = []
  const queue: AtomicTransaction[] = [transaction]
  let refusals = 0
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const stepsLeft = [next, ...queue].flatMap(({ steps }) => steps)
    if (refusals > 0 && !(await mayGoOn())) return { outcomes, notBegun: stepsLeft }
    const outcome = await run(next)
    const isInTheWay = outcome.kind === 'refused' && (isGone(outcome) || isRetried(outcome.error))
    if (isInTheWay && next.halves !== undefined && refusals < MAX_REFUSALS) {
      refusals += 1
      queue.unshift(...next.halves())
      continue
    }
    outcomes.push(outcome)
    if (outcome.kind !== 'applied' && !isGone(outcome)) break
  }
  return { outcomes, notBegun: queue.flatMap(({ steps }) => steps) }
}

/** Refused, since an object that it names is not there any more: what comes after it may be done. */
export function isGone(outcome: TransactionOutcome): boolean {
  return outcome.kind === 'refused' && isVanished(outcome.culprit, outcome.error)
}
