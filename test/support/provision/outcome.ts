import type { ExecutionContext } from 'ava'
import type { RunResult } from '../../../src/audit/result.ts'
import type { Problem } from '../../../src/model/problem.ts'
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

export function toOutcome({ document, problems, governance }: RunResult): Outcome {
  return { audit: document, records: document.records, problems, matrix: governance?.matrix ?? null }
}

/** @throws Error with everything that was wrong, where it did not end well. */
export function endedWell(outcome: Outcome): Outcome {
  const { exit_code: code, error } = outcome.audit.run
  if (code !== 0) throw new Error(error ?? 'failed without an error')
  return outcome
}

/** The remedy of the one thing that blocked a run, which exited with 4. */
export function blocked(t: ExecutionContext, { audit, problems }: Outcome, guardrail: string): string {
  t.is(audit.run.exit_code, 4, audit.run.error ?? '')
  t.deepEqual(
    problems.map(({ field }) => field),
    [guardrail],
  )
  return problems[0]?.remedy ?? ''
}
