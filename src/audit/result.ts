/** What a run gives, whatever its outcome. */
import type { AccessMatrix } from '../model/access.ts'
import type { AuditDocument } from '../model/audit.ts'
import type { Declaration } from '../model/declaration.ts'
import type { Problem } from '../model/problem.ts'

export interface RunResult {
  /** The audit; `run.exit_code` is the exit code (src/README.md: Exit codes). */
  readonly document: AuditDocument
  /** Everything that went wrong; empty where nothing did. */
  readonly problems: readonly Problem[]
  /** What of the run goes into the governance files; null: no `governance_dir`, or it could not be read. */
  readonly governance: Governance | null
}

export interface Governance {
  readonly dir: string
  /** Who may do what now; null where the run does not know, and what the files say is left as it is. */
  readonly matrix: AccessMatrix | null
}

/** @param declaration null: it could not be read. */
export function governanceOf(declaration: Declaration | null, matrix: AccessMatrix | null): Governance | null {
  const dir = declaration?.governanceDir ?? null
  return dir === null ? null : { dir, matrix }
}
