import { EXIT } from '../errors.ts'
import type { Problem } from '../model/problem.ts'
import type { AccessMatrix } from '../model/access.ts'
import type { AuditDocument, GovernanceHead } from '../model/audit.ts'
import { writeAuditFile } from './file.ts'
import type { GovernanceResult } from './governance/write.ts'
import { writeAuditLines, type JsonLinesOptions } from './json-lines.ts'
import type { Recorder, RunEnd } from './recorder.ts'
import type { Reporter } from './reporter.ts'

export interface Conclusion {
  readonly recorder: Recorder
  readonly end: RunEnd
  /** Where the audit document goes; null for plan and report, which write none (src/README.md: Commands). */
  readonly auditPath: string | null
  /** null: no `governance_dir`, or nothing of it is known. */
  readonly governance: { readonly dir: string; readonly matrix: AccessMatrix | null } | null
  readonly reporters: readonly Reporter[]
  /**
   * Where the audit goes when its file or the governance folder cannot be written; null: a reporter prints all of it
   * anyway.
   */
  readonly fallback: JsonLinesOptions | null
}

/**
 * Ends a run: audit file, governance files, then the reporters' last words. Gives the document as it was written; its
 * `exit_code` is the program's. Where a file cannot be written, what the run did stands: the audit goes to standard
 * output, the outcome is `failed`, the exit code 1 unless it was another failure's already.
 *
 * The audit file comes first, since the governance folder may have to be waited for; it is written once more with what
 * came of that: where the chain ends now, or why it does not go on.
 */
export async function concludeRun({
  recorder,
  end,
  auditPath,
  governance,
  reporters,
  fallback,
}: Conclusion): Promise<AuditDocument> {
  let document = recorder.finish(end)
  const found: Problem[] = []
  const learn = (problem: Problem | null): void => {
    if (problem === null) return
    found.push(problem)
    const { governance: head } = document.run
    document = withHead(recorder.finish(failedEnd(end, found)), head)
  }
  const fileProblem = auditPath === null ? null : await writeAuditFile(auditPath, document)
  learn(fileProblem)
  const { problem, head, repairs } = await writeGovernanceOf(governance, document)
  learn(problem)
  document = withHead(document, head)
  if (auditPath !== null && fileProblem === null && (problem !== null || head !== null))
    learn(await writeAuditFile(auditPath, document))
  if (found.length > 0 && fallback !== null) writeAuditLines(document, fallback)
  for (const reporter of reporters) reporter.finish(document, withFound(end, found), repairs)
  return document
}

function withHead(document: AuditDocument, governance: GovernanceHead | null): AuditDocument {
  return { ...document, run: { ...document.run, governance } }
}

/** All problems; what was tried before the run began, and ended it, is not told twice. */
function withFound({ problems }: RunEnd, found: readonly Problem[]): Problem[] {
  const known = problems.filter(({ code }) => code === 'no_place_for_audit').map(({ field }) => field)
  return [...problems, ...found.filter(({ field }) => !known.includes(field))]
}

/** The governance files' code is loaded where there is a folder for them. */
async function writeGovernanceOf(
  governance: Conclusion['governance'],
  document: AuditDocument,
): Promise<GovernanceResult> {
  if (governance === null) return { problem: null, head: null, repairs: [] }
  const { writeGovernance } = await import('./governance/write.ts')
  return writeGovernance({ ...governance, document })
}

function failedEnd(end: RunEnd, found: readonly Problem[]): RunEnd {
  const problems = withFound(end, found)
  return end.exitCode === EXIT.done || end.exitCode === EXIT.changes
    ? { outcome: 'failed', exitCode: EXIT.failed, problems }
    : { ...end, problems }
}
