/** What can be wrong, as codes that programs branch on; what people read is made beside them. */

/**
 * Guardrails: what blocks a run, or the removal of an application, before its first change. The words stand in errors
 * and in the audit's records as people read them.
 */
export const GUARDRAILS = {
  approval: 'approval',
  approved_plan: 'approved plan',
  endpoint: 'endpoint',
  foreign_account: 'account',
  reserved_name: 'reserved names',
  naming: 'naming',
  owner_mismatch: 'owner mismatch',
  unmanaged_role: 'unmanaged role',
  foreign_claim: 'foreign claim',
  missing_claim: 'missing claim',
  missing_right: 'missing right',
  privileged_role: 'privileged role',
  iam: 'IAM',
  upgrade: 'major upgrade',
  extension: 'extension',
  setting: 'setting',
  server_version: 'server version',
  immutable: 'immutable',
  encoding: 'encoding',
  schema: 'schema',
  invalid_database: 'invalid database',
  missing_database: 'missing database',
  renamed_database: 'renamed database',
  renamed_role: 'renamed role',
  unknown_application: 'destroy',
  removal_approval: 'destroy',
  removal_obstacle: 'destroy',
  standing_application: 'destroy',
  not_permitted: 'runner',
  unproven_caller: 'runner',
  already_running: 'runner',
  rotation: 'rotation',
} as const

export type GuardrailCode = keyof typeof GUARDRAILS

export function isGuardrail(code: string): code is GuardrailCode {
  return Object.hasOwn(GUARDRAILS, code)
}

/** What is wrong with the command line, the environment of the run or the declaration. */
const INPUT_CODES = [
  'usage',
  'missing_input',
  'unreadable_input',
  'unknown_at_plan',
  'missing_value',
  'invalid_value',
  'unknown_field',
  'misplaced_field',
  'no_owner',
  'several_owners',
  'shared_login',
  'missing_build_id',
  'invalid_ca_file',
  'unreadable_folder',
  'unusable_sheet',
  'no_place_for_audit',
  'other_protocol',
  'request_too_large',
] as const
export type InputCode = (typeof INPUT_CODES)[number]

/** What AWS, or a secret in it, would not do. */
const AWS_CODES = [
  'secret_not_found',
  'secret_empty',
  'secret_denied',
  'secret_undecryptable',
  'secret_pending_deletion',
  'secret_refused',
  'malformed_secret',
  'secret_of_another_login',
  'aws_region_missing',
  'aws_wrong_region',
  'aws_wrong_partition',
  'aws_credentials',
  'aws_profile_missing',
  'aws_throttled',
  'aws_unreachable',
  'aws_refused',
  'assume_role_denied',
  'snapshot_failed',
] as const
export type AwsCode = (typeof AWS_CODES)[number]

/** Why there is no connection to the server. */
const CONNECTION_CODES = [
  'server_unreachable',
  'server_starting',
  'server_full',
  'untrusted_certificate',
  'tls_missing',
  'wrong_password',
  'other_authentication',
  'server_unproven',
  'refused_after_authentication',
  'login_refused',
] as const
export type ConnectionCode = (typeof CONNECTION_CODES)[number]

/** What went wrong while something was changed, looked at or written down. */
const RUN_CODES = [
  'lock_timeout',
  'connection_lost',
  'statement_failed',
  'not_converged',
  'interrupted',
  'closed_by_another_removal',
  'opened_during_snapshot',
  'left_during_snapshot',
  'session_hides',
  'session_left',
  'unseen_database',
  'left_closed',
  'left_open',
  'audit_unwritable',
  'governance_unwritable',
  'output_unwritable',
  'function_lost',
  'snapshot_pending',
  'defect',
] as const
export type RunCode = (typeof RUN_CODES)[number]

export type ProblemCode = GuardrailCode | InputCode | AwsCode | ConnectionCode | RunCode

const CODES: readonly ProblemCode[] = [...INPUT_CODES, ...AWS_CODES, ...CONNECTION_CODES, ...RUN_CODES]

/** The code that a text is; null: none of this release. */
export function codeOf(text: string): ProblemCode | null {
  return isGuardrail(text) ? text : (CODES.find((code) => code === text) ?? null)
}

/** One thing that is wrong, in the caller's words. */
export interface Problem {
  /** The application concerned; null where it is the whole declaration. */
  readonly application: string | null
  /** The role concerned, where it is another than the application's login. */
  readonly role?: string
  readonly code: ProblemCode
  /**
   * The input field, secret id or guardrail concerned, e.g. `access_level`, `platform/dev/x/postgres`, `owner
   * mismatch`.
   */
  readonly field: string
  /** What happened. */
  readonly message: string
  /** What to do. */
  readonly remedy: string
}
