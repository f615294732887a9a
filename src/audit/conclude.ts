import type { Problem } from '../model/problem.ts'
import type { AuditDocument, GovernanceHead } from '../model/audit.ts'
import { writeAuditFile } from './file.ts'
import type { GovernanceResult } from './governance/write.ts'
import { writeAuditLines, type JsonLinesOptions } from './json-lines.ts'
import { failDocument } from './recorder.ts'
import type { Reporter } from './reporter.ts'
import type { Governance, RunResult } from './result.ts'

export interface Conclusion {
  /** Where the audit document goes; null: into no file. */
  readonly auditPath: string | null
  /** Those that had the records of the run. */
  readonly reporters: readonly Reporter[]
  /**
   * Where the audit goes when its file or the governance folder cannot be written; null: a reporter prints all of it
   * anyway.
   */
  readonly fallback: JsonLinesOptions | null
}

/**
 * Ends a run, given its result: audit file, governance files, then the reporters' last words. Gives the document as
 * it was written; its `exit_code` is the program's. Where a file cannot be written, what the run did stands: the audit
 * goes to standard output, the outcome is `failed`, the exit code 1 unless it was another failure's already.
 *
 * The audit file comes first, since the governance folder may have to be waited for; it is written once more with what
 * came of that: where the chain ends now, or why it does not go on.
 */
export async function concludeRun(
  { document: ended, problems, governance }: RunResult,
  { auditPath, reporters, fallback }: Conclusion,
): Promise<AuditDocument> {
  let document = ended
  const found: Problem[] = []
  const learn = (problem: Problem | null): void => {
    if (problem === null) return
    found.push(problem)
    const { governance: head } = document.run
    document = withHead(failDocument(ended, withFound(problems, found)), head)
  }
  const fileProblem = auditPath === null ? null : await writeAuditFile(auditPath, document)
  learn(fileProblem)
  const { problem, head, repairs } = await writeGovernanceOf(governance, document)
  learn(problem)
  document = withHead(document, head)
  if (auditPath !== null && fileProblem === null && (problem !== null || head !== null))
    learn(await writeAuditFile(auditPath, document))
  if (found.length > 0 && fallback !== null) writeAuditLines(document, fallback)
  for (const reporter of reporters) reporter.finish(document, withFound(problems, found), repairs)
  return document
}

function withHead(document: AuditDocument, governance: GovernanceHead | null): AuditDocument {
  return { ...document, run: { ...document.run, governance } }
}

/** All problems; what was tried before the run began, and ended it, is not told twice. */
function withFound(problems: readonly Problem[], found: readonly Problem[]): Problem[] {
  const known = problems.filter(({ code }) => code === 'no_place_for_audit').map(({ field }) => field)
  return [...problems, ...found.filter(({ field }) => !known.includes(field))]
}

/** The governance files' code is loaded where there is a folder for them. */
async function writeGovernanceOf(governance: Governance | null, document: AuditDocument): Promise<GovernanceResult> {
  if (governance === null) return { problem: null, head: null, repairs: [] }
  const { writeGovernance } = await import('./governance/write.ts')
  return writeGovernance({ ...governance, document })
}
