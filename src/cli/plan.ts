import { annotateProblems, isGithubActions } from '../audit/github.ts'
import { wantsColour } from '../audit/output.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { Options } from '../input/options.ts'
import { jobSummaryWriter, print } from './output.ts'
import type { CommandProcess } from './process.ts'
import { beginRun, createLookDependencies } from './run.ts'
import { writeText } from './write-text.ts'

/** `rds-provision plan`. @throws ProvisionError where no plan could be made. */
export async function runPlan(
  process: CommandProcess,
  options: Extract<Options, { command: 'plan' }>,
  environment: RunEnvironment,
): Promise<ExitCode> {
  if (options.external) return (await import('./external.ts')).runExternal(process, environment)
  const { previewApply } = await import('../run/plan.ts')
  const dependencies = await createLookDependencies(process, environment)
  const begun = await beginRun(process, environment, {
    command: 'plan',
    input: options.input,
    terraformPlan: options.terraformPlan,
    claim: options.claim,
    needsBuildId: () => false,
  })
  if (begun.error !== null) throw begun.error
  const found = await previewApply(begun.parsed.declaration, begun.identity, dependencies)
  const [{ previewText }, { previewJson }] = await Promise.all([
    import('../preview/text.ts'),
    import('../preview/json.ts'),
  ])
  const colour = wantsColour(process.variables, process.isTerminal)
  const listUnchanged = environment.logFormat === 'verbose'
  if (options.out !== null) await writeText(options.out, '--out', previewJson(found))
  await print(process, options.json ? previewJson(found) : previewText(found, { colour, listUnchanged }))
  if (isGithubActions(process.variables)) {
    const { previewSummary } = await import('../preview/summary.ts')
    annotateProblems(found.blocked, process.errors)
    jobSummaryWriter(process.variables)(previewSummary(found))
  }
  if (found.blocked.length > 0) return EXIT.blocked
  return options.detailedExitcode && found.plan.jobs.length > 0 ? EXIT.changes : EXIT.done
}
