/** What the function does for a request that it may do. */
import type { Reporter } from '../../audit/reporter.ts'
import type { RunResult } from '../../audit/result.ts'
import { EXIT } from '../../errors.ts'
import { readAwsEnvironment } from '../../input/aws-environment.ts'
import { decodeInput } from '../../input/decode.ts'
import { packPlan } from '../../input/plan-file.ts'
import type { Variables } from '../../input/environment.ts'
import type { Actor } from '../../model/run.ts'
import type { Preview } from '../../preview/preview.ts'
import type { ClosedForSnapshot, Dependencies } from '../../run/context.ts'
import { removeAsAsked, previewAsAsked } from '../../run/destroy/as-asked.ts'
import { createDependencies, createDestroyDependencies } from '../../run/dependencies.ts'
import { TOOL_VERSION } from '../../version.ts'
import type { Again, EndedLine, GeneratedLine, Line, SectionsLine, ToldLine } from '../answer.ts'
import type { GenerateThere } from '../generated.ts'
import type { FunctionRequest } from '../protocol.ts'
import type { BegunRequest } from './begin.ts'

export interface RequestRun {
  readonly begun: BegunRequest
  readonly caller: Actor
  readonly executedAs: Actor
  readonly variables: Variables
  /** Until Lambda ends the process, at the beginning. */
  readonly remainingMs: number
  readonly send: (line: Line) => void
  readonly log: Reporter
}

/** For a run to end in order: statements in flight, and a server that does not answer, take ten seconds. */
const RESERVE_MS = 20_000
/** For a snapshot to be left to the next turn in peace: between two looks at it lie 15 seconds. */
const SNAPSHOT_RESERVE_MS = 60_000

/** Sends what came of it. @throws ProvisionError where a plan or report could not be made */
export async function runRequest(run: RequestRun): Promise<void> {
  const { send, remainingMs } = run
  const time = limitTime(remainingMs)
  const left: LeftToNext = { closed: null, begun: null }
  try {
    const dependencies = dependenciesOf(run, time, left)
    send(await lastLine(run, dependencies, { isUp: () => time.signal.aborted, left }))
  } finally {
    time.end()
  }
}

interface Time {
  readonly signal: AbortSignal
  /** Whether no new wait for a snapshot should be begun. */
  readonly isShort: () => boolean
  readonly end: () => void
}

/** A short time is divided likewise. */
function limitTime(remainingMs: number): Time {
  const controller = new AbortController()
  const start = Date.now()
  const timer = setTimeout(
    () => {
      controller.abort("the function's time is nearly up")
    },
    remainingMs - Math.min(RESERVE_MS, remainingMs / 2),
  )
  const shortAt = start + remainingMs - Math.min(SNAPSHOT_RESERVE_MS, remainingMs * 0.75)
  return {
    signal: controller.signal,
    isShort: () => Date.now() > shortAt,
    end: () => {
      clearTimeout(timer)
    },
  }
}

function dependenciesOf(
  { begun: { request, caFile }, caller, variables, send, log }: RequestRun,
  time: Time,
  left: LeftToNext,
): Dependencies {
  const { resume, approved_plan: approved } = request
  const own = variables['PGSSLROOTCERT'] ?? ''
  const common = createDependencies({
    signal: time.signal,
    progress: (message) => {
      send({ type: 'progress', message })
    },
    defaultCaFile: caFile ?? (own === '' ? null : own),
    awsEnvironment: readAwsEnvironment(variables),
  })
  return {
    ...common,
    actor: () => Promise.resolve(caller),
    sinks: [
      (record, quiet) => {
        send({ type: 'record', record, quiet })
      },
      (record, quiet) => {
        log.record(record, quiet)
      },
    ],
    requestKey: `${request.id}/${String(request.turn)}`,
    turns: {
      resumed: resume === null ? null : { closedAt: resume.closed_at, databases: resume.databases },
      isOver: time.isShort,
      suspend: (closed) => {
        left.closed = closed
      },
    },
    planTurns: {
      isBegun: approved?.is_begun === true,
      begin: (plan) => {
        left.begun = { plan: (approved?.plan ?? null) === null && plan.effects !== null ? packPlan(plan) : null }
      },
    },
  }
}

/** What the next turn goes on with. */
interface LeftToNext {
  closed: ClosedForSnapshot | null
  begun: EndedLine['begun']
}

interface TurnEnd {
  readonly isUp: () => boolean
  readonly left: Readonly<LeftToNext>
}

async function lastLine(run: RequestRun, dependencies: Dependencies, end: TurnEnd): Promise<Line> {
  const { tell, report, generate } = run.begun.request
  if (generate !== null) return generatedLine(run, generate, dependencies)
  if (report !== null) return sectionsLine(run, report, dependencies)
  if (tell !== null) return toldLine(await previewOf(run, dependencies), tell)
  const result = await resultOf(run, dependencies)
  const line = endedLine(run, result, end)
  run.log.finish({ ...result.document, run: line.run }, result.problems, [])
  return line
}

async function previewOf({ begun }: RequestRun, dependencies: Dependencies): Promise<Preview> {
  const { request, parsed, identity, environment } = begun
  if (request.removal !== null)
    return previewAsAsked({ removal: request.removal, environment, parsed, identity }, dependencies)
  const { previewApply } = await import('../../run/plan.ts')
  return previewApply(parsed.declaration, identity, dependencies)
}

async function resultOf({ begun }: RequestRun, dependencies: Dependencies): Promise<RunResult> {
  const { request, parsed, identity, environment } = begun
  if (request.removal !== null)
    return removeAsAsked(
      { removal: request.removal, environment, parsed, identity },
      createDestroyDependencies(dependencies, request.run_group),
    )
  if (request.command === 'prepare-upgrade') {
    const { prepareUpgrade } = await import('../../run/upgrade/prepare.ts')
    return prepareUpgrade(parsed.declaration, identity, dependencies)
  }
  const { apply } = await import('../../run/apply/apply.ts')
  return apply(parsed.declaration, identity, dependencies)
}

function endedLine({ executedAs }: RequestRun, result: RunResult, { isUp, left }: TurnEnd): EndedLine {
  const { document, problems, governance } = result
  return {
    type: 'ended',
    tool_version: TOOL_VERSION,
    run: { ...document.run, executed_as: executedAs },
    problems,
    matrix: governance?.matrix ?? null,
    records: document.records.length,
    again: document.run.exit_code === EXIT.done ? null : againOf(isUp(), left.closed),
    begun: left.begun,
  }
}

/** Whatever failed once the time was nearly up may have failed for it. */
function againOf(isUp: boolean, closed: ClosedForSnapshot | null): Again | null {
  if (closed !== null)
    return { why: 'snapshot', resume: { closed_at: closed.closedAt, databases: [...closed.databases] } }
  return isUp ? { why: 'time' } : null
}

async function toldLine(preview: Preview, tell: NonNullable<FunctionRequest['tell']>): Promise<ToldLine> {
  const [{ previewText }, { previewJson }, { previewSummary }] = await Promise.all([
    import('../../preview/text.ts'),
    import('../../preview/json.ts'),
    import('../../preview/summary.ts'),
  ])
  const { json, document, colour, list_unchanged: listUnchanged } = tell
  return {
    type: 'told',
    text: json ? previewJson(preview) : previewText(preview, { colour, listUnchanged }),
    document: document ? previewJson(preview) : null,
    summary: previewSummary(preview),
    blocked: preview.blocked,
    changes: preview.plan.jobs.length,
  }
}

async function sectionsLine(
  { begun: { parsed, identity } }: RequestRun,
  report: NonNullable<FunctionRequest['report']>,
  dependencies: Dependencies,
): Promise<SectionsLine> {
  const server = { declaration: parsed.declaration, identity, dependencies }
  if (report.review) {
    const { lookForReview } = await import('../../run/review.ts')
    return { type: 'sections', sections: await lookForReview(server) }
  }
  const { lookForReport } = await import('../../run/report.ts')
  const {
    known,
    review: _,
    expires_within_days: expiresWithinDays,
    secrets_older_than_days: secretsOlderThanDays,
    ...criteria
  } = report
  const sections = await lookForReport(
    server,
    { criteria, expiresWithinDays, secretsOlderThanDays },
    new Set(known),
    new Date(),
  )
  return { type: 'sections', sections }
}

async function generatedLine(
  { begun: { parsed, identity, request } }: RequestRun,
  { database, resources }: GenerateThere,
  dependencies: Dependencies,
): Promise<GeneratedLine> {
  const { generateAsAsked } = await import('../../run/generate.ts')
  const asked = { declaration: parsed.declaration, identity, text: decodeInput(request.input), database, resources }
  return { type: 'generated', generated: await generateAsAsked(asked, dependencies) }
}
