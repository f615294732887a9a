/**
 * AWS Lambda: Invoke and InvokeWithResponseStream, with what the service itself does to them: limits of size, of time
 * and of how many run at once, sandboxes that are kept, answers that are cut.
 */
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { crc32 } from 'node:zlib'
import { AwsError } from './protocol.ts'
import { type Code, type Failed, Sandbox } from './sandbox.ts'

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST_BYTES = 6 * 1024 * 1024

const PATH = /^\/20\d\d-\d\d-\d\d\/functions\/([^/]+)\/(invocations|response-streaming-invocations)$/

export interface FunctionOptions extends Code {
  readonly timeoutMs?: number
  /** How many run at once; one more is refused. Default 10. */
  readonly concurrency?: number
}

export class LambdaFunction {
  readonly arn: string
  options: FunctionOptions
  /** The answer of the next invocation is cut off after so many bytes; the function goes on. */
  cutAfter: number | null = null
  /** Its sandbox ends once it has written so many bytes. */
  dieAfter: number | null = null
  /** The time that the next invocation has, in place of the function's own. */
  nextTimeoutMs: number | null = null
  readonly sandboxes: Sandbox[] = []

  constructor(arn: string, options: FunctionOptions) {
    this.arn = arn
    this.options = options
  }

  /** What all sandboxes wrote. */
  get log(): string {
    return this.sandboxes.map(({ log }) => log).join('')
  }

  /** Invocations that have not ended. */
  get running(): number {
    return this.sandboxes.filter(({ isBusy }) => isBusy).length
  }

  sandbox(): Sandbox {
    const idle = this.sandboxes.find(({ isBusy, isGone }) => !isBusy && !isGone)
    if (idle !== undefined) return idle
    if (this.running >= (this.options.concurrency ?? 10))
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429)
    const made = new Sandbox(this.options)
    this.sandboxes.push(made)
    return made
  }

  stop(): void {
    for (const sandbox of this.sandboxes) sandbox.kill()
  }
}

/** Which action a path is, and of which function; null: of none. */
export function lambdaAction(url: string): { readonly action: string; readonly name: string } | null {
  const [, name, kind] = PATH.exec(decodeURIComponent(url.split('?', 1).join())) ?? []
  if (name === undefined) return null
  return { action: kind === 'invocations' ? 'Invoke' : 'InvokeWithResponseStream', name }
}

/** Name, ARN, either with a version: one function. */
export function nameOf(functionName: string): string {
  return functionName.replace(/^arn:.*:function:/, '').replace(/:.*$/, '')
}

/** @throws AwsError where the function does not run */
export async function invoke(
  made: LambdaFunction,
  action: string,
  body: string,
  response: ServerResponse,
): Promise<void> {
  if (Buffer.byteLength(body) > MOST_BYTES)
    throw new AwsError('RequestTooLargeException', `Request must be smaller than ${String(MOST_BYTES)} bytes`, 413)
  const sandbox = made.sandbox()
  const answer = action === 'Invoke' ? new WholeAnswer(response) : new StreamedAnswer(response)
  const { cutAfter, dieAfter, nextTimeoutMs } = made
  made.nextTimeoutMs = null
  made.cutAfter = null
  made.dieAfter = null
  let written = 0
  let [isCut, isDead] = [false, false]
  const failed = await sandbox.invoke(JSON.parse(body), {
    arn: made.arn,
    timeoutMs: nextTimeoutMs ?? made.options.timeoutMs ?? 60_000,
    take: (text) => {
      written += Buffer.byteLength(text)
      if (isCut) return
      isCut = cutAfter !== null && written >= cutAfter
      // What was sent before the cut arrives; of what the function writes at once, some.
      answer.write(isCut ? text.slice(0, text.length / 2) : text)
      if (isCut) response.socket?.destroySoon()
      if (isDead || dieAfter === null || written < dieAfter) return
      isDead = true
      sandbox.kill()
    },
  })
  if (cutAfter !== null) response.socket?.destroySoon()
  else answer.end(failed ?? (isDead ? DIED : null))
}

/** What it wrote last may have been all, and arrived whole: its sandbox ended all the same. */
const DIED = {
  code: 'Unhandled',
  details: JSON.stringify({ errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited with error' }),
}

class WholeAnswer {
  readonly #response: ServerResponse
  #text = ''

  constructor(response: ServerResponse) {
    this.#response = response
  }

  write(text: string): void {
    this.#text += text
  }

  end(failed: Failed | null): void {
    const size = Buffer.byteLength(this.#text)
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${String(MOST_BYTES)} bytes).`
    const tooLarge = {
      code: 'Unhandled',
      details: JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage }),
    }
    const wrong = failed ?? (size > MOST_BYTES ? tooLarge : null)
    const headers = { 'x-amzn-requestid': randomUUID(), 'x-amz-executed-version': '$LATEST' }
    if (wrong === null) this.#response.writeHead(200, headers).end(this.#text)
    else this.#response.writeHead(200, { ...headers, 'x-amz-function-error': wrong.code }).end(wrong.details)
  }
}

class StreamedAnswer {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
    response.writeHead(200, {
      'content-type': 'application/vnd.amazon.eventstream',
      'x-amzn-requestid': randomUUID(),
      'x-amz-executed-version': '$LATEST',
    })
  }

  write(text: string): void {
    this.#response.write(event('PayloadChunk', 'application/octet-stream', text))
  }

  end(failed: Failed | null): void {
    const complete = failed === null ? {} : { ErrorCode: failed.code, ErrorDetails: failed.details }
    this.#response.end(event('InvokeComplete', 'application/json', JSON.stringify(complete)))
  }
}

/**
 * One message of `application/vnd.amazon.eventstream`: both lengths and their checksum, headers of text, the body, and the
 * checksum of all.
 */
function event(type: string, contentType: string, body: string): Uint8Array {
  const headers = Buffer.concat([
    header(':message-type', 'event'),
    header(':event-type', type),
    header(':content-type', contentType),
  ])
  const payload = Buffer.from(body)
  const lengths = Buffer.alloc(8)
  lengths.writeUInt32BE(16 + headers.length + payload.length, 0)
  lengths.writeUInt32BE(headers.length, 4)
  const message = Buffer.concat([lengths, checksum(lengths), headers, payload])
  return Buffer.concat([message, checksum(message)])
}

/** 7 is the type of a text. */
function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(Buffer.byteLength(value))
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), length, Buffer.from(value)])
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(bytes))
  return sum
}
