import type { Problem } from '../../../src/errors.ts'
import type { AccessMatrix } from '../../../src/model/access.ts'
import type { AuditDocument, AuditRecord } from '../../../src/model/audit.ts'

/** What one run gave. */
export interface Outcome {
  readonly audit: AuditDocument
  readonly records: readonly AuditRecord[]
  readonly problems: readonly Problem[]
  /** Where `governance_dir` is declared. */
  readonly matrix: AccessMatrix | null
}

/** @throws Error with everything that was wrong, where it did not end well. */
export function endedWell(outcome: Outcome): Outcome {
  const { exit_code: code, error } = outcome.audit.run
  if (code !== 0) throw new Error(error ?? 'failed without an error')
  return outcome
}
