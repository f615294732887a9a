import { AwsError } from '../errors.ts'
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
  }
}

/** Whether the service understood the request, knew the caller, and refused this one thing. */
export function isRefusal({ name, status, message }: AwsFailure): boolean {
  return (
    status !== null &&
    status >= 400 &&
    status < 500 &&
    !CREDENTIAL_FAILURES.has(name) &&
    !THROTTLING.test(name) &&
    !isAssumeRole(message)
  )
}

/** The one error for what concerns all calls alike: credentials, role, region, network. `service` is who was called. */
export function toAwsError(failure: AwsFailure, service: string): AwsError {
  return new AwsError([describeAwsFailure(failure, service)])
}

function describeAwsFailure({ name, message, status, place }: AwsFailure, service: string): Problem {
  const where = place === null ? '' : describePlace(place)
  const told = `${name}: ${message}.`.replace(/\.\.$/, '.')
  const problem = (code: AwsCode, field: string, remedy: string): Problem => ({
    application: null,
    code,
    field,
    message: [field === service ? '' : service, where, told].filter((part) => part !== '').join(': '),
    remedy,
  })
  if (/region is missing/i.test(message))
    return problem('aws_region_missing', 'aws_region', 'Set aws_region, AWS_REGION, or the region of the profile.')
  if (isAssumeRole(message))
    return problem(
      'assume_role_denied',
      'assume_role_arn',
      "Allow sts:AssumeRole on the role to the runner, and name the runner in the role's trust policy.",
    )
  if (CREDENTIAL_FAILURES.has(name)) {
    return problem(
      'aws_credentials',
      'AWS credentials',
      'Give the runner credentials that are valid now (environment, profile, SSO login, role), and check its clock.',
    )
  }
  if (THROTTLING.test(name) || status === 429)
    return problem('aws_throttled', service, 'Run again later, or raise the quota: every retry was throttled.')
  if (status === null || status >= 500)
    return problem(
      'aws_unreachable',
      service,
      'Check the network path to the service (endpoint, proxy, VPC endpoint) and run again.',
    )
  return problem('aws_refused', service, "Check the runner's permissions, the region and AWS_ENDPOINT_URL.")
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
