/** One sandbox of a Lambda function: a process that has the code, and answers one event at a time. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'

const RUNTIME = fileURLToPath(new URL('./lambda-runtime.mjs', import.meta.url))

const Said = v.object({
  ready: v.optional(v.boolean()),
  chunk: v.optional(v.string()),
  end: v.optional(v.nullable(v.object({ errorType: v.string(), errorMessage: v.string() }))),
})

export interface Code {
  readonly file: string
  /** The name that it exports. */
  readonly handler: string
  readonly env: Readonly<Record<string, string>>
}

/** Why an invocation did not come to its end, as Lambda words it. */
export interface Failed {
  readonly code: string
  readonly details: string
}

export class Sandbox {
  isBusy = false
  isGone = false
  readonly #child: ChildProcess
  /** It can be sent an event, or has ended before. */
  readonly #ready: Promise<unknown>
  /** What the code wrote: in AWS, the function's log. */
  log = ''
  /** What it answered, in bytes. */
  answered = 0
  /** From its start until it took events: node and the import of the code; null: it does not yet. */
  coldMs: number | null = null

  constructor({ file, handler, env }: Code) {
    this.#child = fork(RUNTIME, [file, handler], {
      env: { ...env, AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001' },
      execArgv: [],
      silent: true,
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (data: Buffer) => {
        this.log += data.toString()
      })
    this.#child.on('exit', () => {
      this.isGone = true
    })
    const started = performance.now()
    this.#ready = Promise.race([once(this.#child, 'message'), once(this.#child, 'exit')]).then(() => {
      this.coldMs = performance.now() - started
    })
  }

  /** @returns null: it went through. `take` gets what the function writes, as it writes it. */
  async invoke(
    event: unknown,
    { arn, timeoutMs, take }: { arn: string; timeoutMs: number; take: (text: string) => void },
  ): Promise<Failed | null> {
    this.isBusy = true
    try {
      await this.#ready
      return await this.#answer(event, arn, timeoutMs, take)
    } finally {
      this.isBusy = false
    }
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  kill(): void {
    this.isGone = true
    this.#child.kill('SIGKILL')
  }

  #answer(event: unknown, arn: string, timeoutMs: number, take: (text: string) => void): Promise<Failed | null> {
    return new Promise((resolve) => {
      const end = (failed: Failed | null): void => {
        clearTimeout(timer)
        this.#child.off('message', onMessage)
        this.#child.off('exit', onExit)
        resolve(failed)
      }
      const onMessage = (message: unknown): void => {
        const { chunk, end: ended } = v.parse(Said, message)
        if (chunk !== undefined) {
          this.answered += Buffer.byteLength(chunk)
          take(chunk)
        }
        if (ended === undefined) return
        end(ended === null ? null : { code: 'Unhandled', details: JSON.stringify(ended) })
      }
      const onExit = (): void => {
        const details = { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited with error' }
        end({ code: 'Unhandled', details: JSON.stringify(details) })
      }
      const timer = setTimeout(() => {
        this.kill()
        const errorMessage = `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`
        end({ code: 'Unhandled', details: JSON.stringify({ errorType: 'Sandbox.Timedout', errorMessage }) })
      }, timeoutMs)
      this.#child.on('message', onMessage)
      this.#child.on('exit', onExit)
      if (this.isGone) onExit()
      else this.#child.send({ event, arn, deadline: Date.now() + timeoutMs })
    })
  }
}
