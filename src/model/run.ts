/** Who runs, when, under which build: known before anything is read. Types only. */
import type { CleanupPolicy } from './declaration.ts'
import type { ApprovedPlan } from './effect.ts'

export const COMMAND_NAMES = ['apply', 'plan', 'destroy', 'report', 'prepare-upgrade'] as const
export type Command = (typeof COMMAND_NAMES)[number]

/** What has a run: the commands, and what a function does by itself. */
export const RUN_NAMES = [...COMMAND_NAMES, 'rotate'] as const
export type RunName = (typeof RUN_NAMES)[number]

/** What the environment of a run approves; an approval belongs to a run, not to a file. */
export interface Approvals {
  /** ALLOW_DB_PROVISION is exactly `true`, or `plan:<digest>`. */
  readonly allowProvision: boolean
  /** ALLOW_DB_DESTROY is exactly `true`. */
  readonly allowDestroy: boolean
}

export type Approval = 'not_required' | 'approved' | 'missing'

/** The identity of one run; stands in the audit and in every tag that the run writes. */
export interface RunIdentity {
  readonly runId: string
  /** Never empty once `resolveRun` accepted it. */
  readonly buildId: string
  readonly command: RunName
  readonly approval: Approval
  /** The only plan that may be carried out, in dev too; null: any, or none. */
  readonly approvedPlan: ApprovedPlan | null
  /** What ALLOW_DB_PROVISION holds and is not accepted; null: nothing of the kind. */
  readonly refusedApproval: string | null
  /** RDS_CLEANUP_POLICY; null: the declared policies stand. */
  readonly cleanupPolicy: CleanupPolicy | null
  /** What a removal deletes needs no approval more: both are given, or it is dev. */
  readonly mayDelete: boolean
  /** ALLOW_DB_TAKEOVER is `true`: what another state has claimed may be taken over. */
  readonly takesOver: boolean
  readonly startedAt: Date
  readonly toolVersion: string
  /** SHA-256 of the decoded input JSON, hex. */
  readonly inputSha256: string
}

/** STS GetCallerIdentity. */
export interface Actor {
  readonly arn: string
  readonly account: string
}
