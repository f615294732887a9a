import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { defaultAuditPath, destroyAuditPath } from '../audit/file.ts'
import { wantsColour } from '../audit/output.ts'
import type { RunResult } from '../audit/result.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { Options, RemovalOptions } from '../input/options.ts'
import type { DestroyDependencies } from '../run/destroy/dependencies.ts'
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
  const order = orderOf(options, environment)
  const begun = await beginRun(process, environment, {
    command: 'destroy',
    input: options.input,
    claim: options.claim,
    needsBuildId: ({ declaration, removes }) => {
      const pending = removes ? environment.cleanupPolicy : 'retain'
      const policy = order === null ? pending : knownPolicy({ declaration, ...order })
      return !options.dryRun && policy !== 'retain'
    },
  })
  return options.dryRun
    ? printDryRun(process, options, environment, begun)
    : remove(process, options, environment, begun)
}

/** What is named, and by which policy it goes; null: what is pending goes. */
function orderOf(
  { removal }: DestroyOptions,
  { cleanupPolicy: policy }: RunEnvironment,
): Pick<DestroyRequest, 'target' | 'policy'> | null {
  switch (removal.kind) {
    case 'target':
      return { target: removal.target, policy }
    case 'request':
      return { target: { by: 'application', value: removal.application }, policy }
    case 'requested':
      return null
  }
}

async function printDryRun(
  process: CommandProcess,
  options: DestroyOptions,
  environment: RunEnvironment,
  begun: StartedRun,
): Promise<ExitCode> {
  if (begun.error !== null) throw begun.error
  const [{ previewDestroy, previewRequested }, { previewText }] = await Promise.all([
    import('../run/destroy/preview.ts'),
    import('../preview/text.ts'),
  ])
  const { declaration } = begun.parsed
  const order = orderOf(options, environment)
  const dependencies = await createLookDependencies(process, environment)
  const found = await (order === null
    ? previewRequested(declaration, begun.identity, dependencies)
    : previewDestroy({ declaration, approvals: environment, ...order }, begun.identity, dependencies))
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
    begun.error === null ? await removeAs(options, environment, begun, dependencies) : endUnusable(begun, dependencies)
  return endRun(process, environment, { result, reporters, auditFile, defaultPath })
}

async function removeAs(
  { removal }: DestroyOptions,
  environment: RunEnvironment,
  { identity, parsed: { declaration, removes } }: Extract<StartedRun, { error: null }>,
  dependencies: DestroyDependencies,
): Promise<RunResult> {
  const common = { declaration, policy: environment.cleanupPolicy, approvals: environment }
  switch (removal.kind) {
    case 'target': {
      const { destroy } = await import('../run/destroy/destroy.ts')
      return destroy({ ...common, target: removal.target }, identity, dependencies)
    }
    case 'request': {
      const { requestRemoval } = await import('../run/destroy/request.ts')
      const { application: value, marker } = removal
      return requestRemoval({ ...common, target: { by: 'application', value }, marker }, identity, dependencies)
    }
    case 'requested': {
      const { carryOutRequested } = await import('../run/destroy/requested.ts')
      const isEnd = declaration.applications.length === 0
      const end = isEnd ? (removes ? 'with removals' : 'quietly') : null
      return carryOutRequested({ declaration, end }, identity, dependencies)
    }
  }
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
