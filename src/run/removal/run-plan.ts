/** Runs one plan of a removal: no other round mends what the server refuses. */
import { toDraft } from '../../execute/draft.ts'
import { execute, type Execution, type Failure } from '../../execute/execute.ts'
import { ApplyError } from '../../errors.ts'
import type { Problem } from '../../model/problem.ts'
import type { Plan, Step } from '../../model/step.ts'
import type { Connections } from '../../server/connections.ts'
import { describeSessions } from '../../server/session-counts.ts'
import { assertApplied, recordUnknown } from '../outcome.ts'
import type { RunContext } from '../context.ts'

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: invalid_catalog_name, undefined_object */
const NO_DATABASE = '3D000'
const NO_OBJECT = '42704'

function isGone({ code, isGone: hasVanished }: Failure): boolean {
  return code === NO_DATABASE || code === NO_OBJECT || hasVanished === true
}

/** @throws ApplyError */
export async function runRemovalPlan(context: RunContext, server: Connections, plan: Plan): Promise<void> {
  const { signal, progress } = context.dependencies
  const execution = await execute(server, plan, {
    signal,
    progress,
    maxConnections: context.declaration.maxConnections,
    waits: { ms: 0 },
    record: (draft) => {
      context.recorder.record(draft)
    },
  })
  await settleRemovalPlan(context, server, execution)
}

/** Tells what running a plan came to. @throws ApplyError where it is not done */
export async function settleRemovalPlan(context: RunContext, server: Connections, execution: Execution): Promise<void> {
  // No other round looks again: what the server refused is told as it is, and what is gone already is what was wanted.
  const failures = execution.failures.filter((failure) => !isGone(failure))
  const gone = execution.failures.filter(isGone)
  const isMoot = ({ database, username }: Step): boolean =>
    gone.some(({ code, step }) => step.database === database && (code === NO_DATABASE || step.username === username))
  const [moot, skipped] = [execution.skipped.filter(isMoot), execution.skipped.filter((step) => !isMoot(step))]
  for (const { step, message } of gone)
    context.recorder.record({ ...toDraft(step, [], 0, ''), status: 'skipped', message: `${step.message}: ${message}` })
  for (const step of moot) {
    const message = `${step.message}: not done, since what something beside it was about is gone`
    context.recorder.record({ ...toDraft(step, [], 0, ''), status: 'skipped', message })
  }
  const withNames = await Promise.all(
    failures.map(async (failure) => ({
      ...failure,
      message: failure.message + (await describeSessions(server.admin, failure.step.database)),
    })),
  )
  recordUnknown((draft) => {
    context.recorder.record(draft)
  }, execution.unknown.flat())
  assertApplied(context, { ...execution, skipped, failures: withNames }, () => false)
  const open = [...execution.unknown.flat(), ...skipped]
  if (execution.lost !== null || open.length > 0)
    throw connectionBroke(
      execution.lost?.message ?? 'the connection broke',
      open.map((step) => step.message),
    )
}

function connectionBroke(message: string, open: readonly string[]): ApplyError {
  const what = open.length === 0 ? '' : ` Not known to be done: ${open.join('; ')}.`
  return new ApplyError([
    {
      application: null,
      code: 'connection_lost',
      field: 'run',
      message: `the connection to the server was lost: ${message}.${what}`,
      remedy: 'Run again: it goes on from there.',
    },
  ])
}

/** What the server refused of single applications. @throws what concerns the run */
export async function problemsOf(running: Promise<void>): Promise<readonly Problem[]> {
  try {
    await running
    return []
  } catch (error) {
    if (!(error instanceof ApplyError) || error.problems.some(({ application }) => application === null)) throw error
    return error.problems
  }
}
