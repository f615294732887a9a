/** How one transaction is sent: all its statements in one message, with the role switches between them. Pure. */
import type { AtomicTransaction, Step } from '../model/step.ts'
import { actAs } from '../sql/role.ts'

export interface Script {
  readonly texts: readonly string[]
  /** For each text, the step it belongs to; null for what is around the statements. */
  readonly steps: readonly (Step | null)[]
}

/** @param lockTimeoutMs how long each statement waits for a lock; null: as the session does */
export function scriptOf(transaction: AtomicTransaction, lockTimeoutMs: number | null): Script {
  const texts = ['BEGIN', ...(lockTimeoutMs === null ? [] : [`SET LOCAL lock_timeout = ${String(lockTimeoutMs)}`])]
  const steps: (Step | null)[] = texts.map(() => null)
  let role: string | null = null
  for (const step of transaction.steps) {
    for (const statement of step.statements) {
      if (statement.runAs !== role) {
        role = statement.runAs
        texts.push(actAs(role))
        steps.push(null)
      }
      texts.push(statement.reveal())
      steps.push(step)
    }
  }
  return { texts: [...texts, 'COMMIT'], steps: [...steps, null] }
}
