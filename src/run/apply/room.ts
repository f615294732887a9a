/** Room in databases that are full, for the time of a run (src/README.md: Full databases). */
import { execute, type Failure } from '../../execute/execute.ts'
import type { Cluster } from '../../model/catalog.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { Job, Plan, Step } from '../../model/step.ts'
import { planRoomBack } from '../../plan/room.ts'
import type { Connections } from '../../server/connections.ts'
import type { RunContext } from '../context.ts'
import type { Setbacks } from '../end/setbacks.ts'
import { recordFailures } from '../outcome.ts'
import type { Ledger } from './ledger.ts'

/** @param applied what took effect just now */
export function noteRoom(rooms: Setbacks['rooms'], applied: readonly Step[]): void {
  for (const { kind, database } of applied) if (kind === 'make_room' && database !== null) rooms.set(database, 'made')
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const TOO_MANY_CONNECTIONS = '53300'

/**
 * A database that filled up between look and step gets room, once in a run.
 * @returns the failures that are worth another round
 */
export function findFull(
  { databases }: Declaration,
  failures: readonly Failure[],
  rooms: Setbacks['rooms'],
): readonly Failure[] {
  const limited = new Set(databases.filter(({ connectionLimit }) => connectionLimit >= 0).map(({ name }) => name))
  const full = failures.filter(
    ({ code, step: { database } }) =>
      code === TOO_MANY_CONNECTIONS && database !== null && limited.has(database) && !rooms.has(database),
  )
  for (const { database } of full.map(({ step }) => step)) if (database !== null) rooms.set(database, 'wanted')
  return full
}

/** What is still to do so that each database has the connections that are declared. */
function roomToTakeBack({ databases }: Declaration, cluster: Cluster, rooms: Setbacks['rooms']): readonly Job[] {
  return planRoomBack(
    cluster,
    databases.filter(({ name }) => rooms.has(name)),
  )
}

/** A plan with what is left for the end of the run, so that nothing counts as done that is still to do. */
export function withRoomBack(plan: Plan, declaration: Declaration, cluster: Cluster, rooms: Setbacks['rooms']): Plan {
  return { ...plan, jobs: [...plan.jobs, ...roomToTakeBack(declaration, cluster, rooms)] }
}

/**
 * The last thing of a run: each database has the connections that are declared.
 * @throws ConnectionLost, ConnectFailure; ApplyError where the run was interrupted
 */
export async function takeRoomBack(
  context: RunContext,
  server: Connections,
  cluster: Cluster,
  { ledger, setbacks }: { readonly ledger: Ledger; readonly setbacks: Setbacks },
): Promise<void> {
  const jobs = roomToTakeBack(context.declaration, cluster, setbacks.rooms)
  if (jobs.length === 0) return
  const { signal, progress } = context.dependencies
  const execution = await execute(
    server,
    { findings: [], jobs },
    {
      signal,
      progress,
      maxConnections: context.declaration.maxConnections,
      waits: ledger.waits,
      record: (draft) => {
        ledger.record(draft)
      },
    },
  )
  ledger.resend({ findings: [], jobs }, execution)
  if (execution.lost !== null && !signal.aborted) throw execution.lost
  const failed = recordFailures(context, execution, () => false)
  setbacks.fail(failed.filter(({ application }) => application === null || !setbacks.leftOut.has(application)))
}
