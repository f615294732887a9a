/**
 * A run whose input cannot be used: its audit tells what it was about, as far as that could be read (src/README.md: The
 * audit; Where the audit goes).
 */
import { createRecorder } from '../../audit/recorder.ts'
import { governanceOf, type RunResult } from '../../audit/result.ts'
import { missingRecords } from './records.ts'
import type { Dependencies } from '../context.ts'
import type { UnusableRun } from '../start.ts'

/** The result of a run that did not begin: an audit as of any other, with exit code 3. */
export function endUnusable(
  { identity, parsed, error }: UnusableRun,
  { now, sinks }: Pick<Dependencies, 'now' | 'sinks'>,
): RunResult {
  const declaration = parsed?.declaration ?? null
  const { environment = null, clusterName = null, instance = null } = declaration ?? {}
  const recorder = createRecorder({ identity, environment, clusterName, instance, now, sinks })
  for (const draft of declaration === null ? [] : missingRecords(declaration, [], error)) recorder.record(draft)
  const { exitCode, problems } = error
  const document = recorder.finish({ outcome: 'failed', exitCode, problems })
  return { document, problems, governance: governanceOf(declaration, null) }
}
