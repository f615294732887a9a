/** What a run reaches outside with: the real AWS, the clock, and whoever watches. */
import type { Reporter } from '../audit/reporter.ts'
import { type AwsEnvironment, NO_AWS_ENVIRONMENT } from '../model/aws-environment.ts'
import { awsDependencies } from './aws.ts'
import type { Dependencies, RemovalWaits } from './context.ts'
import type { DestroyDependencies } from './destroy/dependencies.ts'

export interface DependencyOptions extends Partial<Pick<Dependencies, 'signal' | 'progress' | 'defaultCaFile'>> {
  /** Are told of each record as it happens; `concludeRun` gives them the end. */
  readonly reporters?: readonly Reporter[]
  /** Proxies, authorities and the like (`readAwsEnvironment`); AWS's SDK does not look for them. */
  readonly awsEnvironment?: AwsEnvironment
}

/** An hour, as long as a first snapshot of some terabytes takes; the databases that go are closed meanwhile. */
export const SNAPSHOT_TIMEOUT_MS = 3_600_000

export const REMOVAL_WAITS: RemovalWaits = { othersMs: 4_000, abandonedMs: 5_000, superusersMs: 15_000 }

/**
 * Dependencies of an apply, a plan or a report. Without options nobody watches, nothing interrupts the run, and the
 * RDS authorities are those that come with the program. AWS is found as its SDK finds it, and asked only in the run.
 */
export function createDependencies({
  reporters = [],
  signal = new AbortController().signal,
  progress = () => undefined,
  defaultCaFile = null,
  awsEnvironment = NO_AWS_ENVIRONMENT,
}: DependencyOptions = {}): Dependencies {
  return {
    ...awsDependencies(awsEnvironment),
    now: () => new Date(),
    signal,
    sinks: reporters.map((reporter) => (record, isQuiet) => {
      reporter.record(record, isQuiet)
    }),
    progress,
    defaultCaFile,
    snapshotTimeoutMs: SNAPSHOT_TIMEOUT_MS,
    waits: REMOVAL_WAITS,
  }
}

/**
 * The same, for a removal of its own.
 * @param runGroup the same text in all removals that run side by side and may share a snapshot.
 */
export function createDestroyDependencies(dependencies: Dependencies, runGroup: string): DestroyDependencies {
  return { ...dependencies, runGroup }
}
