import { appendFileSync } from 'node:fs'
import type { Writable } from 'node:stream'

import type { Write } from './reporter.ts'

export interface Output {
  readonly write: Write
  /** The first error of the stream; null while it works. */
  failure(): Error | null
}

/**
 * A stream that cannot stop a run: when the reader goes away (EPIPE: `| head`, a cancelled CI step) the error is kept
 * and nothing more is written, since a provisioning run must end in order whether or not somebody watches.
 */
export function createOutput(stream: Writable): Output {
  let failure: Error | null = null
  const fail = (error: Error): void => {
    failure ??= error
  }
  stream.on('error', fail)
  return {
    write(text) {
      if (failure === null) stream.write(text)
    },
    failure: () => failure,
  }
}

/** A file that is appended to (GITHUB_STEP_SUMMARY), with the same promise. */
export function createFileOutput(path: string): Output {
  let failure: Error | null = null
  return {
    write(text) {
      try {
        if (failure === null) appendFileSync(path, text)
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error))
      }
    },
    failure: () => failure,
  }
}

/**
 * Whether escape sequences are wanted: on a terminal, unless NO_COLOR (no-color.org), CI or TERM=dumb says otherwise.
 */
export function wantsColour(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== ''
  return isTerminal && !isSet('NO_COLOR') && !isSet('CI') && environment['TERM'] !== 'dumb'
}
