/** What a run could not do although nothing refused it: told, and a problem of its application. */
import { toDraft } from '../../execute/draft.ts'
import type { Failure } from '../../execute/execute.ts'
import { ApplyError } from '../../errors.ts'
import { isKeptShut } from '../../model/keep-fields.ts'
import { leaveOut } from '../../model/leave-out.ts'
import type { Problem } from '../../model/problem.ts'
import { type Plan, planSteps, stepKey } from '../../model/step.ts'
import { subject } from '../../plan/context.ts'
import type { Connections } from '../../server/connections.ts'
import type { Inspection } from '../../server/inspect.ts'
import { describeSessions } from '../../server/session-counts.ts'
import type { RunContext } from '../context.ts'
import type { Setbacks } from '../end/setbacks.ts'
import { namedAfterOwner } from '../outcome.ts'
import type { Unknowable } from './ledger.ts'

/**
 * What is still to do after it was done.
 * @returns a problem for each step
 * @throws ApplyError where it concerns no application
 */
export function recordNotConverged(context: RunContext, plan: Plan, refused: readonly Failure[]): Problem[] {
  const problems = planSteps(plan).map((planned): Problem => {
    const step = namedAfterOwner(context.declaration, planned)
    const about = { application: step.application, field: step.object }
    const failure = refused.find((item) => stepKey(item.step) === stepKey(planned))
    const code = failure === undefined ? 'not_converged' : 'statement_failed'
    const message =
      failure === undefined ? `still to do after it was done: ${step.message}` : `${step.message}: ${failure.message}`
    const remedy =
      failure === undefined
        ? 'Something on the server undoes it, or the server ignores it without an error; look at the statements in the audit.'
        : 'Remove or rename what is in the way; the next run goes on from here.'
    context.recorder.record({ ...toDraft(step, [], 0, ''), status: 'failed', code, message })
    return { ...about, code, message: `${message}.`, remedy }
  })
  if (problems.some(({ application }) => application === null)) throw new ApplyError(problems)
  return problems
}

/** Names of declared databases that are there, and that nobody could look into. */
function unseenDatabases(
  { declaration }: Pick<RunContext, 'declaration'>,
  { actual: { cluster, interiors } }: Inspection,
): ReadonlySet<string> {
  const names = declaration.databases.map(({ name }) => name)
  return new Set(names.filter((name) => cluster.databases.has(name) && !interiors.has(name)))
}

/** Names of declared databases that nobody is to look into. */
function keptShutDatabases(
  { declaration }: Pick<RunContext, 'declaration'>,
  { actual: { cluster } }: Inspection,
): ReadonlySet<string> {
  return new Set(declaration.databases.filter((database) => isKeptShut(database, cluster)).map(({ name }) => name))
}

/** What a plan from this inspection does not tell of. */
export function unknowableIn(
  context: Pick<RunContext, 'declaration'>,
  inspection: Inspection,
  { leftOut }: Pick<Setbacks, 'leftOut'>,
): Unknowable {
  return {
    leftOut,
    unseen: unseenDatabases(context, inspection),
    keptShut: keptShutDatabases(context, inspection),
  }
}

/**
 * Databases that are there and that nobody could look into: what is in them is not known to be as declared, whatever
 * else was done (src/README.md: Full databases).
 * @returns a problem for each
 */
export async function recordUnseen(
  context: RunContext,
  server: Connections,
  inspection: Inspection,
  { leftOut }: Setbacks,
): Promise<Problem[]> {
  const names = unseenDatabases(context, inspection)
  const kept = keptShutDatabases(context, inspection)
  const missing = leaveOut(context.declaration, leftOut).databases.filter(
    ({ name }) => names.has(name) && !kept.has(name),
  )
  const problems: Problem[] = []
  for (const { name, owner } of missing) {
    const reason = inspection.actual.unseen.get(name)?.reason ?? 'its inside was not seen'
    const there = await describeSessions(server.admin, name)
    const message = `could not look inside ${name} (${reason})${there}: what is in it was neither checked nor changed.`
    const remedy = 'Free a connection, or raise database_connection_limit, and run again.'
    const code = 'unseen_database'
    context.recorder.record({
      ...subject(owner, 'database'),
      action: 'look inside',
      status: 'failed',
      code,
      durationMs: 0,
      message: `${message} ${remedy}`,
      statements: [],
    })
    problems.push({ application: owner.name, code, field: 'database', message, remedy })
  }
  return problems
}
