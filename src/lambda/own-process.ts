/** What a function takes from its own process for a run of its own. */
import type { Variables } from '../input/environment.ts'

/** For a run to end in order before Lambda would end it. */
const RESERVE_MS = 10_000

export interface OwnTime {
  readonly signal: AbortSignal
  /** For what is waited for. */
  readonly seconds: number
  readonly end: () => void
}

/** @param remainingMs until Lambda ends the process; a short time is divided */
export function limitTime(remainingMs: number): OwnTime {
  const controller = new AbortController()
  const left = remainingMs - Math.min(RESERVE_MS, remainingMs / 2)
  const timer = setTimeout(() => {
    controller.abort("the function's time is nearly up")
  }, left)
  return {
    signal: controller.signal,
    seconds: Math.max(1, Math.floor(left / 1000)),
    end: () => {
      clearTimeout(timer)
    },
  }
}

/** Path of the authorities that the function is given; null: those that come with the program. */
export function ownCaFile(variables: Variables): string | null {
  const file = variables['PGSSLROOTCERT'] ?? ''
  return file === '' ? null : file
}
