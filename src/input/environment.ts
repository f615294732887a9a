import type { Problem } from '../model/problem.ts'
import { CLEANUP_POLICIES } from '../model/declaration.ts'
import type { CleanupPolicy } from '../model/declaration.ts'
import type { Approvals } from '../model/run.ts'
import { CLAIM } from '../model/claim.ts'
import { checkProxies } from './aws-environment.ts'
import { CLAIM_RULE, TEXT_RULE, isText, show, suggestion } from './text.ts'

/** `verbose` is text that lists what did not change too. */
export const LOG_FORMATS = ['text', 'verbose', 'json'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

/** What belongs to one run and not to the declaration (src/README.md: Environment of a run). */
export interface RunEnvironment extends Approvals {
  /** The digest of ALLOW_DB_PROVISION=plan:<digest>; null: it approves no single plan. */
  readonly approvedDigest: string | null
  /** Any other value of ALLOW_DB_PROVISION than those that count; null: there is none. */
  readonly refusedApproval: string | null
  /** RDS_PROVISION_PLAN_FILE: the file of the approved plan; null: not given. */
  readonly planFile: string | null
  /** ALLOW_DB_TAKEOVER is `true` (src/README.md: One application, one state). */
  readonly allowTakeover: boolean
  /** RDS_PROVISION_CLAIM: counts where the input has none. */
  readonly claim: string | null
  /** Replaces the declared policies for this run; null: they stand. */
  readonly cleanupPolicy: CleanupPolicy | null
  readonly logFormat: LogFormat
  /** JSON or base64gzip of it, not decoded. */
  readonly input: string | null
  readonly auditFile: string | null
  /** RDS_PROVISION_BUILD_ID, else TF_VAR_build_id. */
  readonly buildId: string | null
  /** RDS_PROVISION_RUN_ID, else TF_VAR_run_id. */
  readonly runId: string | null
  /** Every variable with an unknown value: an input error (src/README.md: Environment of a run). */
  readonly problems: readonly Problem[]
}

/** Environment variables by name, as `process.env` holds them. */
export type Variables = Readonly<Record<string, string | undefined>>

/**
 * Reads the variables of a run. The empty string counts as not set (src/README.md: Environment of a run). Unknown
 * values are not thrown, so that they are reported together with what is wrong with the input; approvals are no such:
 * anything but `true` is simply no approval (src/README.md: Guardrails).
 */
export function readEnvironment(env: Variables): RunEnvironment {
  const problems: Problem[] = checkProxies(env)
  const environment = {
    ...provisionOf(env),
    allowDestroy: env['ALLOW_DB_DESTROY'] === 'true',
    allowTakeover: wordOf(env, 'ALLOW_DB_TAKEOVER', ['true'], problems) !== null,
    claim: claimOf(env, problems),
    cleanupPolicy: wordOf(env, 'RDS_CLEANUP_POLICY', CLEANUP_POLICIES, problems),
    logFormat: wordOf(env, 'RDS_PROVISION_LOG', LOG_FORMATS, problems) ?? 'text',
    input: valueOf(env, 'RDS_PROVISION_INPUT'),
    auditFile: valueOf(env, 'RDS_PROVISION_AUDIT_FILE'),
    planFile: valueOf(env, 'RDS_PROVISION_PLAN_FILE'),
    buildId: textOf(env, 'RDS_PROVISION_BUILD_ID', problems) ?? textOf(env, 'TF_VAR_build_id', problems),
    runId: textOf(env, 'RDS_PROVISION_RUN_ID', problems) ?? textOf(env, 'TF_VAR_run_id', problems),
  }
  return { ...environment, problems }
}

const DIGEST = /^plan:([0-9a-f]{64})$/

/** What is neither `true` nor a digest approves nothing, and is named where an approval is missing. */
function provisionOf(env: Variables): Pick<RunEnvironment, 'allowProvision' | 'approvedDigest' | 'refusedApproval'> {
  const value = valueOf(env, 'ALLOW_DB_PROVISION')
  const approvedDigest = DIGEST.exec(value ?? '')?.[1] ?? null
  const allowProvision = value === 'true' || approvedDigest !== null
  return { allowProvision, approvedDigest, refusedApproval: allowProvision ? null : value }
}

/**
 * What the AWS SDK is to find otherwise than it is set: the empty string counts as not set (src/README.md: Environment
 * of a run), which the SDK takes for a region of that name; and AWS_DEFAULT_REGION counts as it does for Terraform's
 * own AWS provider.
 * https://registry.terraform.io/providers/hashicorp/aws/latest/docs#environment-variables
 */
export function awsCorrections(env: Variables): ReadonlyMap<string, string | null> {
  const empty = Object.keys(env).filter((name) => name.startsWith('AWS_') && env[name] === '')
  const region = valueOf(env, 'AWS_REGION') ?? valueOf(env, 'AWS_DEFAULT_REGION')
  return new Map([
    ...empty.map((name) => [name, null] as const),
    ...(region === null ? [] : [['AWS_REGION', region] as const]),
  ])
}

function valueOf(env: Variables, variable: string): string | null {
  const value = env[variable]
  return value === undefined || value === '' ? null : value
}

function wordOf<T extends string>(
  env: Variables,
  variable: string,
  words: readonly T[],
  problems: Problem[],
): T | null {
  const value = valueOf(env, variable)
  const word = words.find((known) => known === value) ?? null
  if (value !== null && word === null)
    problems.push(
      refusal(
        variable,
        value,
        words.length === 1
          ? `Only ${words.join('')} counts; or unset it.`
          : `Use one of ${words.join(', ')}, or unset it.${suggestion(value, words)}`,
      ),
    )
  return word
}

function textOf(env: Variables, variable: string, problems: Problem[]): string | null {
  const value = valueOf(env, variable)
  problems.push(...checkId(variable, value))
  return value
}

function claimOf(env: Variables, problems: Problem[]): string | null {
  const value = valueOf(env, 'RDS_PROVISION_CLAIM')
  problems.push(...checkClaim('RDS_PROVISION_CLAIM', value))
  return value
}

/** @param field where it was given */
export function checkClaim(field: string, value: string | null): Problem[] {
  return value === null || CLAIM.test(value) ? [] : [refusal(field, value, CLAIM_RULE)]
}

/** Ids of runs stand in tags, file names and the server's application_name. @param field where it was given */
export function checkId(field: string, value: string | null): Problem[] {
  return value === null || isText(value) ? [] : [refusal(field, value, TEXT_RULE)]
}

function refusal(variable: string, value: string, remedy: string): Problem {
  return {
    application: null,
    code: 'invalid_value',
    field: variable,
    message: `${show(value)} is not accepted.`,
    remedy,
  }
}
