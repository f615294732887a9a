import { annotateProblems, isGithubActions } from '../audit/github.ts'
import { wantsColour } from '../audit/output.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { Options } from '../input/options.ts'
import type { Problem } from '../model/problem.ts'
import type { StartedRun } from '../run/start.ts'
import { runGroupOf } from './group.ts'
import { jobSummaryWriter, print } from './output.ts'
import type { CommandProcess } from './process.ts'
import { functionOf, tellRemotely } from './remote.ts'
import { beginRun, createLookDependencies } from './run.ts'
import { writeText } from './write-text.ts'

type PlanOptions = Extract<Options, { command: 'plan' }>

/** What is printed of a plan, wherever it was made. */
interface Told {
  readonly text: string
  /** The plan as JSON, where it is asked for. */
  readonly document: string | null
  readonly blocked: readonly Problem[]
  readonly changes: number
  readonly summary: () => Promise<string>
}

/** `rds-provision plan`. @throws ProvisionError where no plan could be made. */
export async function runPlan(
  process: CommandProcess,
  options: PlanOptions,
  environment: RunEnvironment,
): Promise<ExitCode> {
  if (options.external) return (await import('./external.ts')).runExternal(process, environment)
  const begun = await beginRun(process, environment, {
    command: 'plan',
    input: options.input,
    terraformPlan: options.terraformPlan,
    claim: options.claim,
    needsBuildId: () => false,
  })
  if (begun.error !== null) throw begun.error
  const { text, document, blocked, changes, summary } = await tell(process, options, environment, begun)
  if (options.out !== null && document !== null) await writeText(options.out, '--out', document)
  await print(process, text)
  if (isGithubActions(process.variables)) {
    annotateProblems(blocked, process.errors)
    jobSummaryWriter(process.variables)(await summary())
  }
  if (blocked.length > 0) return EXIT.blocked
  return options.detailedExitcode && changes > 0 ? EXIT.changes : EXIT.done
}

async function tell(
  process: CommandProcess,
  options: PlanOptions,
  environment: RunEnvironment,
  begun: Extract<StartedRun, { error: null }>,
): Promise<Told> {
  const dependencies = await createLookDependencies(process, environment)
  const colour = wantsColour(process.variables, process.isTerminal)
  const listUnchanged = environment.logFormat === 'verbose'
  const functionName = functionOf(options.runner, begun)
  if (functionName !== null) {
    const command = { functionName, begun, removal: null, runGroup: runGroupOf(process, begun) }
    const how = { json: options.json, document: options.out !== null, colour, list_unchanged: listUnchanged }
    const told = await tellRemotely(process, command, how, dependencies)
    return { ...told, summary: () => Promise.resolve(told.summary) }
  }
  const [{ previewApply }, { previewText }, { previewJson }] = await Promise.all([
    import('../run/plan.ts'),
    import('../preview/text.ts'),
    import('../preview/json.ts'),
  ])
  const found = await previewApply(begun.parsed.declaration, begun.identity, dependencies)
  return {
    document: options.out === null ? null : previewJson(found),
    text: options.json ? previewJson(found) : previewText(found, { colour, listUnchanged }),
    blocked: found.blocked,
    changes: found.plan.jobs.length,
    summary: async () => (await import('../preview/summary.ts')).previewSummary(found),
  }
}
