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

/** Which rule a step follows: what the program tells apart; `action` and `message` are for people. */
export type StepKind =
  | 'create_admin'
  | 'repair_admin'
  | 'grant_to_admin'
  | 'create_role'
  | 'alter_role'
  | 'tag_role'
  | 'drop_role'
  | 'set_password'
  | 'remove_password'
  | 'close_login'
  | 'reopen_login'
  | 'join_iam'
  | 'leave_iam'
  | 'act_as'
  | 'set_setting'
  | 'reset_setting'
  | 'create_database'
  | 'limit_database'
  | 'end_template'
  | 'tag_database'
  | 'adopt_database'
  | 'close_database'
  | 'reopen_database'
  | 'drop_database'
  | 'create_schema'
  | 'create_extension'
  /** The admin comes into a database again. */
  | 'admit_admin'
  | 'restrict_public'
  /** By name, what an adopted database gave its users through PUBLIC. */
  | 'keep_access'
  | 'grant_privileges'
  | 'revoke_privileges'
  | 'grant_default_privileges'
  | 'revoke_default_privileges'
  /** A membership of the admin, taken and given back around a statement; and one that a run before left behind. */
  | 'hold_membership'
  | 'release_membership'
  | 'leftover_membership'
  /** Of somebody else in a role. */
  | 'revoke_membership'

/** One change: becomes one audit record with status `status` once its transaction has committed. */
export interface Step extends Subject {
  readonly kind: StepKind
  /** Of several things that `kind` can be about in one database, which: a schema, a setting, …; null: there is one. */
  readonly target: string | null
  readonly action: string
  readonly status: Extract<AuditStatus, 'created' | 'updated' | 'removed'>
  /** What is done and why, in one sentence. */
  readonly message: string
  readonly statements: readonly Statement[]
  /** What the statements change of the login's privileges; absent where nothing. */
  readonly access?: AccessChange
  /**
   * The login that loses something by it. A session keeps what it took on before, so those of the login end once it has
   * taken effect (src/README.md: What a session keeps); absent where nobody loses anything.
   */
  readonly loser?: string
  /** What a person should look at, told as a warning beside it: the next look finds it no more; absent: nothing. */
  readonly caution?: string
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

/**
 * Tells a step from every other of its plan, and finds it again in a later plan: the rule, and what it is about. The
 * tag that a new database lacks is planned as an adoption once the database is there.
 */
export function stepKey({ application, database, username, kind, target }: Step): string {
  return JSON.stringify([application, database, username, kind === 'adopt_database' ? 'tag_database' : kind, target])
}

/** A step as people and programs are told of it; `statements` are redacted. */
export interface ToldStep extends Subject {
  readonly action: string
  readonly status: Step['status']
  readonly message: string
  readonly statements: readonly string[]
}

/** @param statements those to tell: the step's own, or what took effect of them and around them */
export function tellStep(
  { application, database, username, object, action, status, message }: Step,
  statements: readonly Statement[],
): ToldStep {
  const redacted = statements.map((statement) => statement.redacted)
  return { application, database, username, object, action, status, message, statements: redacted }
}
