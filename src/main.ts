/** The only file that touches arguments, environment and exit. */
import { concludeRun } from './audit/conclude.ts'
import { defaultAuditPath } from './audit/file.ts'
import { createGithubReporter, isGithubActions } from './audit/github.ts'
import { createJsonLinesReporter } from './audit/json-lines.ts'
import { createFileOutput, createOutput, wantsColour } from './audit/output.ts'
import { createRecorder } from './audit/recorder.ts'
import type { Reporter } from './audit/reporter.ts'
import { createTextReporter } from './audit/text.ts'
import { EXIT, type ExitCode, describeProblem, ProvisionError } from './errors.ts'
import { readEnvironment, type RunEnvironment } from './input/environment.ts'
import { type Options, parseOptions } from './input/options.ts'
import type { AuditRecord } from './model/audit.ts'
import { apply, type RunResult } from './run.ts'
import { awsDependencies } from './run/aws.ts'
import type { Dependencies } from './run/dependencies.ts'
import { preview } from './run/preview.ts'
import { start, type Start } from './run/start.ts'
import { TOOL_VERSION } from './version.ts'

// The SDK in the bundle is the one that was tested: what later ones will require concerns nobody who runs this one.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'

const output = createOutput(process.stdout)
const errors = createOutput(process.stderr)

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

function reportersFor(environment: RunEnvironment): Reporter[] {
  const { write } = output
  const lines = { write, insideTerraform: insideTerraform(environment) }
  const colour = wantsColour(process.env, process.stdout.isTTY)
  const main = environment.logFormat === 'json' ? createJsonLinesReporter(lines) : createTextReporter({ write, colour, listUnchanged: false })
  return isGithubActions(process.env) ? [main, githubReporter(lines)] : [main]
}

function githubReporter(lines: { readonly write: (text: string) => void; readonly insideTerraform: boolean }): Reporter {
  const file = process.env['GITHUB_STEP_SUMMARY'] ?? ''
  return createGithubReporter({ ...lines, writeSummary: file === '' ? () => undefined : createFileOutput(file).write })
}

function dependenciesFor(environment: RunEnvironment, reporters: readonly Reporter[]): Dependencies {
  const caFile = process.env['PGSSLROOTCERT'] ?? ''
  const { write } = environment.logFormat === 'json' ? errors : output
  return {
    ...awsDependencies,
    now: () => new Date(),
    signal: interruption(),
    sinks: [(record: AuditRecord) => reporters.forEach((reporter) => reporter.record(record))],
    progress: (line) => write(`${line}\n`),
    defaultCaFile: caFile === '' ? null : caFile,
  }
}

async function runApply(options: Extract<Options, { command: 'apply' }>, environment: RunEnvironment): Promise<ExitCode> {
  const reporters = reportersFor(environment)
  const dependencies = dependenciesFor(environment, reporters)
  const begun = await start({ command: 'apply', inputFile: options.input, variables: process.env, environment, cwd: process.cwd(), startedAt: new Date(), needsBuildId: () => true })
  const result = begun.parsed === null ? unusable(begun, dependencies) : await apply(begun.parsed.declaration, begun.run, dependencies)
  const governanceDir = begun.parsed?.declaration.governanceDir ?? null
  const document = await concludeRun({
    ...result,
    auditPath: options.auditFile ?? environment.auditFile ?? defaultAuditPath(process.cwd(), begun.run.runId),
    governance: governanceDir === null ? null : { dir: governanceDir, matrix: null },
    reporters,
    fallback: { write: output.write, insideTerraform: insideTerraform(environment) },
  })
  return document.run.exit_code as ExitCode
}

function unusable({ run, error }: Extract<Start, { parsed: null }>, { now, sinks }: Dependencies): RunResult {
  const recorder = createRecorder({ run, environment: null, clusterName: null, instance: null, now, sinks })
  return { recorder, end: { outcome: 'failed', exitCode: error.exitCode, error: error.message }, problems: error.problems }
}

async function runPlan(options: Extract<Options, { command: 'plan' }>, environment: RunEnvironment): Promise<ExitCode> {
  const dependencies = dependenciesFor(environment, [])
  const begun = await start({ command: 'plan', inputFile: options.input, variables: process.env, environment, cwd: process.cwd(), startedAt: new Date(), needsBuildId: () => false })
  if (begun.error !== null) throw begun.error
  const found = await preview(begun.parsed.declaration, begun.run, { ...dependencies, progress: (line) => errors.write(`${line}\n`) })
  const [{ previewText }, { previewJson }] = await Promise.all([import('./report/preview/text.ts'), import('./report/preview/json.ts')])
  output.write(options.json ? previewJson(found) : previewText(found, wantsColour(process.env, process.stdout.isTTY)))
  if (found.blocked.length > 0) return EXIT.blocked
  return options.detailedExitcode && found.plan.jobs.length > 0 ? EXIT.changes : EXIT.done
}

async function main(): Promise<ExitCode> {
  const options = parseOptions(process.argv.slice(2))
  switch (options.command) {
    case 'help':
      output.write(options.text)
      return EXIT.done
    case 'version':
      output.write(`${TOOL_VERSION}\n`)
      return EXIT.done
    case 'apply':
      return runApply(options, readEnvironment(process.env))
    case 'plan':
      return runPlan(options, readEnvironment(process.env))
    case 'destroy':
      throw new Error('destroy')
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof ProvisionError)) throw error
  for (const problem of error.problems) errors.write(`${describeProblem(problem)}\n`)
  process.exitCode = error.exitCode
}
