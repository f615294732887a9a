/** Where a command's words go: reporters, GitHub's summary page, standard output and standard error. */
import { setImmediate } from 'node:timers/promises'
import { createGithubReporter, isGithubActions } from '../audit/github.ts'
import { createJsonLinesReporter, type JsonLinesOptions } from '../audit/json-lines.ts'
import { createFileOutput, wantsColour } from '../audit/output.ts'
import type { Reporter, Write } from '../audit/reporter.ts'
import { createTextReporter } from '../audit/text.ts'
import { ApplyError } from '../errors.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { CommandProcess } from './process.ts'

/** The module tells where the audit goes; nobody else sets that variable in passing. */
function isInsideTerraform(environment: RunEnvironment): boolean {
  return environment.auditFile !== null
}

/** The reporters of a run: text or JSON lines, and GitHub's annotations beside them. */
export function createReporters(
  { output, errors, variables, isTerminal }: CommandProcess,
  environment: RunEnvironment,
  listUnchanged = environment.logFormat === 'verbose',
): Reporter[] {
  const { write } = output
  const lines = { write, insideTerraform: isInsideTerraform(environment) }
  const colour = wantsColour(variables, isTerminal)
  const isJson = environment.logFormat === 'json'
  const main = isJson ? createJsonLinesReporter(lines) : createTextReporter({ write, colour, listUnchanged })
  if (!isGithubActions(variables)) return [main]
  // The runner reads standard error too: so JSON lines stay alone on standard output.
  const beside = isJson ? { ...lines, write: errors.write } : lines
  return [main, createGithubReporter({ ...beside, writeSummary: jobSummaryWriter(variables) })]
}

/** Where the audit goes when its file cannot be written. JSON lines are the audit already: twice would be counted twice. */
export function auditFallback({ output }: CommandProcess, environment: RunEnvironment): JsonLinesOptions | null {
  if (environment.logFormat === 'json') return null
  return { write: output.write, insideTerraform: isInsideTerraform(environment) }
}

/** Appends to the summary page of a GitHub job, where there is one. */
export function jobSummaryWriter(variables: CommandProcess['variables']): Write {
  const file = variables['GITHUB_STEP_SUMMARY'] ?? ''
  return (text) => {
    if (file !== '') createFileOutput(file).write(text)
  }
}

/**
 * Of a plan, a report or a help text the output is all there is; a reader that goes away (`| head`) has what it wanted.
 * @throws ApplyError (exit 1) where standard output cannot be written.
 */
export async function print({ output }: CommandProcess, text: string): Promise<void> {
  output.write(text)
  await setImmediate()
  const failure = output.failure()
  if (failure === null || ('code' in failure && failure.code === 'EPIPE')) return
  throw new ApplyError([
    {
      application: null,
      code: 'output_unwritable',
      field: 'standard output',
      message: `cannot be written: ${failure.message}.`,
      remedy: 'Nothing was changed. Free the disk, or write elsewhere.',
    },
  ])
}
