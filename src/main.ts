/**
 * The only file that touches arguments, environment and exit. The code of a command is imported once it is known: `--help`
 * and the removals that Terraform starts one by one should not load what they do not use.
 */
import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { defaultAuditPath, destroyAuditPath, takeAuditPath } from './audit/file.ts'
import { annotateProblems, createGithubReporter, isGithubActions } from './audit/github.ts'
import { createJsonLinesReporter, type JsonLinesOptions, printableJson } from './audit/json-lines.ts'
import { createFileOutput, createOutput, wantsColour } from './audit/output.ts'
import { oneLine } from './audit/one-line.ts'
import type { Reporter } from './audit/reporter.ts'
import { createTextReporter } from './audit/text.ts'
import { ApplyError, EXIT, type ExitCode, describeProblem, InvalidInputError, ProvisionError } from './errors.ts'
import { awsCorrections, readEnvironment, type RunEnvironment } from './input/environment.ts'
import { type Options, parseOptions } from './input/options.ts'
import type { ParsedInput } from './input/parse.ts'
import type { AuditRecord } from './model/audit.ts'
import type { Dependencies } from './run/dependencies.ts'
import type { DestroyRequest } from './run/destroy.ts'
import type { DestroyDependencies } from './run/removal-rounds.ts'
import type { Start } from './run/start.ts'
import { TOOL_VERSION } from './version.ts'

// The SDK in the bundle is the one that was tested: what later ones will require concerns nobody who runs this one.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
for (const [name, value] of awsCorrections(process.env)) {
  if (value === null) Reflect.deleteProperty(process.env, name)
  else process.env[name] = value
}

/** For output that is still under way. */
const LINGER_MS = 2_000

const output = createOutput(process.stdout)
const errors = createOutput(process.stderr)

/** From the first moment on: a signal during start-up has its audit too. */
const interrupt = interruption()

function interruption(): AbortSignal {
  const controller = new AbortController()
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(EXIT.failed)
    controller.abort(`received ${signal}`)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return controller.signal
}

/** The module tells where the audit goes; nobody else sets that variable in passing. */
function insideTerraform(environment: RunEnvironment): boolean {
  return environment.auditFile !== null
}

/** Where something is to be removed, that it is not there is news. */
function reportersFor(environment: RunEnvironment, listUnchanged = environment.logFormat === 'verbose'): Reporter[] {
  const { write } = output
  const lines = { write, insideTerraform: insideTerraform(environment) }
  const colour = wantsColour(process.env, process.stdout.isTTY)
  const isJson = environment.logFormat === 'json'
  const main = isJson ? createJsonLinesReporter(lines) : createTextReporter({ write, colour, listUnchanged })
  return isGithubActions(process.env)
    ? [main, githubReporter(isJson ? { ...lines, write: errors.write } : lines)]
    : [main]
}

/** JSON lines are the audit already: twice would be counted twice. */
function fallbackFor(environment: RunEnvironment): JsonLinesOptions | null {
  return environment.logFormat === 'json'
    ? null
    : { write: output.write, insideTerraform: insideTerraform(environment) }
}

/** The runner reads standard error too: so JSON lines stay alone on standard output. */
function githubReporter(lines: {
  readonly write: (text: string) => void
  readonly insideTerraform: boolean
}): Reporter {
  return createGithubReporter({ ...lines, writeSummary: writeJobSummary })
}

function writeJobSummary(text: string): void {
  const file = process.env['GITHUB_STEP_SUMMARY'] ?? ''
  if (file !== '') createFileOutput(file).write(text)
}

async function dependenciesFor(environment: RunEnvironment, reporters: readonly Reporter[]): Promise<Dependencies> {
  const { awsDependencies } = await import('./run/aws.ts')
  const caFile = process.env['PGSSLROOTCERT'] ?? ''
  const isJson = environment.logFormat === 'json'
  return {
    ...awsDependencies,
    now: () => new Date(),
    signal: interrupt,
    sinks: [(record: AuditRecord) => reporters.forEach((reporter) => reporter.record(record))],
    progress: (line) =>
      isJson ? errors.write(`${printableJson({ type: 'progress', message: line })}\n`) : output.write(`${line}\n`),
    defaultCaFile: caFile === '' ? null : caFile,
  }
}

async function runApply(
  options: Extract<Options, { command: 'apply' }>,
  environment: RunEnvironment,
): Promise<ExitCode> {
  const reporters = reportersFor(environment)
  const [{ apply }, { start }, { unusable }, { concludeRun }] = await Promise.all([
    import('./run.ts'),
    import('./run/start.ts'),
    import('./run/unusable.ts'),
    import('./audit/conclude.ts'),
  ])
  const dependencies = await dependenciesFor(environment, reporters)
  const begun = await start({
    command: 'apply',
    inputFile: options.input,
    variables: process.env,
    environment,
    cwd: process.cwd(),
    startedAt: new Date(),
    needsBuildId: () => true,
  })
  const result =
    begun.error !== null
      ? { ...unusable(begun, dependencies), matrix: null }
      : await apply(begun.parsed.declaration, begun.run, dependencies)
  const governanceDir = begun.parsed?.declaration.governanceDir ?? null
  const document = await concludeRun({
    ...result,
    auditPath:
      options.auditFile ??
      environment.auditFile ??
      (await takeAuditPath(defaultAuditPath(process.cwd(), begun.run.runId, begun.parsed?.auditDir ?? null))),
    governance: governanceDir === null ? null : { dir: governanceDir, matrix: result.matrix },
    reporters,
    fallback: fallbackFor(environment),
  })
  return document.run.exit_code
}

async function runPlan(options: Extract<Options, { command: 'plan' }>, environment: RunEnvironment): Promise<ExitCode> {
  const [{ preview }, { start }] = await Promise.all([import('./run/preview.ts'), import('./run/start.ts')])
  const dependencies = await dependenciesFor(environment, [])
  const begun = await start({
    command: 'plan',
    inputFile: options.input,
    variables: process.env,
    environment,
    cwd: process.cwd(),
    startedAt: new Date(),
    needsBuildId: () => false,
  })
  if (begun.error !== null) throw begun.error
  const found = await preview(begun.parsed.declaration, begun.run, {
    ...dependencies,
    progress: (line) => errors.write(`${line}\n`),
  })
  const [{ previewText }, { previewJson }] = await Promise.all([
    import('./report/preview/text.ts'),
    import('./report/preview/json.ts'),
  ])
  await print(
    options.json
      ? previewJson(found)
      : previewText(found, {
          colour: wantsColour(process.env, process.stdout.isTTY),
          listUnchanged: environment.logFormat === 'verbose',
        }),
  )
  if (isGithubActions(process.env)) {
    const { previewSummary } = await import('./report/preview/summary.ts')
    annotateProblems(found.blocked, errors)
    writeJobSummary(previewSummary(found))
  }
  if (found.blocked.length > 0) return EXIT.blocked
  return options.detailedExitcode && found.plan.jobs.length > 0 ? EXIT.changes : EXIT.done
}

async function runReport(
  options: Extract<Options, { command: 'report' }>,
  environment: RunEnvironment,
): Promise<ExitCode> {
  const needsInput = options.connect || options.input !== null || environment.input !== null
  if (!needsInput && environment.problems.length > 0) throw new InvalidInputError(environment.problems)
  const { start } = await import('./run/start.ts')
  const begun = needsInput
    ? await start({
        command: 'report',
        inputFile: options.input,
        variables: process.env,
        environment,
        cwd: process.cwd(),
        startedAt: new Date(),
        needsBuildId: () => false,
      })
    : null
  if (begun !== null && begun.error !== null) throw begun.error
  const [{ makeReport }, { foldersOf, writeReport }, { renderReport }] = await Promise.all([
    import('./run/report.ts'),
    import('./report/folders.ts'),
    import('./report/render.ts'),
  ])
  const declaration = begun?.parsed.declaration ?? null
  const dependencies = {
    ...(await dependenciesFor(environment, [])),
    progress: (line: string) => errors.write(`${line}\n`),
  }
  const report = await makeReport({
    options,
    folders: foldersOf(
      options,
      { governanceDir: declaration?.governanceDir ?? null, auditDir: begun?.parsed.auditDir ?? null },
      process.cwd(),
    ),
    server:
      options.connect && begun !== null
        ? { declaration: begun.parsed.declaration, run: begun.run, dependencies }
        : null,
    now: new Date(),
  })
  const text = renderReport(report, options.format, options.sections)
  if (options.output === null) await print(text)
  else await writeReport(options.output, text)
  if (options.output !== null || options.format !== 'text')
    for (const sentence of report.wrong) errors.write(`${sentence}\n`)
  return report.wrong.length > 0 ? EXIT.failed : EXIT.done
}

async function runDestroy(
  options: Extract<Options, { command: 'destroy' }>,
  environment: RunEnvironment,
): Promise<ExitCode> {
  const { target, dryRun } = options
  const [
    { destroy, knownPolicy, previewDestroy },
    { REMOVAL_WAITS },
    { start },
    { unusable },
    { awsSnapshots },
    { concludeRun },
  ] = await Promise.all([
    import('./run/destroy.ts'),
    import('./run/removal-rounds.ts'),
    import('./run/start.ts'),
    import('./run/unusable.ts'),
    import('./run/aws.ts'),
    import('./audit/conclude.ts'),
  ])
  const requestOf = ({ declaration }: ParsedInput): DestroyRequest => ({
    declaration,
    target,
    policy: environment.cleanupPolicy,
    approvals: environment,
  })
  const needsBuildId = (parsed: ParsedInput): boolean => !dryRun && knownPolicy(requestOf(parsed)) !== 'retain'
  const reporters = dryRun ? [] : reportersFor(environment, true)
  const begun = await start({
    command: 'destroy',
    inputFile: options.input,
    variables: process.env,
    environment,
    cwd: process.cwd(),
    startedAt: new Date(),
    needsBuildId,
  })
  const dependencies: DestroyDependencies = {
    ...(await dependenciesFor(environment, reporters)),
    snapshots: awsSnapshots,
    runGroup: runGroupOf(begun),
    snapshotTimeoutMs: SNAPSHOT_TIMEOUT_MS,
    waits: REMOVAL_WAITS,
  }
  if (dryRun) {
    if (begun.error !== null) throw begun.error
    const found = await previewDestroy(requestOf(begun.parsed), begun.run, {
      ...dependencies,
      progress: (line) => errors.write(`${line}\n`),
    })
    const { previewText } = await import('./report/preview/text.ts')
    await print(previewText(found, { colour: wantsColour(process.env, process.stdout.isTTY), listUnchanged: true }))
    return found.blocked.length > 0 ? EXIT.blocked : EXIT.done
  }
  const result =
    begun.error !== null
      ? unusable(begun, dependencies)
      : await destroy(requestOf(begun.parsed), begun.run, dependencies)
  const governanceDir = begun.parsed?.declaration.governanceDir ?? null
  const auditDir = begun.parsed?.auditDir ?? null
  const subject = target.by === 'application' ? target.value : `${target.by}-${target.value}`
  const fallbackPath =
    auditDir === null
      ? defaultAuditPath(process.cwd(), begun.run.runId, null)
      : destroyAuditPath(auditDir, subject, begun.run.runId)
  const document = await concludeRun({
    ...result,
    auditPath: options.auditFile ?? environment.auditFile ?? (await takeAuditPath(fallbackPath)),
    governance: governanceDir === null ? null : { dir: governanceDir, matrix: null },
    reporters,
    fallback: fallbackFor(environment),
  })
  return document.run.exit_code
}

/** An hour, as long as a first snapshot of some terabytes takes; the databases that go are closed meanwhile. */
const SNAPSHOT_TIMEOUT_MS = 3_600_000

/** The removals that Terraform starts side by side have the CI run, or else the parent process, in common (design §11). */
function runGroupOf({ run, isRunIdGiven, parsed }: Start): string {
  const common = isRunIdGiven ? run.runId : `${hostname()}:${process.ppid}`
  const { host = '', port = 0 } = parsed?.declaration.instance ?? {}
  return createHash('sha256')
    .update(JSON.stringify([common, host, port]))
    .digest('hex')
    .slice(0, 12)
}

/** Of a plan, a report or a help text the output is all there is; a reader that goes away (`| head`) has what it wanted. */
async function print(text: string): Promise<void> {
  output.write(text)
  await setImmediate()
  const failure = output.failure()
  if (failure === null || ('code' in failure && failure.code === 'EPIPE')) return
  throw new ApplyError([
    {
      application: null,
      field: 'standard output',
      message: `cannot be written: ${failure.message}.`,
      remedy: 'Nothing was changed. Free the disk, or write elsewhere.',
    },
  ])
}

async function main(): Promise<ExitCode> {
  const options = parseOptions(process.argv.slice(2))
  switch (options.command) {
    case 'help':
      await print(options.text)
      return EXIT.done
    case 'version':
      await print(`${TOOL_VERSION}\n`)
      return EXIT.done
    case 'apply':
      return runApply(options, readEnvironment(process.env))
    case 'plan':
      return runPlan(options, readEnvironment(process.env))
    case 'report':
      return runReport(options, readEnvironment(process.env))
    case 'destroy':
      return runDestroy(options, readEnvironment(process.env))
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof ProvisionError)) throw error
  const isJson = process.env['RDS_PROVISION_LOG'] === 'json'
  for (const problem of error.problems)
    errors.write(`${isJson ? printableJson({ type: 'problem', ...problem }) : oneLine(describeProblem(problem))}\n`)
  if (isGithubActions(process.env)) {
    const { problemsSummary } = await import('./audit/job-summary.ts')
    annotateProblems(error.problems, errors)
    writeJobSummary(problemsSummary(process.argv[2] ?? '', error.problems))
  }
  process.exitCode = error.exitCode
}
// What an interrupt leaves behind (a call to AWS, a connection being made) is not waited for; nor is what does not end by
// itself, such as a credential_process that hangs.
if (interrupt.aborted) process.exit()
setTimeout(() => {
  process.exit()
}, LINGER_MS).unref()
