import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { defaultAuditPath, destroyAuditPath } from '../audit/file.ts'
import { wantsColour } from '../audit/output.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import { readAwsEnvironment } from '../input/aws-environment.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { Options } from '../input/options.ts'
import type { ParsedInput } from '../input/parse.ts'
import type { DestroyRequest } from '../run/destroy/destroy.ts'
import type { StartedRun } from '../run/start.ts'
import { createReporters, print } from './output.ts'
import type { CommandProcess } from './process.ts'
import { beginRun, createLookDependencies, createRunDependencies, endRun, withPlace } from './run.ts'

type DestroyOptions = Extract<Options, { command: 'destroy' }>

/** `rds-provision destroy`. @throws ProvisionError with --dry-run, where nothing could be looked at. */
export async function runDestroy(
  process: CommandProcess,
  options: DestroyOptions,
  environment: RunEnvironment,
): Promise<ExitCode> {
  const { knownPolicy } = await import('../run/destroy/destroy.ts')
  const begun = await beginRun(process, environment, {
    command: 'destroy',
    input: options.input,
    claim: options.claim,
    needsBuildId: (parsed) => !options.dryRun && knownPolicy(requestOf(options, environment, parsed)) !== 'retain',
  })
  return options.dryRun
    ? printDryRun(process, options, environment, begun)
    : remove(process, options, environment, begun)
}

function requestOf(
  { target }: DestroyOptions,
  environment: RunEnvironment,
  { declaration }: ParsedInput,
): DestroyRequest {
  return { declaration, target, policy: environment.cleanupPolicy, approvals: environment }
}

async function printDryRun(
  process: CommandProcess,
  options: DestroyOptions,
  environment: RunEnvironment,
  begun: StartedRun,
): Promise<ExitCode> {
  if (begun.error !== null) throw begun.error
  const [{ previewDestroy }, { previewText }] = await Promise.all([
    import('../run/destroy/preview.ts'),
    import('../preview/text.ts'),
  ])
  const request = requestOf(options, environment, begun.parsed)
  const found = await previewDestroy(request, begun.identity, await createLookDependencies(process, environment))
  const colour = wantsColour(process.variables, process.isTerminal)
  await print(process, previewText(found, { colour, listUnchanged: true }))
  return found.blocked.length > 0 ? EXIT.blocked : EXIT.done
}

async function remove(
  process: CommandProcess,
  options: DestroyOptions,
  environment: RunEnvironment,
  started: StartedRun,
): Promise<ExitCode> {
  const [{ destroy }, { createDestroyDependencies }, { endUnusable }] = await Promise.all([
    import('../run/destroy/destroy.ts'),
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
    readAwsEnvironment(process.variables),
  )
  const result =
    begun.error === null
      ? await destroy(requestOf(options, environment, begun.parsed), begun.identity, dependencies)
      : endUnusable(begun, dependencies)
  return endRun(process, environment, { result, reporters, auditFile, defaultPath })
}

function auditPathOf(process: CommandProcess, { target }: DestroyOptions, { identity, parsed }: StartedRun): string {
  const auditDir = parsed?.auditDir ?? null
  if (auditDir === null) return defaultAuditPath(process.cwd(), identity.runId, null)
  const subject = target.by === 'application' ? target.value : `${target.by}-${target.value}`
  return destroyAuditPath(auditDir, subject, identity.runId)
}

/**
 * The removals that Terraform starts side by side have the CI run, or else the parent process, in common
 * (src/README.md: Removal).
 */
function runGroupOf(process: CommandProcess, { identity, isRunIdGiven, parsed }: StartedRun): string {
  const common = isRunIdGiven ? identity.runId : `${hostname()}:${String(process.parentPid)}`
  const { host = '', port = 0 } = parsed?.declaration.instance ?? {}
  return createHash('sha256')
    .update(JSON.stringify([common, host, port]))
    .digest('hex')
    .slice(0, 12)
}
