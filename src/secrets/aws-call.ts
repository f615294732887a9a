/** Calls of AWS, each under its time limit, and what is told of one that failed: also where it went. */
import { type AwsFailure, type CallPlace, toAwsFailure } from './aws-failure.ts'
import { type CallLimits, withinLimit } from './client-config.ts'

/** A call that failed, as far as it can be told. */
export class AwsCallError extends Error {
  readonly failure: AwsFailure

  constructor(failure: AwsFailure) {
    super(failure.message)
    this.name = 'AwsCallError'
    this.failure = failure
  }
}

/** Makes one call. @param limitMs where it may take less than others; @throws AwsCallError */
export type Caller = <T>(action: string, send: (abortSignal: AbortSignal) => Promise<T>, limitMs?: number) => Promise<T>

type Middleware = <A extends { request: unknown }, O>(next: (args: A) => Promise<O>) => (args: A) => Promise<O>

/** The part of the SDK's clients that is the same in all of them. */
interface AnyClient {
  readonly config: { readonly region: () => Promise<string> }
  readonly middlewareStack: {
    add(middleware: Middleware, options: { readonly step: 'finalizeRequest'; readonly name: string }): void
  }
}

/** What failed of a call. @throws whatever is no failure of one */
export function failureOf(error: unknown): AwsFailure {
  if (error instanceof AwsCallError) return error.failure
  throw error
}

/** The caller of a client. Where its requests go is known once one is made, by AWS_ENDPOINT_URL or otherwise. */
export function callerOf(client: AnyClient, limits: CallLimits): Caller {
  let endpoint: string | null = null
  client.middlewareStack.add(
    (next) => async (args) => {
      endpoint = hostOf(args.request) ?? endpoint
      return next(args)
    },
    { step: 'finalizeRequest', name: 'noteEndpoint' },
  )
  return async (action, send, limitMs = limits.call) => {
    try {
      return await withinLimit({ ...limits, call: Math.min(limits.call, limitMs) }, send)
    } catch (error) {
      const region = await client.config.region().catch(() => null)
      const place: CallPlace = { action, region, endpoint }
      throw new AwsCallError(toAwsFailure(error, place))
    }
  }
}

/** Host of a request, and its port where that is not the protocol's. */
function hostOf(request: unknown): string | null {
  if (typeof request !== 'object' || request === null || !('hostname' in request)) return null
  const port = 'port' in request && typeof request.port === 'number' ? `:${String(request.port)}` : ''
  return typeof request.hostname === 'string' ? `${request.hostname}${port}` : null
}
