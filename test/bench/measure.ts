/** One piece of work, measured: how long, how many round trips and connections. */
import { performance } from 'node:perf_hooks'
import type { Proxy } from '../support/proxy.ts'

/**
 * `cold`: from nothing; `again`: a forced run that finds nothing to do; `plan`: a plan that finds nothing changed;
 * `one more`: a run that finds one more application declared.
 */
export const WORKS = ['cold', 'again', 'plan', 'one more'] as const
export type Work = (typeof WORKS)[number]

/** What a process says of itself at its end; null where it is somebody else's. */
export interface Usage {
  readonly cpuSeconds: number
  readonly megabytes: number
}

export interface Sample {
  readonly candidate: string
  readonly work: Work
  readonly applications: number
  readonly roundTripMs: number
  readonly seconds: number
  /** To the database server. */
  readonly roundTrips: number
  readonly connections: number
  readonly usage: Usage | null
  /** Of the seconds, those that were not the script's; null where no script runs below it, or it is all. */
  readonly terraformSeconds: number | null
}

/** What the work tells of itself; null: nothing. */
export interface Told {
  readonly usage: Usage | null
  /** How long the script ran. */
  readonly scriptSeconds: number | null
}

/** A way to do the work, on one bed. */
export interface Runner {
  readonly works: Partial<Record<Work, () => Promise<Told | null>>>
  /** Removes what it made outside of the bed. */
  remove(): Promise<void>
}

export async function measure(
  about: Pick<Sample, 'candidate' | 'work' | 'applications' | 'roundTripMs'>,
  proxy: Proxy,
  work: () => Promise<Told | null>,
): Promise<Sample> {
  proxy.reset()
  const started = performance.now()
  const told = await work()
  const seconds = (performance.now() - started) / 1000
  const { usage = null, scriptSeconds = null } = told ?? {}
  const terraformSeconds = scriptSeconds === null ? null : seconds - scriptSeconds
  return { ...about, seconds, roundTrips: proxy.answered, connections: proxy.connections, usage, terraformSeconds }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const [low = 0, high = low] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ]
  return (low + high) / 2
}
