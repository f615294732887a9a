/** What the commands get of the process. Only main.ts takes it from there. Types only. */
import type { Output } from '../audit/output.ts'
import type { Variables } from '../input/environment.ts'

export interface CommandProcess {
  readonly variables: Variables
  /** The working directory, an absolute path. */
  readonly cwd: () => string
  readonly parentPid: number
  /** Standard output is a terminal. */
  readonly isTerminal: boolean
  /** All of standard input. @throws RangeError where it is larger than an input may be */
  readonly readStandardInput: () => Promise<string>
  readonly output: Output
  readonly errors: Output
  /** Aborted by SIGINT and SIGTERM. */
  readonly interrupt: AbortSignal
}
