/** A run whose input cannot be used: its audit tells what it was about, as far as that could be read (design §10, §14). */
import { createRecorder } from '../../audit/recorder.ts'
import { missingRecords } from './records.ts'
import type { Dependencies } from '../context.ts'
import type { RunResult } from './result.ts'
import type { UnusableRun } from '../start.ts'

export function endUnusable(
  { identity, parsed, error }: UnusableRun,
  { now, sinks }: Pick<Dependencies, 'now' | 'sinks'>,
): RunResult {
  const declaration = parsed?.declaration ?? null
  const { environment = null, clusterName = null, instance = null } = declaration ?? {}
  const recorder = createRecorder({ identity, environment, clusterName, instance, now, sinks })
  for (const draft of declaration === null ? [] : missingRecords(declaration, [], error)) recorder.record(draft)
  return {
    recorder,
    end: { outcome: 'failed', exitCode: error.exitCode, problems: error.problems },
  }
}
