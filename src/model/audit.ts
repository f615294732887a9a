/** The audit document: its field names are an interface (src/README.md: The audit), hence snake_case. Types only. */
import type { AccessChange } from './access-change.ts'
import type { Consequences } from './consequence.ts'
import type { ExitCode } from './exit-code.ts'
import type { ProblemCode } from './problem.ts'
import type { Approval, RunName } from './run.ts'

export const OBJECTS = [
  'role',
  'database',
  'schema',
  'grant',
  'default_privileges',
  'setting',
  'extension',
  'tag',
  'password',
  'login',
  'admin',
  'snapshot',
] as const
export type AuditObject = (typeof OBJECTS)[number]

export const STATUSES = [
  'created',
  'updated',
  'removed',
  'no_change',
  'blocked',
  'failed',
  'skipped',
  'warning',
] as const
export type AuditStatus = (typeof STATUSES)[number]

/**
 * What is so in every run until somebody changes it, and nobody wants to read each time: a role or database of ours
 * that no entry declares any more (`orphan`); something that nobody declares and that is left alone (`beyond`).
 */
export const STANDINGS = ['orphan', 'beyond'] as const
export type Standing = (typeof STANDINGS)[number]

export type Outcome = 'changed' | 'no_change' | 'blocked' | 'failed'

interface RecordFields extends Consequences {
  /** null in records of the run itself (admin, lock). */
  readonly application: string | null
  readonly database: string | null
  readonly username: string | null
  readonly object: AuditObject
  readonly action: string
  readonly durationMs: number
  readonly message: string
  /** Redacted SQL that took effect on the server, in order. */
  readonly statements: readonly string[]
  /** Tells only that something was not reached: people get the number, the audit all of them. */
  readonly isQuiet?: true
  /** Absent: it is of this run. */
  readonly standing?: Standing
  /** What those statements changed of the login's privileges; absent where nothing. */
  readonly access?: AccessChange
}

interface Mishap {
  readonly status: 'blocked' | 'failed'
  readonly code: ProblemCode
}

interface Ordinary {
  readonly status: Exclude<AuditStatus, Mishap['status']>
}

/** What a stage reports of one thing it did, found or refused; the audit adds time and run identity. */
export type RecordDraft = RecordFields & (Mishap | Ordinary)

/** `loses` and `gains`: who lost and gained what by it, since 1.1. */
export interface AuditRecord extends Consequences {
  readonly at: string
  readonly run_id: string
  readonly build_id: string
  readonly environment: string
  readonly application: string | null
  readonly database: string | null
  readonly username: string | null
  readonly object: AuditObject
  readonly action: string
  readonly status: AuditStatus
  /** A ProblemCode of the release that wrote it; in records that are blocked or failed, since 1.1. */
  readonly code?: string
  readonly duration_ms: number
  readonly message: string
  readonly statements: readonly string[]
  /** Since 1.1; absent: it is of this run. */
  readonly standing?: Standing
  readonly access?: AccessChange
}

/** What became of the applications of a run that was not stopped as a whole; names are sorted. */
export interface ApplicationsEnd {
  /** How many are as declared. */
  readonly done: number
  readonly blocked: readonly string[]
  readonly failed: readonly string[]
  /** Those that share the database of one that was blocked or failed, and so were left as they are. */
  readonly not_begun: readonly string[]
}

export interface AuditRun {
  readonly run_id: string
  readonly build_id: string
  readonly command: RunName
  readonly environment: string | null
  readonly cluster_name: string | null
  readonly instance: { readonly identifier: string; readonly host: string; readonly port: number } | null
  readonly actor: { readonly arn: string; readonly account: string } | null
  /** The role of the function that did the run for the actor; absent where nobody stood between. */
  readonly executed_as?: { readonly arn: string; readonly account: string }
  readonly approval: Approval
  /** Digest of the one plan that was approved; null: no single plan was. Absent before 1.1. */
  readonly approved_plan?: string | null
  readonly database_login: string | null
  readonly server_version: string | null
  readonly tool_version: string
  readonly input_sha256: string
  readonly started_at: string
  readonly finished_at: string
  readonly duration_ms: number
  readonly outcome: Outcome
  readonly exit_code: ExitCode
  /** Each ProblemCode of what went wrong once, sorted; empty where nothing did, and before 1.1. */
  readonly error_codes: readonly string[]
  /** Begins with how many applications are concerned, and which, where the others were done. */
  readonly error: string | null
  /** Only of an apply that did what it could; null otherwise. Absent before 1.1. */
  readonly applications?: ApplicationsEnd | null
  /** null: the run was not recorded in governance files; so before 1.1, and in those files themselves. */
  readonly governance: GovernanceHead | null
}

/** Where governance files ended when a run had been added to them (src/README.md: The end of the chain). */
export interface GovernanceHead {
  /** Path of the JSONL file, as the run had it. */
  readonly file: string
  /** The hash of its first line: tells one chain from another. */
  readonly chain: string
  /** The hash of its last line, which is the run's. */
  readonly hash: string
  readonly lines: number
}

export interface AuditDocument {
  readonly schema_version: 1
  readonly run: AuditRun
  readonly records: readonly AuditRecord[]
  readonly summary: Readonly<Record<AuditStatus, number>>
}
