/** What the commands get of the process. Only main.ts takes it from there. Types only. */
import type { Readable } from 'node:stream'
import type { Output } from '../audit/output.ts'
import type { Variables } from '../input/environment.ts'

export interface CommandProcess {
  readonly variables: Variables
  /** The working directory, an absolute path. */
  readonly cwd: () => string
  readonly parentPid: number
  /** Standard output is a terminal. */
  readonly isTerminal: boolean
  /** Standard input; touched only where it is read. */
  readonly input: () => Readable
  readonly output: Output
  readonly errors: Output
  /** Aborted by SIGINT and SIGTERM. */
  readonly interrupt: AbortSignal
}
