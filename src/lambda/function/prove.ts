/** The function's side of the proof: what it takes for one, and STS's answer to it. */
import { request as requestPlainly } from 'node:http'
import { request as requestByTls } from 'node:https'
import { type AwsError, BlockedError } from '../../errors.ts'
import { violation } from '../../guardrails/violation.ts'
import type { AwsEnvironment } from '../../model/aws-environment.ts'
import type { Actor } from '../../model/run.ts'
import { toAwsError } from '../../secrets/aws-failure.ts'
import { CALL_LIMITS, clientConfig } from '../../secrets/client-config.ts'
import { type FunctionPlace, hostOfSts, IDENTITY_QUERY, identityHeaders, signedHeaders } from '../caller.ts'
import type { Envelope } from '../protocol.ts'

/** As long as STS itself takes a signature for fresh. */
const FRESH_MS = 300_000

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=\w{4,128}\/(\d{8})\/([a-z0-9-]+)\/sts\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=[0-9a-f]{64}$/

const NO_PROOF =
  'Run again; the clocks of runner and function have to agree, and the proof is for one request to one function.'

export interface ProofOptions {
  readonly place: FunctionPlace
  readonly environment: AwsEnvironment
  /** AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL of the function; null: STS's own. */
  readonly endpoint: URL | null
  readonly now: () => Date
}

/**
 * Checks proofs; one that this sandbox has seen is seen through.
 * @returns the caller. @throws BlockedError for no proof, a stale one, one for something else, or one that was used;
 *   AwsError where STS cannot be asked.
 */
export type Prover = (envelope: Envelope, options: ProofOptions) => Promise<Actor>

export function createProver(): Prover {
  /** Signatures, and until when they would be fresh. */
  const used = new Map<string, number>()
  return async (envelope, options) => {
    const now = options.now().getTime()
    for (const [signature, end] of used) if (end < now) used.delete(signature)
    const { authorization } = envelope.proof
    assertForm(envelope, options.place, now)
    if (used.has(authorization)) throw unproven('this proof was used before')
    used.set(authorization, now + 2 * FRESH_MS)
    return askSts(envelope, options)
  }
}

function assertForm({ proof: { date, authorization, token } }: Envelope, place: FunctionPlace, now: number): void {
  const signedAt = timeOf(date)
  if (Math.abs(now - signedAt) > FRESH_MS || Number.isNaN(signedAt)) throw unproven('the proof is not of now')
  const [, day, region, headers] = AUTHORIZATION.exec(authorization) ?? []
  if (day !== date.slice(0, 8) || region !== place.region || headers !== signedHeaders(token !== null))
    throw unproven('the proof does not sign what it has to')
  if (token !== null && !/^[\x21-\x7e]{1,8192}$/.test(token)) throw unproven('the session token is none')
}

function timeOf(date: string): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? []
  const [year = '', month = '', day = '', hour = '', minute = '', second = ''] = parts
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

async function askSts({ request, proof }: Envelope, options: ProofOptions): Promise<Actor> {
  const { status, text } = await post(options, {
    ...identityHeaders(options.place, request),
    'x-amz-date': proof.date,
    authorization: proof.authorization,
    ...(proof.token === null ? {} : { 'x-amz-security-token': proof.token }),
  })
  if (status >= 500 || status === 429)
    throw toAwsError(
      { name: 'ServiceUnavailable', message: `status ${String(status)}`, status, place: null },
      'AWS STS',
    )
  const arn = /<Arn>([^<]{1,2048})<\/Arn>/.exec(text)?.[1]
  const account = /<Account>(\d{12})<\/Account>/.exec(text)?.[1]
  if (status !== 200 || arn === undefined || account === undefined) {
    const code = /<Code>(\w{1,100})<\/Code>/.exec(text)?.[1] ?? String(status)
    throw unproven(`AWS STS does not know the signature (${code})`)
  }
  return { arn, account }
}

async function post(
  { place, environment, endpoint }: ProofOptions,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly text: string }> {
  const { requestHandler } = await clientConfig(
    { region: place.region, profile: null, assumeRoleArn: null, externalId: null, environment },
    CALL_LIMITS,
  )
  const isPlain = endpoint?.protocol === 'http:'
  const agent = isPlain ? requestHandler.httpAgent : requestHandler.httpsAgent
  const port = endpoint === null || endpoint.port === '' ? (isPlain ? 80 : 443) : Number(endpoint.port)
  const host = endpoint?.hostname ?? hostOfSts(place)
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(unreachable(host, error))
    const signal = AbortSignal.timeout(CALL_LIMITS.request)
    const send = isPlain ? requestPlainly : requestByTls
    const call = send({
      method: 'POST',
      host,
      port,
      path: '/',
      headers,
      signal,
      ...(agent === undefined ? {} : { agent }),
    })
    call.on('error', fail)
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        if (text.length < 65_536) text += chunk
      })
      response.on('error', fail)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text })
      })
    })
    call.end(IDENTITY_QUERY)
  })
}

function unreachable(endpoint: string, { name, message }: Error): AwsError {
  const place = { action: 'GetCallerIdentity', region: null, endpoint }
  return toAwsError({ name, message, status: null, place }, 'AWS STS')
}

function unproven(why: string): BlockedError {
  return new BlockedError([violation(null, 'unproven_caller', `nobody knows who asks: ${why}.`, NO_PROOF)])
}
