import { oneLine } from '../audit/one-line.ts'
import { EXIT, type ExitCode, InvalidInputError } from '../errors.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { Options } from '../input/options.ts'
import { print } from './output.ts'
import type { CommandProcess } from './process.ts'
import { beginRun, createLookDependencies } from './run.ts'
import { writeText } from './write-text.ts'

/** `rds-provision report`. @throws ProvisionError where no report could be made. */
export async function runReport(
  process: CommandProcess,
  options: Extract<Options, { command: 'report' }>,
  environment: RunEnvironment,
): Promise<ExitCode> {
  const needsInput = options.connect || options.input !== null || environment.input !== null
  if (!needsInput && environment.problems.length > 0) throw new InvalidInputError(environment.problems)
  const begun = needsInput
    ? await beginRun(process, environment, { command: 'report', input: options.input, needsBuildId: () => false })
    : null
  if (begun !== null && begun.error !== null) throw begun.error
  const [{ makeReport }, { foldersOf }, { renderReport }] = await Promise.all([
    import('../run/report.ts'),
    import('../report/folders.ts'),
    import('../report/render.ts'),
  ])
  const declared = {
    governanceDir: begun?.parsed.declaration.governanceDir ?? null,
    auditDir: begun?.parsed.auditDir ?? null,
  }
  const dependencies = await createLookDependencies(process, environment)
  const report = await makeReport({
    options,
    folders: foldersOf(options, declared, process.cwd()),
    server:
      options.connect && begun !== null
        ? { declaration: begun.parsed.declaration, identity: begun.identity, dependencies }
        : null,
    now: new Date(),
  })
  const text = renderReport(report, options.format, options.sections)
  if (options.output === null) await print(process, text)
  else await writeText(options.output, '--output', text)
  if (options.output !== null || options.format !== 'text') {
    for (const sentence of report.wrong) process.errors.write(`${oneLine(sentence)}\n`)
  }
  return report.wrong.length > 0 ? EXIT.failed : EXIT.done
}
