import type { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import type { AwsSettings } from '../model/declaration.ts'

/** How long one call to AWS may take, in milliseconds. */
export interface CallLimits {
  readonly connect: number
  readonly request: number
  /** Everything of one call: credentials, retries and waits between them. */
  readonly call: number
}

export const CALL_LIMITS: CallLimits = { connect: 5_000, request: 10_000, call: 60_000 }

type CredentialProvider = ReturnType<typeof fromTemporaryCredentials>

/** The part of an SDK client's configuration that all clients of a run share. */
export interface ClientConfig {
  readonly region?: string
  readonly credentials?: CredentialProvider
  readonly requestHandler: {
    readonly connectionTimeout: number
    readonly requestTimeout: number
    readonly throwOnRequestTimeout: true
  }
  readonly maxAttempts: number
  readonly retryMode: string
}

/**
 * Configuration of an AWS client: region and role of the declaration, else the SDK's own defaults (environment,
 * profile, SSO, web identity, container, instance). Retries throttling, 5xx and broken connections with backoff and
 * jitter:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 * Without `throwOnRequestTimeout` the SDK's handler only logs that a request hangs.
 */
export async function clientConfig(settings: AwsSettings, limits: CallLimits): Promise<ClientConfig> {
  const region = settings.region === null ? {} : { region: settings.region }
  const credentials =
    settings.assumeRoleArn === null ? {} : { credentials: await assumedRole(settings.assumeRoleArn, region) }
  const requestHandler = {
    connectionTimeout: limits.connect,
    requestTimeout: limits.request,
    throwOnRequestTimeout: true,
  } as const
  return { ...region, ...credentials, requestHandler, maxAttempts: 5, retryMode: 'standard' }
}

async function assumedRole(arn: string, region: { readonly region?: string }): Promise<CredentialProvider> {
  const providers = await import('@aws-sdk/credential-providers')
  return providers.fromTemporaryCredentials({
    params: { RoleArn: arn, RoleSessionName: 'rds-provision' },
    clientConfig: region,
  })
}

/**
 * Runs one call under its limit: the SDK's own timeouts do not cover credential processes and waits between attempts.
 */
export async function withinLimit<T>(limits: CallLimits, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer within ${limits.call / 1000} s`)
      error.name = 'TimeoutError'
      reject(error)
      abort.abort()
    }, limits.call)
  })
  try {
    return await Promise.race([call(abort.signal), expiry])
  } finally {
    clearTimeout(timer)
  }
}
