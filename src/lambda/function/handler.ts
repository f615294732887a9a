/**
 * The function: takes one request, proves who asks, looks into its own list, and does what the command would do
 * (src/README.md: The function). It answers in lines and never throws.
 */
import { createJsonLinesReporter } from '../../audit/json-lines.ts'
import type { Write } from '../../audit/reporter.ts'
import { BlockedError, InvalidInputError, type ProvisionError } from '../../errors.ts'
import { violation } from '../../guardrails/violation.ts'
import { readAwsEnvironment } from '../../input/aws-environment.ts'
import type { Variables } from '../../input/environment.ts'
import type { Problem } from '../../model/problem.ts'
import type { Actor } from '../../model/run.ts'
import { toProvisionError } from '../../run/end/provision-error.ts'
import { readActor } from '../../secrets/identity.ts'
import { TOOL_VERSION } from '../../version.ts'
import { packLines, writeLine, type Line } from '../answer.ts'
import { type FunctionPlace, placeOfFunction } from '../caller.ts'
import { allowsCaller, notPermitted, parsePermits, PERMITS_VARIABLE, permitsFor } from '../permits.ts'
import { type Envelope, type FunctionRequest, parseEnvelope, parseRequest, PROTOCOL } from '../protocol.ts'
import { beginRequest, type BegunRequest } from './begin.ts'
import { createProver } from './prove.ts'
import { runRequest } from './run.ts'

/** What Lambda tells of one invocation, as far as it is used. */
export interface Invocation {
  readonly invokedFunctionArn: string
  readonly getRemainingTimeInMillis: () => number
}

export interface FunctionProcess {
  readonly variables: Variables
  /** The function's log. */
  readonly log: Write
}

export type Handle = (event: unknown, invocation: Invocation, write: Write) => Promise<void>

/** So often something is said, however quiet the run is: what lies between takes a silent connection for dead. */
const ALIVE_EVERY_MS = 60_000

/** One for each sandbox: it remembers which proofs were used, and as whom it runs itself. */
export function createHandler(functionProcess: FunctionProcess): Handle {
  const prove = createProver()
  let self: Promise<Actor> | null = null
  const executor = async (): Promise<Actor> => {
    self ??= readActor(ownAccess(functionProcess))
    try {
      return await self
    } catch (error) {
      self = null
      throw error
    }
  }
  return async (event, invocation, write) => {
    const envelope = parseEnvelope(event)
    const asked = envelope?.protocol === PROTOCOL ? parseRequest(envelope.request) : null
    const packed = typeof asked !== 'string' && asked?.packed === true
    const lines: string[] = []
    const send = (line: Line): void => {
      if (packed) lines.push(writeLine(line))
      else write(writeLine(line))
    }
    const alive = setInterval(() => {
      send({ type: 'alive' })
    }, ALIVE_EVERY_MS)
    try {
      await answer({ envelope, asked, invocation, functionProcess, send, prove, executor })
    } catch (error) {
      send(refused(toProvisionError(error)))
    } finally {
      clearInterval(alive)
    }
    if (packed) write(packLines(lines.join('')))
  }
}

interface Received {
  readonly envelope: Envelope | null
  readonly asked: FunctionRequest | string | null
  readonly invocation: Invocation
  readonly functionProcess: FunctionProcess
  readonly send: (line: Line) => void
  readonly prove: ReturnType<typeof createProver>
  readonly executor: () => Promise<Actor>
}

/** @throws ProvisionError where nothing was begun */
async function answer(received: Received): Promise<void> {
  const { envelope, asked, invocation, functionProcess, send, executor } = received
  if (envelope === null || asked === null) throw otherProtocol(envelope)
  if (typeof asked === 'string') throw unreadable(asked)
  const begun = await beginRequest(asked)
  try {
    const caller = await callerOf(received, envelope, begun)
    const executedAs = await executor()
    assertAccount(begun, executedAs)
    const { log, variables } = functionProcess
    await runRequest({
      begun,
      caller,
      executedAs,
      variables,
      remainingMs: invocation.getRemainingTimeInMillis(),
      send,
      // Whoever cuts the client off finds in the log what its audit lacks.
      log: createJsonLinesReporter({ write: log, insideTerraform: false }),
    })
  } finally {
    await begun.end()
  }
}

/** The list is looked into before anybody is asked, and again for who asks. @throws ProvisionError */
async function callerOf(
  { invocation, functionProcess: { variables }, prove }: Received,
  envelope: Envelope,
  { command, parsed: { declaration } }: BegunRequest,
): Promise<Actor> {
  const asked = { command, declaration }
  const permits = permitsFor(parsePermits(variables[PERMITS_VARIABLE]), asked)
  if (permits.length === 0) throw new BlockedError([notPermitted(asked, null)])
  const caller = await prove(envelope, {
    place: ownPlace(invocation),
    environment: readAwsEnvironment(variables),
    endpoint: endpointOf(variables),
    now: () => new Date(),
  })
  if (!allowsCaller(permits, caller.arn)) throw new BlockedError([notPermitted(asked, caller.arn)])
  return caller
}

function ownPlace({ invokedFunctionArn }: Invocation): FunctionPlace {
  const place = placeOfFunction(invokedFunctionArn)
  if (place === null) throw new TypeError(`this is the ARN of no function: ${invokedFunctionArn}`)
  return place
}

/** As the SDK finds it: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function endpointOf(variables: Variables): URL | null {
  const text = variables['AWS_ENDPOINT_URL_STS'] ?? variables['AWS_ENDPOINT_URL'] ?? ''
  return text === '' ? null : new URL(text)
}

function ownAccess({ variables }: FunctionProcess): Parameters<typeof readActor>[0] {
  const environment = readAwsEnvironment(variables)
  return { region: null, profile: null, assumeRoleArn: null, externalId: null, environment }
}

/** Of the function, which reads the secrets: a caller may be at home in another account. */
function assertAccount({ parsed: { declaration }, expectedAccount }: BegunRequest, { account, arn }: Actor): void {
  if (expectedAccount === null || expectedAccount === account) return
  const message = `the function is in the AWS account ${account}, as ${arn}, and expected_account is ${expectedAccount}.`
  const remedy = `Name the function of the account that ${declaration.stack} belongs to, or correct expected_account.`
  throw new BlockedError([violation(null, 'foreign_account', message, remedy)])
}

function refused({ exitCode, problems }: ProvisionError): Line {
  return { type: 'refused', protocol: PROTOCOL, tool_version: TOOL_VERSION, exit_code: exitCode, problems }
}

/** Nothing of such a request can be trusted to mean what it means here. */
function otherProtocol(envelope: Envelope | null): InvalidInputError {
  const theirs =
    envelope === null ? 'none' : `${String(envelope.protocol)} (release ${envelope.tool_version.slice(0, 40)})`
  return new InvalidInputError([
    {
      application: null,
      code: 'other_protocol',
      field: 'runner',
      message: `the function speaks protocol ${String(PROTOCOL)} (release ${TOOL_VERSION}), the caller ${theirs}.`,
      remedy: remedyOf(envelope?.protocol ?? 0),
    },
  ])
}

function remedyOf(theirs: number): string {
  if (theirs > PROTOCOL)
    return 'Update the function: apply modules/lambda-runner in the release of the module, or of the command.'
  return 'Update whoever calls, the module or the command, to the release of the function.'
}

function unreadable(why: string): InvalidInputError {
  const problem: Problem = {
    application: null,
    code: 'other_protocol',
    field: 'runner',
    message: `the function (release ${TOOL_VERSION}) cannot read the request: ${why}.`,
    remedy: 'Bring the function and whoever calls it to the same release.',
  }
  return new InvalidInputError([problem])
}
