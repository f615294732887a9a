/** Runs one plan of a removal: no other round mends what the server refuses. */
import { execute, type Execution } from '../../execute/execute.ts'
import { ApplyError } from '../../errors.ts'
import type { Plan } from '../../model/step.ts'
import type { Connections } from '../../server/connections.ts'
import { sessions } from '../../server/removal-queries.ts'
import { readInteger, readText } from '../../server/row.ts'
import { assertApplied, recordUnknown } from '../outcome.ts'
import type { RunContext } from '../context.ts'

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
  const failures = execution.failures.filter(
    ({ code, isGone }) => code !== '3D000' && code !== '42704' && isGone !== true,
  )
  const withNames = await Promise.all(
    failures.map(async (failure) => ({
      ...failure,
      message: failure.message + (await describeSessions(server, failure.step.database)),
    })),
  )
  recordUnknown((draft) => {
    context.recorder.record(draft)
  }, execution.unknown.flat())
  assertApplied(context, { ...execution, failures: withNames }, () => false)
  const open = [...execution.unknown.flat(), ...execution.skipped]
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

async function describeSessions(server: Connections, database: string | null): Promise<string> {
  if (database === null || server.admin.lost !== null) return ''
  const [rows = []] = await server.admin.query([sessions([], [database])])
  if (rows.length === 0) return ''
  return ` (sessions in ${database}: ${rows.map((row) => `${readText(row, 'login')} ×${String(readInteger(row, 'count'))}`).join(', ')})`
}
