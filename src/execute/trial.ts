/** Statements that are tried and taken back: what the server would say to them (src/README.md: Major upgrades). */
import { stepsOf, type AtomicTransaction, type Step } from '../model/step.ts'
import { type Session, StatementError } from '../server/session.ts'
import { describeRefusal } from './refusal.ts'
import { scriptOf } from './script.ts'

/**
 * Nothing takes effect, whatever the server says.
 * @param before runs in the same transaction, ahead of it
 * @returns the refusal in the server's words; null: it would be done
 * @throws ConnectionLost
 */
export async function tryOut(
  session: Session,
  before: readonly Step[],
  transaction: AtomicTransaction,
): Promise<string | null> {
  const steps = [...before, ...stepsOf(transaction)]
  const { texts } = scriptOf({ kind: 'atomic', steps }, LOCK_TIMEOUT_MS)
  try {
    await session.run([...texts.slice(0, -1), 'ROLLBACK'])
    return null
  } catch (error) {
    if (!(error instanceof StatementError)) throw error
    await session.run(['ROLLBACK'])
    return describeRefusal(error, steps, null)
  }
}

const LOCK_TIMEOUT_MS = 2_500
