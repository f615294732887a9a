/** Steps are data: what to change, why and where. One apply path serves the preview and the real run. */
import type { AccessChange, PrivilegeChange } from './access-change.ts'
import type { AuditObject, AuditStatus, Standing } from './audit.ts'
import { type Consequences, consequencesOrNone } from './consequence.ts'
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
  /** Before a major upgrade: the helper, what it administers, and what the master does. */
  | 'create_helper'
  | 'grant_to_helper'
  | 'grant_to_master'
  | 'create_role'
  | 'alter_role'
  | 'adopt_role'
  | 'take_over_role'
  /** The key of an entry changed, and its login is the same. */
  | 'rename_application'
  | 'tag_role'
  /** Before anything else, that a run has begun what was approved; and after it, that it is done. */
  | 'note_approved_plan'
  | 'end_approved_plan'
  /** Of an application that leaves: what its role's tag remembers (src/README.md: Removal). */
  | 'note_undeclared'
  | 'request_removal'
  | 'take_back_removal'
  | 'end_removal'
  | 'release_role'
  | 'release_database'
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
  /** Of a database that the master makes extensions in: who may connect until its owner has it. */
  | 'withhold_database'
  | 'admit_master'
  | 'dismiss_master'
  | 'hand_over_database'
  | 'limit_database'
  /** A full database gets connections more, while the run looks inside. */
  | 'make_room'
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
  /** The same of a new database, which was closed to all until then. */
  | 'open_database'
  | 'grant_privileges'
  | 'revoke_privileges'
  | 'grant_default_privileges'
  | 'revoke_default_privileges'
  /** A membership of the admin, taken and given back around a statement; and one that a run before left behind. */
  | 'hold_membership'
  | 'release_membership'
  | 'leftover_membership'
  /** Of somebody else in a role. */
  | 'grant_membership'
  | 'revoke_membership'

/** A statement that changes privileges, and what it changes. */
export interface PrivilegeStatement {
  readonly statement: Statement
  readonly change: PrivilegeChange
  /** Whose they are, '' is PUBLIC; absent: the login's that the step is about. */
  readonly grantee?: string
}

/** One change: becomes one audit record with status `status` once its transaction has committed. */
export interface Step extends Subject, Consequences {
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
  /** Those of the statements that change privileges; absent where none does. */
  readonly privileges?: readonly PrivilegeStatement[]
  /**
   * The login that loses something by it. A session keeps what it took on before, so those of the login end once it has
   * taken effect (src/README.md: What a session keeps); absent where nobody loses anything.
   */
  readonly loser?: string
  /** Its members, through others too, which lose it as well; absent: they lose nothing. */
  readonly loserMembers?: readonly string[]
  /** Logins that may not connect to the database any more: their sessions there end; absent: none, or they may stay. */
  readonly shutOut?: readonly string[]
  /** What a person should look at, told as a warning beside it: the next look finds it no more; absent: nothing. */
  readonly caution?: string
  /** What a person can do where the server refuses it; absent: what its code says. */
  readonly remedy?: string
}

/** Something found that needs no statement; becomes one audit record. */
export interface Finding extends Subject {
  readonly action: string
  readonly status: Extract<AuditStatus, 'no_change' | 'skipped' | 'warning'>
  readonly message: string
  /** Absent: it is of this run. */
  readonly standing?: Standing
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
  /** The same as two, each for some of the objects; absent where it names no two. */
  readonly halves?: () => readonly AtomicTransaction[]
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
export const STAGES = [
  'roles',
  'databases',
  // In databases that are the admin's until the master has made their extensions.
  'foundations',
  'extensions',
  'handover',
  'interiors',
  'closing',
] as const
export type Stage = (typeof STAGES)[number]

/** Transactions that run one after the other over one connection. Jobs of one stage run in parallel. */
export interface Job {
  readonly stage: Stage
  /** The database to connect to; null: the admin's own. */
  readonly connectTo: string | null
  /** The master connects; absent: the admin. */
  readonly asMaster?: true
  readonly transactions: readonly Transaction[]
  /** Where a transaction fails, those that follow are done all the same; absent: they are not. */
  readonly standApart?: true
}

export interface Plan {
  readonly findings: readonly Finding[]
  readonly jobs: readonly Job[]
}

export function stepsOf(transaction: Transaction): readonly Step[] {
  return transaction.kind === 'atomic' ? transaction.steps : [transaction.step]
}

export function jobSteps(job: Job): Step[] {
  return job.transactions.flatMap(stepsOf)
}

export function planSteps(plan: Plan): Step[] {
  return plan.jobs.flatMap(jobSteps)
}

/** What is planned in another guise once the database is there: the tag that it lacks, and that PUBLIC may connect. */
const SAME_RULE: Partial<Record<StepKind, StepKind>> = {
  adopt_database: 'tag_database',
  open_database: 'restrict_public',
}

/** Tells a step from every other of its plan, and finds it again in a later plan: the rule, and what it is about. */
export function stepKey({ application, database, username, kind, target }: Step): string {
  return JSON.stringify([application, database, username, SAME_RULE[kind] ?? kind, target])
}

/**
 * What a step does, in as many parts as may be done each for itself: one for each object that it names, and one for all
 * else. Parts of two plans are the same where their texts are.
 */
export function partsOf(step: Step): string[] {
  const objects = (step.privileges ?? []).flatMap(({ statement }) => statement.objects)
  const isListOnly = step.privileges?.every(({ statement }) => statement.objects.length > 0) ?? false
  return [...(isListOnly ? [] : ['']), ...objects].map((part) => `${stepKey(step)} ${part}`)
}

/** A step as people and programs are told of it; `statements` are redacted. */
export interface ToldStep extends Subject, Consequences {
  readonly action: string
  readonly status: Step['status']
  readonly message: string
  readonly statements: readonly string[]
}

/**
 * @param statements those to tell: the step's own, or what took effect of them and around them. Without any nobody
 *   loses or gains anything.
 */
export function tellStep(
  { application, database, username, object, action, status, message, loses = [], gains = [] }: Step,
  statements: readonly Statement[],
): ToldStep {
  const redacted = statements.map((statement) => statement.redacted)
  const consequences = statements.length === 0 ? {} : consequencesOrNone(loses, gains)
  return { application, database, username, object, action, status, message, statements: redacted, ...consequences }
}
