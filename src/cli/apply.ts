import { defaultAuditPath } from '../audit/file.ts'
import type { ExitCode } from '../errors.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { Options } from '../input/options.ts'
import type { RunResult } from '../audit/result.ts'
import type { Dependencies } from '../run/context.ts'
import type { StartedRun } from '../run/start.ts'
import { runGroupOf } from './group.ts'
import { createReporters } from './output.ts'
import type { CommandProcess } from './process.ts'
import { functionOf, runRemotely } from './remote.ts'
import { beginRun, createRunDependencies, endRun, withPlace } from './run.ts'

/** `rds-provision apply` and `prepare-upgrade`, which begin and end alike. */
export async function runApply(
  process: CommandProcess,
  options: Extract<Options, { command: 'apply' | 'prepare-upgrade' }>,
  environment: RunEnvironment,
): Promise<ExitCode> {
  const { command } = options
  const reporters = createReporters(process, environment)
  const dependencies = await createRunDependencies(process, environment, reporters)
  const started = await beginRun(process, environment, {
    command,
    input: options.input,
    claim: options.claim,
    needsBuildId: () => true,
  })
  const { auditFile } = options
  const defaultPath = defaultAuditPath(process.cwd(), started.identity.runId, started.parsed?.auditDir ?? null)
  const begun = await withPlace(environment, { begun: started, auditFile, defaultPath })
  const result = await resultOf(process, options.runner, begun, dependencies)
  return endRun(process, environment, { result, reporters, auditFile, defaultPath })
}

async function resultOf(
  process: CommandProcess,
  runner: string | null,
  begun: StartedRun,
  dependencies: Dependencies,
): Promise<RunResult> {
  if (begun.error !== null) {
    const { endUnusable } = await import('../run/end/unusable.ts')
    return endUnusable(begun, dependencies)
  }
  const functionName = functionOf(runner, begun)
  if (functionName !== null) {
    const runGroup = runGroupOf(process, begun)
    return runRemotely(process, { functionName, begun, removal: null, runGroup }, dependencies)
  }
  const run =
    begun.identity.command === 'apply'
      ? (await import('../run/apply/apply.ts')).apply
      : (await import('../run/upgrade/prepare.ts')).prepareUpgrade
  return run(begun.parsed.declaration, begun.identity, dependencies)
}
