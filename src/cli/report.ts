import { oneLine } from '../audit/one-line.ts'
import { EXIT, type ExitCode, InvalidInputError } from '../errors.ts'
import type { RunEnvironment } from '../input/environment.ts'
import type { Options } from '../input/options.ts'
import type { Report, Section } from '../report/report.ts'
import type { Folders } from '../report/sources/read.ts'
import type { Dependencies } from '../run/context.ts'
import type { AskedServer } from '../run/report.ts'
import type { ReviewRequest } from '../run/review.ts'
import type { StartedRun } from '../run/start.ts'
import { runGroupOf } from './group.ts'
import { print } from './output.ts'
import type { CommandProcess } from './process.ts'
import { functionOf, lookRemotely } from './remote.ts'
import { beginRun, createLookDependencies } from './run.ts'
import { writeText } from './write-text.ts'

type ReportCommand = Extract<Options, { command: 'report' }>

/** `rds-provision report`. @throws ProvisionError where no report could be made. */
export async function runReport(
  process: CommandProcess,
  options: ReportCommand,
  environment: RunEnvironment,
): Promise<ExitCode> {
  const needsInput = options.connect || options.input !== null || environment.input !== null
  if (!needsInput && environment.problems.length > 0) throw new InvalidInputError(environment.problems)
  const begun = needsInput
    ? await beginRun(process, environment, { command: 'report', input: options.input, needsBuildId: () => false })
    : null
  if (begun !== null && begun.error !== null) throw begun.error
  const [{ foldersOf }, { renderReport }] = await Promise.all([
    import('../report/folders.ts'),
    import('../report/render.ts'),
  ])
  const declared = {
    governanceDir: begun?.parsed.declaration.governanceDir ?? null,
    auditDir: begun?.parsed.auditDir ?? null,
  }
  const dependencies = await createLookDependencies(process, environment)
  const server = options.connect && begun !== null ? askedServer(process, options, begun, dependencies) : null
  const report = await reportFor(options, foldersOf(options, declared, process.cwd()), server)
  // The sheet stands last, behind what is wrong with the audit files.
  const wanted = options.review ? report.sections.map(({ id }) => id).slice(-1) : options.sections
  const text = renderReport(report, options.format, wanted)
  if (options.output === null) await print(process, text)
  else await writeText(options.output, '--output', text)
  if (options.output !== null || options.format !== 'text') {
    for (const sentence of report.wrong) process.errors.write(`${oneLine(sentence)}\n`)
  }
  return report.wrong.length > 0 ? EXIT.failed : EXIT.done
}

async function reportFor(
  options: ReportCommand,
  folders: Folders,
  server: (AskedServer & AskedReview) | null,
): Promise<Report> {
  const request = { options, folders, now: new Date() }
  if (options.review && server !== null) {
    const { makeReview } = await import('../run/review.ts')
    return makeReview({ ...request, server: { declaration: server.declaration, look: server.review } })
  }
  const { makeReport } = await import('../run/report.ts')
  return makeReport({ ...request, server })
}

interface AskedReview {
  readonly review: ReviewRequest['server']['look']
}

function askedServer(
  process: CommandProcess,
  options: ReportCommand,
  begun: Extract<StartedRun, { error: null }>,
  dependencies: Dependencies,
): AskedServer & AskedReview {
  const { parsed, identity } = begun
  const { declaration } = parsed
  const functionName = functionOf(options.runner, begun)
  const there = async (name: string, known: ReadonlySet<string>, review: boolean): Promise<readonly Section[]> => {
    const command = { functionName: name, begun, removal: null, runGroup: runGroupOf(process, begun) }
    return lookRemotely(process, command, { options, known, review }, dependencies)
  }
  return {
    declaration,
    look: async (known) => {
      if (functionName !== null) return there(functionName, known, false)
      const { lookForReport } = await import('../run/report.ts')
      return lookForReport({ declaration, identity, dependencies }, options, known, new Date())
    },
    review: async () => {
      if (functionName !== null) return there(functionName, new Set(), true)
      const { lookForReview } = await import('../run/review.ts')
      return lookForReview({ declaration, identity, dependencies })
    },
  }
}
