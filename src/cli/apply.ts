import { defaultAuditPath } from '../audit/file.ts'
import type { ExitCode } from '../errors.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { Options } from '../input/options.ts'
import { createReporters } from './output.ts'
import type { CommandProcess } from './process.ts'
import { beginRun, createRunDependencies, endRun, withPlace } from './run.ts'

/** `rds-provision apply` and `prepare-upgrade`, which begin and end alike. */
export async function runApply(
  process: CommandProcess,
  options: Extract<Options, { command: 'apply' | 'prepare-upgrade' }>,
  environment: RunEnvironment,
): Promise<ExitCode> {
  const { command } = options
  const reporters = createReporters(process, environment)
  const [run, { endUnusable }] = await Promise.all([
    command === 'apply'
      ? import('../run/apply/apply.ts').then(({ apply }) => apply)
      : import('../run/upgrade/prepare.ts').then(({ prepareUpgrade }) => prepareUpgrade),
    import('../run/end/unusable.ts'),
  ])
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
  const result =
    begun.error === null
      ? await run(begun.parsed.declaration, begun.identity, dependencies)
      : endUnusable(begun, dependencies)
  return endRun(process, environment, { result, reporters, auditFile, defaultPath })
}
