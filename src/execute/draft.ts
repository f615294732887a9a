/** What the audit tells of a step. Pure. */
import type { RecordDraft } from '../model/audit.ts'
import type { Statement } from '../model/statement.ts'
import { type Step, tellStep } from '../model/step.ts'

/** The record of a step; without statements none took effect, and no access was changed. */
export function toDraft(step: Step, statements: readonly Statement[], durationMs: number, note: string): RecordDraft {
  const { message, access } = step
  return {
    ...tellStep(step, statements),
    durationMs,
    message: message + note,
    ...(access !== undefined && statements.length > 0 && { access }),
  }
}
