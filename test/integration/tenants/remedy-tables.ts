/** Which remedies have SQL, who prints it, and where each is tried. Data, for the test beside. */
import type { GuardrailCode, RunCode } from '../../../src/model/problem.ts'

export const TRIED = 'tried below'
const NO_SQL = 'its remedy has no SQL'

/** Codes whose remedies have SQL, and why the others have none to try. Those of input, AWS and connections have none. */
export const CODES: Readonly<Record<GuardrailCode | RunCode, string>> = {
  approval: NO_SQL,
  approved_plan: NO_SQL,
  endpoint: NO_SQL,
  foreign_account: NO_SQL,
  reserved_name: NO_SQL,
  naming: NO_SQL,
  owner_mismatch: TRIED,
  unmanaged_role: NO_SQL,
  foreign_claim: NO_SQL,
  missing_claim: NO_SQL,
  missing_right: TRIED,
  privileged_role: NO_SQL,
  iam: NO_SQL,
  upgrade: NO_SQL,
  extension: TRIED,
  setting: NO_SQL,
  server_version: NO_SQL,
  immutable: NO_SQL,
  encoding: NO_SQL,
  schema: TRIED,
  invalid_database: TRIED,
  missing_database: NO_SQL,
  renamed_database: TRIED,
  renamed_role: TRIED,
  unknown_application: NO_SQL,
  removal_approval: NO_SQL,
  removal_obstacle: TRIED,
  standing_application: NO_SQL,
  not_permitted: NO_SQL,
  unproven_caller: NO_SQL,
  already_running: NO_SQL,
  rotation: 'a clone that is no member: test/integration/lambda/rotation.test.ts runs it',
  lock_timeout: TRIED,
  connection_lost: NO_SQL,
  statement_failed: 'an extension that the server refuses the master: test/integration/main/master-extensions.test.ts',
  not_converged: NO_SQL,
  interrupted: NO_SQL,
  closed_by_another_removal: NO_SQL,
  opened_during_snapshot: NO_SQL,
  left_during_snapshot: NO_SQL,
  session_hides: NO_SQL,
  session_left: NO_SQL,
  unseen_database: NO_SQL,
  left_closed: 'a server that goes away in between; what it prints is run below, from its builder',
  left_open: 'a server that goes away in between: test/integration/removal/kept-shut.test.ts runs what it prints',
  audit_unwritable: NO_SQL,
  governance_unwritable: NO_SQL,
  output_unwritable: NO_SQL,
  function_lost: NO_SQL,
  snapshot_pending: NO_SQL,
  defect: NO_SQL,
}

/** Where statements are printed for people; each is brought about below, or said why not. */
export const PRINTING: Readonly<Record<string, string>> = {
  'generate/told.ts': 'test/integration/credentials/generate.test.ts runs all that stand before an apply',
  'guardrails/actual.ts': TRIED,
  'guardrails/bootstrap.ts': 'a right over the admin for the master: the same builder as a right over a role',
  'guardrails/by-hand.ts': TRIED,
  'guardrails/databases.ts': TRIED,
  'guardrails/extensions.ts': TRIED,
  'guardrails/iam.ts': 'a right over rds_iam for the admin: the same builder as a right over a role',
  'guardrails/passwords.ts': 'a role for the admin, of the instance: the same builder as pg_signal_backend',
  'guardrails/predefined.ts': 'a predefined role for the admin: the same builder as a right over a role',
  'guardrails/removal.ts': TRIED,
  'guardrails/rotation.ts':
    'test/integration/lambda/rotation.test.ts runs what is for a clone; the other is as in guardrails/actual.ts',
  'guardrails/ways-out.ts': TRIED,
  'plan/bootstrap.ts': 'a role for the admin, of the instance: the same builder as pg_signal_backend',
  'plan/beyond-grants.ts': 'test/integration/credentials/messy.test.ts runs each',
  'plan/beyond-login.ts': 'test/integration/credentials/messy.test.ts runs each',
  'plan/departure-databases.ts': TRIED,
  'plan/interior.ts': TRIED,
  'plan/membership-revocation.ts': TRIED,
  'plan/memberships.ts': TRIED,
  'plan/settings.ts': TRIED,
  'run/connection/lock.ts': TRIED,
  'run/removal/close-again.ts': 'test/integration/removal/kept-shut.test.ts runs them',
  'run/removal/ending.ts': TRIED,
  'server/lock.ts': TRIED,
}
/** Who runs what, for those that print. */
export const WORDING = ['guardrails/hand-over.ts', 'guardrails/printed-login.ts']
/** Where a statement's text is kept, for the audit and for a plan, and is not for running. */
export const KEEPING = [
  'generate/review.ts',
  'model/statement.ts',
  'model/step.ts',
  'preview/preview.ts',
  'run/outcome.ts',
]
