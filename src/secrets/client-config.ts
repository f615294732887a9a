import { readCaFile } from '../ca-file.ts'
import { type AwsEnvironment, NO_AWS_ENVIRONMENT } from '../model/aws-environment.ts'
import type { AwsAccess, RequestHandler } from './aws-access.ts'
import { credentialsOf, type CredentialProvider } from './aws-credentials.ts'

/** How long one call to AWS may take, in milliseconds. */
export interface CallLimits {
  readonly connect: number
  readonly request: number
  /** Everything of one call: credentials, retries and waits between them. */
  readonly call: number
}

export const CALL_LIMITS: CallLimits = { connect: 5_000, request: 10_000, call: 60_000 }

/** The part of an SDK client's configuration that all clients of a run share. */
export interface ClientConfig {
  readonly region?: string
  readonly profile?: string
  readonly credentials?: CredentialProvider
  readonly requestHandler: RequestHandler
  readonly maxAttempts: number
  readonly retryMode: string
}

/**
 * Configuration of an AWS client: region, profile and role of the declaration, else the SDK's own defaults
 * (environment, profile, SSO, web identity, container, instance). Retries throttling, 5xx and broken connections with
 * backoff and jitter:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 * Without `throwOnRequestTimeout` the SDK's handler only logs that a request hangs.
 * @throws InvalidInputError for a CA file that cannot be used, AwsError for a profile that does not exist.
 */
export async function clientConfig(access: AwsAccess, limits: CallLimits): Promise<ClientConfig> {
  const requestHandler: RequestHandler = {
    connectionTimeout: limits.connect,
    requestTimeout: limits.request,
    throwOnRequestTimeout: true,
    ...(await agentsOf(access.environment ?? NO_AWS_ENVIRONMENT)),
  }
  const credentials = await credentialsOf(access, requestHandler)
  return {
    ...(access.region === null ? {} : { region: access.region }),
    ...(access.profile === null ? {} : { profile: access.profile }),
    ...(credentials === null ? {} : { credentials }),
    requestHandler,
    maxAttempts: 5,
    retryMode: 'standard',
  }
}

/** None where nothing is set, so that nothing more is loaded. */
async function agentsOf(environment: AwsEnvironment): Promise<Pick<RequestHandler, 'httpAgent' | 'httpsAgent'>> {
  const { httpProxy, httpsProxy, noProxy, caBundle } = environment
  if (httpProxy === null && httpsProxy === null && caBundle === null) return {}
  const ca = caBundle === null ? null : await readCaFile({ file: caBundle, field: 'AWS_CA_BUNDLE' }, (pem) => pem)
  const { directAgent, ProxyAgent } = await import('./aws-agents.ts')
  return {
    ...(httpProxy === null ? {} : { httpAgent: new ProxyAgent({ proxy: httpProxy, noProxy, ca }) }),
    ...(httpsProxy === null
      ? ca === null
        ? {}
        : { httpsAgent: directAgent(ca) }
      : { httpsAgent: new ProxyAgent({ proxy: httpsProxy, noProxy, ca }) }),
  }
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
