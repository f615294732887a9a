/**
 * One invocation of the function, by the SDK of AWS. Only what surely did not run is asked again: a request that may
 * have run is not sent twice (src/README.md: The function).
 */
import type { InvocationResponse, InvokeWithResponseStreamResponse, LambdaClient } from '@aws-sdk/client-lambda'
import type * as lambda from './sdk.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AwsAccess } from '../../secrets/aws-access.ts'
import { toAwsFailure } from '../../secrets/aws-failure.ts'
import { CALL_LIMITS, clientConfig, withinLimit } from '../../secrets/client-config.ts'
import type { CredentialProvider } from '../../secrets/aws-credentials.ts'

export interface Invoker {
  readonly region: () => Promise<string>
  readonly credentials: CredentialProvider
  /** @throws the SDK's error where the function did not answer at all */
  readonly invoke: (payload: string, how: InvokeOptions) => Promise<Invoked>
  readonly close: () => void
}

export interface InvokeOptions {
  /** As the lines come, else all at the end. */
  readonly streams: boolean
  /** Takes what the function writes, as it comes. */
  readonly take: (text: string) => void
  readonly signal: AbortSignal
  readonly progress: (line: string) => void
}

export interface Invoked {
  /** By which Lambda's log names it. */
  readonly requestId: string | null
  /** Why the answer does not come to its end, as far as it is known; null: it does, for all that Lambda says. */
  readonly failure: string | null
}

/** A function that is idle for weeks has to get its network again, which takes a minute or two. */
const NOT_RUN_LIMIT_MS = 300_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 10_000

/** Lambda's errors that come before any code of the function is run; all else may have run. */
const NOT_RUN: ReadonlySet<string> = new Set([
  'TooManyRequestsException',
  'ResourceNotReadyException',
  'ResourceConflictException',
  'EC2ThrottledException',
  'ENILimitReachedException',
  'ENINotReadyException',
  'SubnetIPAddressLimitReachedException',
  'ECONNREFUSED',
])

export async function createInvoker(functionName: string, access: AwsAccess): Promise<Invoker> {
  const [sdk, config] = await Promise.all([import('./sdk.ts'), clientConfig(access, CALL_LIMITS)])
  const client = new sdk.LambdaClient({
    ...config,
    // An invocation takes as long as a run; TCP's keep-alive, which the SDK asks for, tells a dead connection.
    requestHandler: { ...config.requestHandler, requestTimeout: 0, socketTimeout: 0 },
    maxAttempts: 1,
  })
  return {
    region: () => client.config.region(),
    credentials: () => withinLimit(CALL_LIMITS, () => client.config.credentials()),
    invoke: async (payload, how) =>
      untilRun(how, () =>
        how.streams ? stream(sdk, client, functionName, payload, how) : whole(sdk, client, functionName, payload, how),
      ),
    close: () => {
      client.destroy()
    },
  }
}

async function untilRun({ signal, progress }: InvokeOptions, attempt: () => Promise<Invoked>): Promise<Invoked> {
  const end = Date.now() + NOT_RUN_LIMIT_MS
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.6, LONGEST_PAUSE_MS)) {
    try {
      return await attempt()
    } catch (error) {
      const { name, message } = toAwsFailure(error, null)
      if (!NOT_RUN.has(name) || signal.aborted || Date.now() + pause > end) throw error
      progress(`the function did not begin (${name}: ${message}); asking again`)
      await sleep(pause * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {
        throw error
      })
    }
  }
}

/** What went wrong before the request was on its way; an error without a code is a proxy's refusal, or of that kind. */
const NOT_SENT =
  /^(?:Error|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|TimeoutError|\w*ProviderError|\w*CERT\w*|ERR_TLS\w*|EPROTO|UNABLE_TO\w*)$/

/** The answer, or that there is none to a request that may have run. @throws where it surely did not run */
async function sent<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T | Invoked> {
  try {
    return await send()
  } catch (error) {
    const { name, message, status } = toAwsFailure(error, null)
    const what = networkCodeOf(error) ?? name
    if (status === null ? NOT_SENT.test(what) : status < 500 || NOT_RUN.has(name)) throw error
    return { requestId: null, failure: signal.aborted ? String(signal.reason) : `${what}: ${message}` }
  }
}

/** The SDK gives broken connections the name of a timeout, which only one that was never made has without a code. */
function networkCodeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}

/** Whether Lambda does not know the call itself, as in a region without streaming. */
export function isUnknownCall(error: unknown): boolean {
  const { name, status } = toAwsFailure(error, null)
  if (name === 'UnknownOperationException') return true
  return status === 405 || (status === 404 && name !== 'ResourceNotFoundException')
}

async function stream(
  { InvokeWithResponseStreamCommand: Command }: typeof lambda,
  client: LambdaClient,
  functionName: string,
  payload: string,
  { take, signal }: InvokeOptions,
): Promise<Invoked> {
  const input = { FunctionName: functionName, Payload: Buffer.from(payload) }
  const answer = await sent(signal, () => client.send(new Command(input), { abortSignal: signal }))
  if ('failure' in answer) return answer
  const { requestId = null } = answer.$metadata
  try {
    return { requestId, failure: await readStream(answer, take, signal) }
  } catch (error) {
    const { name, message } = toAwsFailure(error, null)
    return { requestId, failure: signal.aborted ? String(signal.reason) : `${name}: ${message}` }
  }
}

/** @returns why it did not come to its end; null: it did. */
async function readStream(
  { EventStream: events }: InvokeWithResponseStreamResponse,
  take: (text: string) => void,
  signal: AbortSignal,
): Promise<string | null> {
  const decoder = new TextDecoder()
  for await (const { PayloadChunk: chunk, InvokeComplete: complete } of events ?? []) {
    signal.throwIfAborted()
    if (chunk?.Payload !== undefined) take(decoder.decode(chunk.Payload, { stream: true }))
    if (complete === undefined) continue
    const { ErrorCode: code, ErrorDetails: details } = complete
    return code === undefined ? null : failureText(code, details ?? '')
  }
  return 'the connection ended before the answer did'
}

async function whole(
  { InvokeCommand: Command }: typeof lambda,
  client: LambdaClient,
  functionName: string,
  payload: string,
  { take, signal }: InvokeOptions,
): Promise<Invoked> {
  const input = { FunctionName: functionName, Payload: Buffer.from(payload) }
  const answer = await sent(signal, () => client.send(new Command(input), { abortSignal: signal }))
  if ('failure' in answer) return answer
  const { requestId = null } = answer.$metadata
  const text = textOf(answer)
  if (answer.FunctionError !== undefined) return { requestId, failure: failureText(answer.FunctionError, text) }
  take(text)
  return { requestId, failure: null }
}

function textOf({ Payload: payload }: InvocationResponse): string {
  return payload === undefined ? '' : Buffer.from(payload).toString('utf8')
}

/** The function's own words may be of any length. */
function failureText(code: string, details: string): string {
  return `${code}: ${details.slice(0, 500)}`
}
