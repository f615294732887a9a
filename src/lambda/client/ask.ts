/** One question to the function: the request, signed; its answer, line by line. */
import { BlockedError, ConnectionError, ApplyError, AwsError, EXIT, InvalidInputError } from '../../errors.ts'
import type { ExitCode, ProvisionError } from '../../errors.ts'
import type { Problem } from '../../model/problem.ts'
import { type AwsFailure, toAwsError, toAwsFailure } from '../../secrets/aws-failure.ts'
import type { AwsAccess } from '../../secrets/aws-access.ts'
import { readActor } from '../../secrets/identity.ts'
import { TOOL_VERSION } from '../../version.ts'
import { isLast, type LastLine, type Line, parseLine, type RefusedLine, unpackLines } from '../answer.ts'
import { type FunctionPlace, placeOfFunction } from '../caller.ts'
import { type Envelope, type FunctionRequest, PROTOCOL } from '../protocol.ts'
import { createInvoker, type Invoker, isUnknownCall } from './invoke.ts'
import { proveCaller } from './sign.ts'

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#function-configuration-deployment-and-execution */
const MOST_BYTES = 6 * 1024 * 1024

export interface Watch {
  /** Records and progress, as they come. */
  readonly line: (line: Exclude<Line, LastLine>) => void
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
}

export type Answer = Exclude<LastLine, RefusedLine> | Lost

/** The answer did not come to its end: what was done is not known. */
export interface Lost {
  readonly type: 'lost'
  readonly why: string
  readonly requestId: string | null
}

export interface FunctionClient {
  /** As the user named it. */
  readonly name: string
  /** @throws ProvisionError where the function did not begin, or refused. */
  readonly ask: (request: Omit<FunctionRequest, 'packed'>, watch: Watch) => Promise<Answer>
  readonly close: () => void
}

export async function createFunctionClient(name: string, access: AwsAccess): Promise<FunctionClient> {
  const named = placeOfFunction(name)
  const region = named?.region ?? access.region
  const invoker = await createInvoker(name, { ...access, region })
  let place: FunctionPlace | null = named
  return {
    name,
    ask: async (request, watch) => {
      try {
        place ??= await placeOf(name, access, invoker)
        return await askOnce({ invoker, place, request, watch })
      } catch (error) {
        throw toError(error, name)
      }
    },
    close: invoker.close,
  }
}

/** A name is one of the caller's own account. */
async function placeOf(name: string, access: AwsAccess, invoker: Invoker): Promise<FunctionPlace> {
  const [region, { arn, account }] = await Promise.all([invoker.region(), readActor(access)])
  const partition = arn.split(':', 2)[1] ?? 'aws'
  const place = placeOfFunction(`arn:${partition}:lambda:${region}:${account}:function:${name}`)
  if (place === null) throw new TypeError(`no function can have this name: ${name}`)
  return place
}

interface Question {
  readonly invoker: Invoker
  readonly place: FunctionPlace
  readonly request: Omit<FunctionRequest, 'packed'>
  readonly watch: Watch
}

/** Line by line; where Lambda knows no streaming, all at once. */
async function askOnce(question: Question): Promise<Answer> {
  try {
    return await askIn(question, true)
  } catch (error) {
    if (!isUnknownCall(error)) throw error
    return askIn(question, false)
  }
}

async function askIn({ invoker, place, request, watch }: Question, streams: boolean): Promise<Answer> {
  const text = JSON.stringify({ ...request, packed: !streams })
  const proof = await proveCaller(place, text, await invoker.credentials())
  const envelope: Envelope = { protocol: PROTOCOL, tool_version: TOOL_VERSION, request: text, proof }
  const payload = JSON.stringify(envelope)
  if (Buffer.byteLength(payload) > MOST_BYTES) throw tooLarge()
  const reader = new LineReader(watch)
  const { signal, progress } = watch
  const { requestId, failure } = await invoker.invoke(payload, {
    streams,
    take: (part) => {
      reader.take(part)
    },
    signal,
    progress,
  })
  if (failure === null) reader.end()
  if (reader.last !== null) return accept(reader.last)
  return { type: 'lost', why: failure ?? reader.fault ?? 'the answer has no end', requestId }
}

/** A line that cannot be read ends the reading: what follows it may mean anything. */
class LineReader {
  last: LastLine | null = null
  fault: string | null = null
  readonly #watch: Watch
  #rest = ''

  constructor(watch: Watch) {
    this.#watch = watch
  }

  take(part: string): void {
    const lines = `${this.#rest}${part}`.split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#read(line)
  }

  /** What has no end of its own is a line too, where nothing was cut. */
  end(): void {
    if (this.#rest !== '') this.#read(this.#rest)
  }

  #read(text: string): void {
    if (this.last !== null || this.fault !== null) return
    const unpacked = unpackLines(text)
    if (unpacked !== text) {
      this.take(unpacked)
      return
    }
    const line = parseLine(text)
    if (line === null) this.fault = 'a line of the answer cannot be read: is it the function of this project?'
    else if (isLast(line)) this.last = line
    else this.#watch.line(line)
  }
}

/** @throws ProvisionError for a refusal */
function accept(line: LastLine): Answer {
  if (line.type !== 'refused') return line
  const { exit_code: code, problems, tool_version: theirs } = line
  const other = theirs === TOOL_VERSION ? '' : ` (The function is release ${theirs}, this is ${TOOL_VERSION}.)`
  throw errorOf(
    code,
    problems.map((problem) => ({ ...problem, remedy: `${problem.remedy}${other}` })),
  )
}

/** The error whose exit code the function has told. */
export function errorOf(code: ExitCode, problems: readonly Problem[]): ProvisionError {
  switch (code) {
    case EXIT.invalidInput:
      return new InvalidInputError(problems)
    case EXIT.blocked:
      return new BlockedError(problems)
    case EXIT.secret:
      return new AwsError(problems)
    case EXIT.connection:
      return new ConnectionError(problems)
    case EXIT.done:
    case EXIT.changes:
    case EXIT.failed:
      return new ApplyError(problems)
  }
}

function toError(error: unknown, name: string): unknown {
  const failure = toAwsFailure(error, null)
  if (failure.status === 413 || failure.name === 'RequestTooLargeException') return tooLarge()
  return isOfAws(failure) ? toAwsError(failure, `AWS Lambda: ${name}`) : error
}

/** Whatever came back from AWS, or kept a call from getting there. */
function isOfAws({ name, status }: AwsFailure): boolean {
  return status !== null || /^(?:E[A-Z]{3,}|TimeoutError|CredentialsProviderError|TokenProviderError)$/.test(name)
}

function tooLarge(): InvalidInputError {
  return new InvalidInputError([
    {
      application: null,
      code: 'request_too_large',
      field: 'runner',
      message: 'the request is larger than the 6 MB that a Lambda function takes.',
      remedy: 'Split the applications into two module calls with different `stack` values.',
    },
  ])
}
