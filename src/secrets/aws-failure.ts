import { AwsError } from '../errors.ts'
import { partitionOf, partitionOfArn } from '../model/partition.ts'
import type { AwsCode, Problem } from '../model/problem.ts'

/**
 * What can be told of an error of the AWS SDK: its name and its message. Nothing else of it is kept, for an SDK error
 * carries the response, and a response may hold a secret.
 */
export interface AwsFailure {
  readonly name: string
  readonly message: string
  readonly status: number | null
  /** null: no call of a service was made for it. */
  readonly place: CallPlace | null
  /** The role that was to be assumed for the call, where that failed and not the call itself. */
  readonly role?: string
}

/** One call, as people have to name it in a policy or to whoever opens the way to it. */
export interface CallPlace {
  readonly action: string
  /** null: none is known. */
  readonly region: string | null
  /** Host, and port where it is not the usual one; null: the call did not come so far. */
  readonly endpoint: string | null
}

/** `GetSecretValue in eu-west-1 at secretsmanager.eu-west-1.amazonaws.com`, as far as it is known. */
export function describePlace({ action, region, endpoint }: CallPlace): string {
  return `${action}${region === null ? '' : ` in ${region}`}${endpoint === null ? '' : ` at ${endpoint}`}`
}

/**
 * Names by which the SDK, STS and the services refuse credentials:
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
const CREDENTIAL_FAILURES = new Set([
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'AuthFailure',
])

/**
 * What is told of keys that a region does not know: those of another partition, and all where the account has not
 * enabled it (src/README.md: Partitions and regions).
 */
const UNKNOWN_KEYS = new Set(['UnrecognizedClientException', 'InvalidClientTokenId'])

const THROTTLING = /^(?:Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|RequestThrottled)/

/** Reads an SDK error; a parser's message quotes the response, so it is left out. */
export function toAwsFailure(error: unknown, place: CallPlace | null): AwsFailure {
  if (!(error instanceof Error)) return { name: 'Error', message: 'unknown error', status: null, place }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null
  const message = error instanceof SyntaxError ? 'the answer cannot be read' : error.message.replace(/\s+/g, ' ').trim()
  return {
    name: error.name === 'Error' && code !== null ? code : error.name,
    message: message === '' ? (code ?? error.name) : message,
    status: statusOf(error),
    place,
    ...('assumedRole' in error && typeof error.assumedRole === 'string' ? { role: error.assumedRole } : {}),
  }
}

/** Whether the service understood the request, knew the caller, and refused this one thing. */
export function isRefusal(failure: AwsFailure): boolean {
  return isAnswered(failure) && !CREDENTIAL_FAILURES.has(failure.name) && !isOfRole(failure)
}

/** Refused for what was asked or by whom, and not for the service's own reasons. */
function isAnswered({ name, status }: AwsFailure): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 429 && !THROTTLING.test(name)
}

/** Whether it says that the region is the wrong one, or that there is none of that name. */
export function isOfRegion(failure: AwsFailure): boolean {
  return UNKNOWN_KEYS.has(failure.name) || isUnscoped(failure) || isUnnamed(failure)
}

/** AWS's words, with which a signature for a region that the endpoint does not serve is refused. */
function isUnscoped({ message }: AwsFailure): boolean {
  return /scoped to a valid region/i.test(message)
}

/** The endpoint's name is none: neither is the region, or there is no name server that knows it. */
function isUnnamed({ name }: AwsFailure): boolean {
  return name === 'ENOTFOUND'
}

/** The one error for what concerns all calls alike: credentials, role, region, network. `service` is who was called. */
export function toAwsError(failure: AwsFailure, service: string): AwsError {
  return new AwsError([describeAwsFailure(failure, service)])
}

/** The same as a problem of the whole run. */
export function describeAwsFailure(failure: AwsFailure, service: string): Problem {
  const { name, message, status, place } = failure
  const where = place === null ? '' : describePlace(place)
  const told = `${name}: ${message}.`.replace(/\.\.$/, '.')
  const problem = (code: AwsCode, field: string, remedy: string, because = ''): Problem => ({
    application: null,
    code,
    field,
    message: [field === service ? '' : service, where, `${told}${because}`].filter((part) => part !== '').join(': '),
    remedy,
  })
  if (/region is missing/i.test(message))
    return problem('aws_region_missing', 'aws_region', 'Set aws_region, AWS_REGION, or the region of the profile.')
  const foreign = foreignRole(failure)
  if (foreign !== null) return problem('aws_wrong_partition', 'assume_role_arn', foreign.remedy, foreign.because)
  if (isUnscoped(failure)) return problem('aws_wrong_region', 'aws_region', WRONG_REGION)
  if (CREDENTIAL_FAILURES.has(name) && !isAssumeRole(message))
    return problem('aws_credentials', 'AWS credentials', `${CREDENTIALS}${inRegion(failure)}`)
  if (isOfRole(failure)) return problem('assume_role_denied', 'assume_role_arn', ROLE)
  if (THROTTLING.test(name) || status === 429)
    return problem('aws_throttled', service, 'Run again later, or raise the quota: every retry was throttled.')
  if (status === null || status >= 500)
    return problem('aws_unreachable', service, `${unreachable(failure)} ${NETWORK}`.trim())
  return problem('aws_refused', service, "Check the runner's permissions, the region and AWS_ENDPOINT_URL.")
}

const CREDENTIALS =
  'Give the runner credentials that are valid now (environment, profile, SSO login, role), and check its clock.'
const ROLE = "Allow sts:AssumeRole on the role to the runner, and name the runner in the role's trust policy."
const NETWORK = 'Check the network path to the service (endpoint, proxy, VPC endpoint) and run again.'
const WRONG_REGION =
  'Set aws_region, or AWS_REGION, to a region that there is, and AWS_ENDPOINT_URL, where it is set, to an endpoint of that region.'

function inRegion({ name, place }: AwsFailure): string {
  const region = place?.region ?? null
  if (region === null || !UNKNOWN_KEYS.has(name)) return ''
  return ` If they are, ${region} is of another partition than their account, or not enabled for it: check aws_region.`
}

function unreachable(failure: AwsFailure): string {
  const region = failure.place?.region ?? null
  return isUnnamed(failure) && region !== null ? `Check that ${region} is a region of AWS.` : ''
}

/** A role's ARN is of the partition in which it is to be assumed. null: nothing is known to be wrong with that. */
function foreignRole(failure: AwsFailure): { readonly because: string; readonly remedy: string } | null {
  const { role = '', place } = failure
  const region = place?.region ?? null
  const partition = partitionOfArn(role)
  if (partition === null || region === null || partition === partitionOf(region) || !isAnswered(failure)) return null
  return {
    because: ` The role is of the partition ${partition}, and ${region} is a region of ${partitionOf(region)}.`,
    remedy: `Name a role of ${partitionOf(region)} in assume_role_arn, or correct aws_region: no role counts in another partition.`,
  }
}

/** Not the call itself was refused, but the role that it was to be made as. */
function isOfRole(failure: AwsFailure): boolean {
  return isAssumeRole(failure.message) || (failure.role !== undefined && isAnswered(failure))
}

/**
 * STS says which action was denied; Secrets Manager's own refusals name its own actions (src/README.md: Refusals that
 * only a text tells apart).
 */
function isAssumeRole(message: string): boolean {
  return /sts:AssumeRole/i.test(message)
}

function statusOf(error: Error): number | null {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null) return null
  return 'httpStatusCode' in error.$metadata && typeof error.$metadata.httpStatusCode === 'number'
    ? error.$metadata.httpStatusCode
    : null
}
