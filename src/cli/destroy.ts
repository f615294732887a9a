import { defaultAuditPath, destroyAuditPath } from '../audit/file.ts'
import { wantsColour } from '../audit/output.ts'
import type { RunResult } from '../audit/result.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { Options, RemovalOptions } from '../input/options.ts'
import type { DestroyDependencies } from '../run/destroy/dependencies.ts'
import type { StartedRun } from '../run/start.ts'
import { runGroupOf } from './group.ts'
import { createReporters, print } from './output.ts'
import type { CommandProcess } from './process.ts'
import { functionOf, runRemotely, tellRemotely } from './remote.ts'
import { beginRun, createLookDependencies, createRunDependencies, endRun, withPlace } from './run.ts'

type BegunRun = Extract<StartedRun, { error: null }>
type DestroyOptions = Extract<Options, { command: 'destroy' }>

/** `rds-provision destroy`. @throws ProvisionError with --dry-run, where nothing could be looked at. */
export async function runDestroy(
  process: CommandProcess,
  options: DestroyOptions,
  environment: RunEnvironment,
): Promise<ExitCode> {
  const { removalNeedsBuildId } = await import('../run/destroy/as-asked.ts')
  const begun = await beginRun(process, environment, {
    command: 'destroy',
    input: options.input,
    claim: options.claim,
    needsBuildId: (parsed) => !options.dryRun && removalNeedsBuildId(options.removal, environment, parsed),
  })
  return options.dryRun
    ? printDryRun(process, options, environment, begun)
    : remove(process, options, environment, begun)
}

async function printDryRun(
  process: CommandProcess,
  options: DestroyOptions,
  environment: RunEnvironment,
  begun: StartedRun,
): Promise<ExitCode> {
  if (begun.error !== null) throw begun.error
  const dependencies = await createLookDependencies(process, environment)
  const colour = wantsColour(process.variables, process.isTerminal)
  const functionName = functionOf(options.runner, begun)
  if (functionName !== null) {
    const command = { functionName, begun, removal: options.removal, runGroup: runGroupOf(process, begun) }
    const tell = { json: false, document: false, colour, list_unchanged: true }
    const { text, blocked } = await tellRemotely(process, command, tell, dependencies)
    await print(process, text)
    return blocked.length > 0 ? EXIT.blocked : EXIT.done
  }
  const [{ previewAsAsked }, { previewText }] = await Promise.all([
    import('../run/destroy/as-asked.ts'),
    import('../preview/text.ts'),
  ])
  const { parsed, identity } = begun
  const found = await previewAsAsked({ removal: options.removal, environment, parsed, identity }, dependencies)
  await print(process, previewText(found, { colour, listUnchanged: true }))
  return found.blocked.length > 0 ? EXIT.blocked : EXIT.done
}

async function remove(
  process: CommandProcess,
  options: DestroyOptions,
  environment: RunEnvironment,
  started: StartedRun,
): Promise<ExitCode> {
  const [{ createDestroyDependencies }, { endUnusable }] = await Promise.all([
    import('../run/dependencies.ts'),
    import('../run/end/unusable.ts'),
  ])
  const { auditFile } = options
  const defaultPath = auditPathOf(process, options, started)
  const begun = await withPlace(environment, { begun: started, auditFile, defaultPath })
  // Where something is to be removed, that it is not there is news.
  const reporters = createReporters(process, environment, true)
  const dependencies = createDestroyDependencies(
    await createRunDependencies(process, environment, reporters),
    runGroupOf(process, begun),
  )
  const result =
    begun.error === null
      ? await removeHereOrThere(process, options, { environment, begun }, dependencies)
      : endUnusable(begun, dependencies)
  return endRun(process, environment, { result, reporters, auditFile, defaultPath })
}

async function removeHereOrThere(
  process: CommandProcess,
  { removal, runner }: DestroyOptions,
  { environment, begun }: { readonly environment: RunEnvironment; readonly begun: BegunRun },
  dependencies: DestroyDependencies,
): Promise<RunResult> {
  const functionName = functionOf(runner, begun)
  const { runGroup } = dependencies
  if (functionName !== null) return runRemotely(process, { functionName, begun, removal, runGroup }, dependencies)
  const { removeAsAsked } = await import('../run/destroy/as-asked.ts')
  const { parsed, identity } = begun
  return removeAsAsked({ removal, environment, parsed, identity }, dependencies)
}

function auditPathOf(process: CommandProcess, { removal }: DestroyOptions, { identity, parsed }: StartedRun): string {
  const auditDir = parsed?.auditDir ?? null
  if (auditDir === null) return defaultAuditPath(process.cwd(), identity.runId, null)
  return destroyAuditPath(auditDir, subjectOf(removal), identity.runId)
}

function subjectOf(removal: RemovalOptions): string {
  switch (removal.kind) {
    case 'target':
      return removal.target.by === 'application' ? removal.target.value : `${removal.target.by}-${removal.target.value}`
    case 'request':
      return removal.application
    case 'requested':
      return 'requested'
  }
}
