/** What the audit tells of a step. Pure. */
import type { RecordDraft } from '../model/audit.ts'
import type { Statement } from '../model/statement.ts'
import type { Step } from '../model/step.ts'

/** The record of a step; without statements none took effect, and no access was changed. */
export function toDraft(step: Step, statements: readonly Statement[], durationMs: number, note: string): RecordDraft {
  const { application, database, username, object, action, status, message, access } = step
  return {
    application,
    database,
    username,
    object,
    action,
    status,
    durationMs,
    message: message + note,
    statements: statements.map((statement) => statement.redacted),
    ...(access !== undefined && statements.length > 0 && { access }),
  }
}
