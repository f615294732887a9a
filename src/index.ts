/** The library: the same stages that the command runs, for a Lambda or another program. */

/* A run: how it starts, what it does, how it ends. */
export { type ProgramRun, start, type StartedRun, type UnusableRun } from './run/start.ts'
export {
  createDependencies,
  createDestroyDependencies,
  type DependencyOptions,
  REMOVAL_WAITS,
} from './run/dependencies.ts'
export { apply } from './run/apply/apply.ts'
export { prepareUpgrade } from './run/upgrade/prepare.ts'
export { previewApply } from './run/plan.ts'
export { destroy, type DestroyRequest } from './run/destroy/destroy.ts'
export { previewDestroy } from './run/destroy/preview.ts'
export { endUnusable } from './run/end/unusable.ts'
export type { Governance, RunResult } from './audit/result.ts'
export { concludeRun, type Conclusion } from './audit/conclude.ts'
export { checkAuditPlace } from './audit/place.ts'

/* The way to AWS, where the SDK does not see to it. */
export { readAwsEnvironment } from './input/aws-environment.ts'
export type { AwsEnvironment } from './model/aws-environment.ts'

/* Who watches a run. */
export { createTextReporter, type TextOptions } from './audit/text.ts'
export { createJsonLinesReporter, type JsonLinesOptions } from './audit/json-lines.ts'
export { createGithubReporter, type GithubOptions } from './audit/github.ts'
export type { Reporter, Write } from './audit/reporter.ts'

/* How a plan is told. */
export type { Preview } from './preview/preview.ts'
export { previewText, type PreviewTextOptions } from './preview/text.ts'
export { previewJson } from './preview/json.ts'

/* What a program may replace. */
export type { Dependencies, RemovalWaits } from './run/context.ts'
export type { DestroyDependencies } from './run/destroy/dependencies.ts'
export type { RecordSink } from './audit/recorder.ts'
export type { CurrentSecrets, SecretReader, SecretStage } from './secrets/secret-reader.ts'
export type { SnapshotClient } from './snapshot/snapshot-client.ts'
export { Secret } from './model/secret.ts'
export type { Credential } from './model/credential.ts'
export type { Snapshot, SnapshotSource } from './model/snapshot.ts'

/* What is declared. */
export { decodeInput } from './input/decode.ts'
export { parseDeclaration, type ParsedInput } from './input/parse.ts'
export type {
  AccessLevel,
  AdminLogin,
  Application,
  AuthMethod,
  AwsSettings,
  CleanupPolicy,
  Database,
  Declaration,
  Endpoint,
  Environment,
  Instance,
  SettingValue,
  Tls,
  TlsMode,
} from './model/declaration.ts'
export type { DestroyTarget } from './model/removal.ts'
export type { Actor, Approval, Approvals, Command, RunIdentity } from './model/run.ts'

/* What is told. */
export type {
  ApplicationsEnd,
  AuditDocument,
  AuditObject,
  AuditRecord,
  AuditRun,
  AuditStatus,
  GovernanceHead,
  Outcome,
} from './model/audit.ts'
export type { AccessChange, PrivilegeChange, PrivilegeTarget } from './model/access-change.ts'
export type { AccessMatrix, DatabaseAccess, LoginAccess, OrphanLogin } from './model/access.ts'
export type { Problem, ProblemCode } from './model/problem.ts'
export {
  ApplyError,
  AwsError,
  BlockedError,
  ConnectionError,
  describeProblem,
  EXIT,
  type ExitCode,
  InvalidInputError,
  ProvisionError,
} from './errors.ts'
export { TOOL_VERSION } from './version.ts'
