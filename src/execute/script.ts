/** How one transaction is sent: all its statements in one message, with the role switches between them. Pure. */
import type { AtomicTransaction, Step } from '../model/step.ts'
import { actAs } from '../sql/role.ts'

export interface Script {
  readonly texts: readonly string[]
  /** For each text, the step it belongs to; null for BEGIN, SET LOCAL ROLE and COMMIT. */
  readonly steps: readonly (Step | null)[]
}

export function scriptOf(transaction: AtomicTransaction): Script {
  const texts = ['BEGIN']
  const steps: (Step | null)[] = [null]
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
