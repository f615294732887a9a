/** A run that the function does, as if it were done here: records as they come, and a result with all of them. */
import { createRecorder, countStatuses } from '../../audit/recorder.ts'
import { governanceOf, type RunResult } from '../../audit/result.ts'
import { ApplyError, BlockedError, EXIT, type ProvisionError } from '../../errors.ts'
import type { AuditDocument, AuditRecord } from '../../model/audit.ts'
import type { ParsedInput } from '../../input/parse.ts'
import type { RunIdentity } from '../../model/run.ts'
import type { Dependencies } from '../../run/context.ts'
import { blockedRecords, notBegunRecords } from '../../run/end/records.ts'
import { SNAPSHOT_TIMEOUT_MS } from '../../run/dependencies.ts'
import { toProvisionError } from '../../run/end/provision-error.ts'
import type { Again, EndedLine } from '../answer.ts'
import type { FunctionRequest, Resume, Turn, TurnlessRequest } from '../protocol.ts'
import type { FunctionClient, Lost } from './ask.ts'

export interface RemoteRun {
  readonly client: FunctionClient
  readonly request: TurnlessRequest
  readonly parsed: ParsedInput
  readonly identity: RunIdentity
}

/**
 * Has the function do the run, in as many turns as it takes.
 * @returns the audit, whatever the outcome; @throws only what is a defect of this program.
 */
export async function runThere(run: RemoteRun, dependencies: Dependencies): Promise<RunResult> {
  const records: AuditRecord[] = []
  try {
    const line = await askInTurns(run, dependencies, records)
    return resultOf(run, dependencies, line, records)
  } catch (thrown) {
    return failedResult(run, dependencies, toProvisionError(thrown), records)
  }
}

async function askInTurns(run: RemoteRun, dependencies: Dependencies, records: AuditRecord[]): Promise<EndedLine> {
  const started = Date.now()
  let resume: Resume | null = null
  let approved = run.request.approved_plan
  let waited = 0
  for (let turn = 1; ; turn += 1) {
    const before = records.length
    const line = await askTurn(run, dependencies, records, { turn, resume, approved_plan: approved, waited_ms: waited })
    const { again, begun } = line
    const isMoving = records.slice(before).some(({ status }) => CHANGES.has(status))
    if (again === null || dependencies.signal.aborted || !mayGoOn(run, again, isMoving, Date.now() - started))
      return line
    waited = line.run.server_version === null ? Date.now() - started : 0
    // The function proves it anew, by the digest: what travels is trusted by nobody.
    if (approved !== null && begun !== null) approved = { plan: begun.plan ?? approved.plan, is_begun: true }
    resume = again.why === 'snapshot' ? again.resume : null
    dependencies.progress(WHY[again.why])
  }
}

const CHANGES: ReadonlySet<string> = new Set(['created', 'updated', 'removed'])

const WHY = {
  time: "the function's time was over; another turn goes on",
  snapshot: 'the snapshot is being made; another turn goes on when it can',
} as const

/** As long as a removal waits for its snapshot, and some minutes for what it does besides. */
const SNAPSHOT_LIMIT_MS = SNAPSHOT_TIMEOUT_MS + 900_000

/** Who only waits may do so as long as the declaration says. */
function mayGoOn({ parsed: { declaration } }: RemoteRun, { why }: Again, isMoving: boolean, waitedMs: number): boolean {
  const { connectTimeoutSeconds, lockTimeoutSeconds } = declaration
  if (why === 'snapshot') return waitedMs < SNAPSHOT_LIMIT_MS
  return isMoving || waitedMs < (connectTimeoutSeconds + lockTimeoutSeconds) * 1000
}

async function askTurn(
  { client, request }: RemoteRun,
  { sinks, progress, signal }: Dependencies,
  records: AuditRecord[],
  turn: Turn & Pick<FunctionRequest, 'approved_plan'>,
): Promise<EndedLine> {
  const before = records.length
  const answer = await client.ask(
    { ...request, ...turn },
    {
      line: (line) => {
        if (line.type === 'progress') progress(line.message)
        if (line.type !== 'record') return
        records.push(line.record)
        for (const sink of sinks) sink(line.record, line.quiet)
      },
      progress,
      signal,
    },
  )
  if (answer.type === 'ended' && answer.records === records.length - before) return answer
  if (answer.type === 'lost') throw lost(client.name, request.variables['RDS_PROVISION_RUN_ID'] ?? '', answer)
  throw lost(client.name, '', { type: 'lost', why: 'the answer is not that of a run', requestId: null })
}

function lost(name: string, runId: string, { why, requestId }: Lost): ApplyError {
  const log = name.replace(/^arn:.*:function:/, '').replace(/:.*$/, '')
  const by = requestId === null ? `the run id ${runId}` : `the request ${requestId} and the run id ${runId}`
  return new ApplyError([
    {
      application: null,
      code: 'function_lost',
      field: 'runner',
      message: `the answer of the function ${name} broke off (${why}): the function may go on, and this audit holds only what was told before.`,
      remedy: `The rest is in the function's log, /aws/lambda/${log}, under ${by}. Run again: the next run goes on from there.`,
    },
  ])
}

/** The run began here; what the function says of it stands. */
function resultOf(
  { parsed: { declaration }, identity }: RemoteRun,
  { now }: Dependencies,
  { run, problems, matrix }: EndedLine,
  records: readonly AuditRecord[],
): RunResult {
  const started = identity.startedAt.getTime()
  const finished = Math.max(started, now().getTime())
  // What a turn before has changed is of this run too.
  const isChanged = records.some(({ status }) => CHANGES.has(status))
  const outcome = run.outcome === 'no_change' && isChanged ? 'changed' : run.outcome
  const document: AuditDocument = {
    schema_version: 1,
    run: {
      ...run,
      outcome,
      started_at: identity.startedAt.toISOString(),
      finished_at: new Date(finished).toISOString(),
      duration_ms: finished - started,
    },
    records: [...records],
    summary: countStatuses(records),
  }
  return { document, problems, governance: governanceOf(declaration, matrix) }
}

function failedResult(
  { parsed: { declaration }, identity }: RemoteRun,
  { now, sinks }: Dependencies,
  error: ProvisionError,
  seen: readonly AuditRecord[],
): RunResult {
  const { environment, clusterName, instance } = declaration
  const records = [...seen]
  const keep = (record: AuditRecord): void => void records.push(record)
  const recorder = createRecorder({ identity, environment, clusterName, instance, now, sinks: [keep, ...sinks] })
  const { exitCode, problems } = error
  const isBlocked = error instanceof BlockedError
  // Of what the function did and could not tell nobody knows whether it was begun.
  const isKnown = !problems.some(({ code }) => code === 'function_lost')
  for (const draft of isBlocked ? blockedRecords(declaration, problems) : []) recorder.record(draft)
  for (const draft of isKnown ? notBegunRecords(declaration, records, error) : []) recorder.record(draft)
  const outcome = isBlocked ? 'blocked' : 'failed'
  const document = recorder.finish({ outcome, exitCode: exitCode === EXIT.done ? EXIT.failed : exitCode, problems })
  return {
    document: { ...document, records, summary: countStatuses(records) },
    problems,
    governance: governanceOf(declaration, null),
  }
}
