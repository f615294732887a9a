/** A run whose input cannot be used: its audit tells what it was about, as far as that could be read (design §10, §14). */
import { createRecorder } from '../audit/recorder.ts'
import { missingRecords } from './complete.ts'
import type { Dependencies } from './dependencies.ts'
import type { RunResult } from './result.ts'
import type { Unusable } from './start.ts'

export function unusable(
  { run, parsed, error }: Unusable,
  { now, sinks }: Pick<Dependencies, 'now' | 'sinks'>,
): RunResult {
  const declaration = parsed?.declaration ?? null
  const { environment = null, clusterName = null, instance = null } = declaration ?? {}
  const recorder = createRecorder({ run, environment, clusterName, instance, now, sinks })
  for (const draft of declaration === null ? [] : missingRecords(declaration, [], error)) recorder.record(draft)
  return {
    recorder,
    end: { outcome: 'failed', exitCode: error.exitCode, error: error.message },
    problems: error.problems,
  }
}
