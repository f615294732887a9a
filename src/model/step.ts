/** Steps are data: what to change, why and where. One apply path serves the preview and the real run. */
import type { AccessChange } from './access-change.ts'
import type { AuditObject, AuditStatus } from './audit.ts'
import type { Statement } from './statement.ts'

/** Whom and what a record or a step is about. */
export interface Subject {
  readonly application: string | null
  readonly database: string | null
  readonly username: string | null
  readonly object: AuditObject
}

/** What the program has to tell apart among steps; `action` and `message` are for people. */
export type StepKind =
  | 'create_role'
  | 'create_database'
  | 'set_password'
  /** Lets the admin into a database again. */
  | 'restore_access'
  | 'restrict_public'
  | 'adopt_database'
  | 'repair_admin'
  /** A membership of the admin, taken and given back around a statement; and one that a run before left behind. */
  | 'hold_membership'
  | 'release_membership'
  | 'leftover_membership'

/** One change: becomes one audit record with status `status` once its transaction has committed. */
export interface Step extends Subject {
  /** null: like most. */
  readonly kind: StepKind | null
  readonly action: string
  readonly status: Extract<AuditStatus, 'created' | 'updated' | 'removed'>
  /** What is done and why, in one sentence. */
  readonly message: string
  readonly statements: readonly Statement[]
  /** What the statements change of the login's privileges; absent where nothing. */
  readonly access?: AccessChange
}

/** Something found that needs no statement; becomes one audit record. */
export interface Finding extends Subject {
  readonly action: string
  readonly status: Extract<AuditStatus, 'no_change' | 'skipped' | 'warning'>
  readonly message: string
}

/** What one concern of the plan contributes. */
export interface Changes {
  readonly steps: readonly Step[]
  readonly findings: readonly Finding[]
}

/** Steps that take effect together or not at all. */
export interface AtomicTransaction {
  readonly kind: 'atomic'
  readonly steps: readonly Step[]
}

/** One statement that cannot run in a transaction (CREATE DATABASE), with what it needs around it. */
export interface BareTransaction {
  readonly kind: 'bare'
  /** Committed before the step, e.g. the owner's membership (src/README.md: Transient membership). */
  readonly before: readonly Statement[]
  readonly step: Step
  /** Run when the step failed, so that nothing of `before` stays. */
  readonly undo: readonly Statement[]
}

export type Transaction = AtomicTransaction | BareTransaction

/** In the order they run; a stage begins when the one before is done. */
export const STAGES = ['roles', 'databases', 'interiors', 'closing'] as const
export type Stage = (typeof STAGES)[number]

/** Transactions that run one after the other over one connection. Jobs of one stage run in parallel. */
export interface Job {
  readonly stage: Stage
  /** The database to connect to; null: the admin's own. */
  readonly connectTo: string | null
  readonly transactions: readonly Transaction[]
}

export interface Plan {
  readonly findings: readonly Finding[]
  readonly jobs: readonly Job[]
}

export function stepsOf(transaction: Transaction): readonly Step[] {
  return transaction.kind === 'atomic' ? transaction.steps : [transaction.step]
}

export function planSteps(plan: Plan): Step[] {
  return plan.jobs.flatMap((job) => job.transactions.flatMap(stepsOf))
}
