/** What all commands share: how a run begins, what it depends on, and how one that writes an audit ends. */
import { addAbortSignal } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { printableJson } from '../audit/json-lines.ts'
import { takeAuditPath } from '../audit/file.ts'
import type { Reporter } from '../audit/reporter.ts'
import type { RunResult } from '../audit/result.ts'
import { shortLine } from '../audit/one-line.ts'
import { type ExitCode, InvalidInputError } from '../errors.ts'
import { readAwsEnvironment } from '../input/aws-environment.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { ParsedInput } from '../input/parse.ts'
import type { Command } from '../model/run.ts'
import type { Dependencies } from '../run/context.ts'
import type { TerraformPlan } from '../run/read-input.ts'
import type { StartedRun } from '../run/start.ts'
import { auditFallback } from './output.ts'
import type { CommandProcess } from './process.ts'

export interface BeginOptions {
  readonly command: Command
  /** --input. */
  readonly input: string | null
  /** --terraform-plan; absent: not given. */
  readonly terraformPlan?: TerraformPlan | null
  /** --claim. */
  readonly claim?: string | null
  /** Whether this declaration needs a build id outside of dev. */
  readonly needsBuildId: (parsed: ParsedInput) => boolean
}

/** Reads the input and gives the run its identity; what is wrong with them is in `error`. */
export async function beginRun(
  { variables, cwd, input: standardInput, interrupt }: CommandProcess,
  environment: RunEnvironment,
  { command, input, terraformPlan = null, claim = null, needsBuildId }: BeginOptions,
): Promise<StartedRun> {
  const { startRun } = await import('../run/start.ts')
  return startRun({
    command,
    inputFile: input,
    terraformPlan,
    standardInput: () => addAbortSignal(interrupt, standardInput()),
    claim,
    variables,
    environment,
    cwd: cwd(),
    startedAt: new Date(),
    needsBuildId,
  })
}

/** The real AWS, the clock, and where records and progress go. */
export async function createRunDependencies(
  { variables, interrupt, output, errors }: CommandProcess,
  environment: RunEnvironment,
  reporters: readonly Reporter[],
): Promise<Dependencies> {
  const { createDependencies } = await import('../run/dependencies.ts')
  const caFile = variables['PGSSLROOTCERT'] ?? ''
  const isJson = environment.logFormat === 'json'
  return createDependencies({
    reporters,
    signal: interrupt,
    progress: (line) => {
      if (isJson) errors.write(`${printableJson({ type: 'progress', message: line })}\n`)
      else output.write(`${shortLine(line)}\n`)
    },
    defaultCaFile: caFile === '' ? null : caFile,
    awsEnvironment: readAwsEnvironment(variables),
  })
}

/** The same, for a command that only looks: its result is alone on standard output. */
export async function createLookDependencies(
  process: CommandProcess,
  environment: RunEnvironment,
): Promise<Dependencies> {
  const dependencies = await createRunDependencies(process, environment, [])
  return { ...dependencies, progress: (line) => process.errors.write(`${shortLine(line)}\n`) }
}

interface AuditPlace {
  /** --audit-file. */
  readonly auditFile: string | null
  /** Where the audit goes if neither option nor environment say. */
  readonly defaultPath: string
}

export interface PlaceOptions extends AuditPlace {
  readonly begun: StartedRun
}

/** The run as it began; with an error where its audit could not be written, so that nothing is changed. */
export async function withPlace(
  environment: RunEnvironment,
  { begun, auditFile, defaultPath }: PlaceOptions,
): Promise<StartedRun> {
  if (begun.error !== null) return begun
  const { checkAuditPlace } = await import('../audit/place.ts')
  const { environment: name, governanceDir } = begun.parsed.declaration
  const problems = await checkAuditPlace({
    auditPath: auditFile ?? environment.auditFile ?? defaultPath,
    governance: governanceDir === null ? null : { dir: governanceDir, environment: name },
  })
  return problems.length === 0 ? begun : { ...begun, error: new InvalidInputError(problems) }
}

export interface EndOptions extends AuditPlace {
  readonly result: RunResult
  readonly reporters: readonly Reporter[]
}

/** Writes audit and governance, lets the reporters finish. @returns the exit code that the audit tells. */
export async function endRun(
  process: CommandProcess,
  environment: RunEnvironment,
  { result, reporters, auditFile, defaultPath }: EndOptions,
): Promise<ExitCode> {
  const { concludeRun } = await import('../audit/conclude.ts')
  const document = await concludeRun(result, {
    auditPath: auditFile ?? environment.auditFile ?? (await takeAuditPath(defaultPath)),
    reporters,
    fallback: auditFallback(process, environment),
  })
  await tellBrokenOutput(process, document.run.error)
  return document.run.exit_code
}

/** Where nobody can read what went wrong on standard output, it stands on standard error. */
async function tellBrokenOutput({ output, errors }: CommandProcess, error: string | null): Promise<void> {
  await setImmediate()
  if (output.failure() === null || error === null) return
  for (const line of error.split('\n')) errors.write(`${shortLine(line)}\n`)
}
