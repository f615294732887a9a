/** The HTTP side: finds service and action of a request, records it, lets the test's faults act, answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import * as v from 'valibot'
import type { Faults } from './faults.ts'
import { invoke, lambdaAction, type LambdaFunction, nameOf } from './lambda.ts'
import {
  type Answer,
  AwsError,
  type Caller,
  type Params,
  refuse,
  type Service,
  type ServiceName,
  succeed,
} from './protocol.ts'
import { checkPlace } from './place.ts'
import { isSigned } from './signature.ts'

/** One request, as it came. */
export interface Call {
  readonly service: ServiceName
  readonly action: string
  readonly params: Params
  readonly caller: Caller
  readonly at: Date
}

interface Request {
  readonly service: Service
  readonly action: string
  readonly params: Params
  readonly caller: Caller
  /** When it was signed, by the caller's clock. */
  readonly signedAt: Date
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html#signature-v4-troubleshooting-credential-scope */
const SIGNATURE_LIFE_MS = 300_000

const JsonObject = v.record(v.string(), v.unknown())

/** An HTTP server (not listening yet) for the services; every call is pushed to `calls` before it is answered. */
export function createAwsServer(
  services: readonly Service[],
  faults: Faults,
  calls: Call[],
  functions: ReadonlyMap<string, LambdaFunction> = new Map(),
): Server {
  // Idle connections stay: a client that waits between its retries would meet one that is just being closed.
  return createServer({ keepAliveTimeout: 0 }, (request, response) => {
    const invocation = lambdaAction(request.url ?? '')
    const serving =
      invocation === null
        ? serve(request, response, services, faults, calls)
        : serveFunction(request, response, { invocation, functions, faults, calls })
    serving.catch((error: unknown) => {
      if (response.destroyed) return
      response.writeHead(500).end(String(error))
    })
  })
}

async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  services: readonly Service[],
  faults: Faults,
  calls: Call[],
): Promise<void> {
  const body = await text(message)
  const request = parse(message, body, services)
  const { service, action, params, caller } = request
  calls.push({ service: service.name, action, params, caller, at: new Date() })
  const answer = await answerOf(request, faults, (secret) => isSigned(message.headers, body, secret))
  if (answer === null) {
    message.socket.resetAndDestroy()
    return
  }
  response.setHeader('Date', new Date(Date.now() + faults.skew).toUTCString())
  response.writeHead(answer.status, answer.headers).end(answer.body)
}

interface FunctionServing {
  readonly invocation: NonNullable<ReturnType<typeof lambdaAction>>
  readonly functions: ReadonlyMap<string, LambdaFunction>
  readonly faults: Faults
  readonly calls: Call[]
}

/** Lambda has a path for each action, and errors of its own form. */
async function serveFunction(
  message: IncomingMessage,
  response: ServerResponse,
  { invocation: { action, name }, functions, faults, calls }: FunctionServing,
): Promise<void> {
  const body = await text(message)
  const caller = credentialScope(message.headers.authorization ?? '')
  calls.push({ service: 'lambda', action, params: { FunctionName: name, Payload: body }, caller, at: new Date() })
  try {
    if (!(await faults.before({ name: 'lambda', namespace: null, actions: new Map() }, action))) {
      message.socket.resetAndDestroy()
      return
    }
    const made = functions.get(nameOf(name))
    if (made === undefined) throw new AwsError('ResourceNotFoundException', `Function not found: ${name}`, 404)
    await invoke(made, action, body, response)
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    response.writeHead(error.status, { 'x-amzn-errortype': error.code, 'content-type': 'application/json' })
    response.end(JSON.stringify({ Type: 'User', message: error.message }))
  }
}

/** null: no answer, the connection is to be reset. */
async function answerOf(
  { service, action, params, caller, signedAt }: Request,
  faults: Faults,
  isSignedWith: (secret: string) => boolean,
): Promise<Answer | null> {
  try {
    if (Math.abs(Date.now() + faults.skew - signedAt.getTime()) > SIGNATURE_LIFE_MS)
      throw new AwsError(
        service.namespace === null ? 'InvalidSignatureException' : 'SignatureDoesNotMatch',
        'Signature expired',
        service.namespace === null ? 400 : 403,
      )
    checkPlace(service, caller)
    if (!(await faults.before(service, action))) return null
    const handler = service.actions.get(action)
    if (handler === undefined)
      throw new AwsError('InvalidAction', `The action ${action} is not valid for this web service.`, 400)
    return succeed(service, action, handler(params, caller, isSignedWith))
  } catch (error) {
    if (error instanceof AwsError) return refuse(service, error)
    if (v.isValiError(error)) return refuse(service, new AwsError('ValidationException', error.message, 400))
    throw error
  }
}

async function text(message: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of message) chunks.push(v.parse(v.instance(Uint8Array), chunk))
  return Buffer.concat(chunks).toString('utf8')
}

/** JSON protocols name `Service.Action` in X-Amz-Target, the query protocol has `Action` among its form fields. */
function parse(message: IncomingMessage, body: string, services: readonly Service[]): Request {
  const scope = credentialScope(message.headers.authorization ?? '')
  const service = services.find(({ name }) => name === scope.service)
  if (service === undefined) throw new Error(`no such service here: ${scope.service}`)
  const signedAt = new Date(
    String(message.headers['x-amz-date']).replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  )
  const target = message.headers['x-amz-target']
  if (typeof target === 'string') {
    return {
      service,
      action: target.slice(target.lastIndexOf('.') + 1),
      params: v.parse(JsonObject, JSON.parse(body)),
      caller: scope,
      signedAt,
    }
  }
  const params = Object.fromEntries(new URLSearchParams(body))
  return { service, action: params['Action'] ?? '', params, caller: scope, signedAt }
}

/** `Credential=AKID/20260101/eu-west-1/rds/aws4_request` of Signature Version 4. */
function credentialScope(authorization: string): Caller & { readonly service: string } {
  const [accessKeyId = '', , region = '', service = ''] =
    /Credential=([^,\s]*)/.exec(authorization)?.[1]?.split('/') ?? []
  return { accessKeyId, region, service }
}
