/** The removal over an open instance: look, check, close, remove, verify; and reopen where it went wrong. */
import type { Problem } from '../../model/problem.ts'
import { checkRemoval } from '../../guardrails/removal.ts'
import type { Cluster } from '../../model/catalog.ts'
import type { Departure, DepartureFinding, RemovalFacts, RemovalOrder } from '../../model/removal.ts'
import { type Plan, planSteps } from '../../model/step.ts'
import { openedBy, planAdmission, planClosingAgain } from '../../plan/admission.ts'
import { planAccessEnd, planClosing, planReopening } from '../../plan/closing.ts'
import { resolveDepartures } from '../../plan/departures.ts'
import { losesAccess, planDrops, planRevocation, type RemovalInput } from '../../plan/removal.ts'
import { planTemporary } from '../../plan/removal-temporary.ts'
import { planRoleEnds } from '../../plan/removal-ends.ts'
import { inspectCluster } from '../../server/inspect-cluster.ts'
import { droppedDatabases, inspectRemoval } from '../../server/inspect-removal.ts'
import type { Connections } from '../../server/connections.ts'
import { endSessions } from '../../server/end-sessions.ts'
import { awaitOpenTransactions } from '../../server/open-transactions.ts'
import { parseTag } from '../../model/tag.ts'
import { recordOpenTransactions } from '../outcome.ts'
import type { RunContext } from '../context.ts'
import { findHiding, recordEnded } from './access.ts'
import { isSnapshotted } from './context.ts'
import { problemsOf, runRemovalPlan } from './run-plan.ts'
import { awaitSuperusers } from './superusers.ts'

/** What one look at the instance found: `departures` are those that nothing stands in the way of. */
export interface Examination extends RemovalInput {
  readonly findings: readonly DepartureFinding[]
  /** What stands in the way of the others. */
  readonly obstacles: readonly Problem[]
}

/** Who is to go, before anything stands in the way. */
export interface Leaving extends Pick<RemovalInput, 'cluster' | 'departures'> {
  readonly findings: readonly DepartureFinding[]
  /** Whose tags disagree with what is asked for: they stay. */
  readonly problems: readonly Problem[]
}

/**
 * Who is to go by the order and the tags.
 * @param looks nothing will be removed.
 */
export async function findLeaving(
  { declaration, identity }: Pick<RunContext, 'declaration' | 'identity'>,
  { target, policy }: RemovalOrder,
  server: Connections,
  looks = false,
): Promise<Leaving> {
  const cluster = await inspectWholeCluster({ declaration }, server)
  const { mayDelete } = identity
  return { cluster, ...resolveDepartures({ declaration, target, policy, cluster, looks, mayDelete }) }
}

/**
 * Looks at what stands in the way of each; one that is blocked is looked at no more, and stays with all it has.
 * @param isAdmitted the admin was let in already: what cannot be seen by now is in the way
 */
export async function examine(
  { declaration, identity: { startedAt } }: Pick<RunContext, 'declaration' | 'identity'>,
  { cluster, departures, findings, problems }: Leaving,
  server: Connections,
  isAdmitted = false,
): Promise<Examination> {
  let going = departures
  const obstacles = [...problems]
  for (;;) {
    const facts = await inspectRemoval(server, cluster, going.filter(losesAccess))
    const examination = { declaration, cluster, departures: going, facts, findings, obstacles, startedAt }
    // What cannot be seen yet is looked at, and guarded, once the admin was let in again (src/README.md: The admin
    // locked out).
    const visible = isAdmitted ? facts : { ...facts, unseen: withoutAdmissible(examination) }
    const found = checkRemoval(declaration, cluster, going, visible)
    if (found.length === 0) return examination
    obstacles.push(...found)
    const stopped = new Set(found.map(({ application }) => application))
    going = going.filter(({ application }) => !stopped.has(application))
  }
}

/** Databases that cannot be looked into, and whose door is not ours to open. */
function withoutAdmissible(examination: RemovalInput): RemovalFacts['unseen'] {
  const ours = new Set(planSteps(planAdmission(examination)).map(({ database }) => database))
  return new Map([...examination.facts.unseen].filter(([name]) => !ours.has(name)))
}

/** Without what the declaration says of databases and logins. */
export async function inspectWholeCluster(
  { declaration }: Pick<RunContext, 'declaration'>,
  server: Connections,
): Promise<Cluster> {
  return inspectCluster(server.admin, { ...declaration, applications: [], databases: [] })
}

/** Everything that a removal will run, in order; what the preview prints is what the removal runs. */
export function planRemoval(examination: RemovalInput): {
  readonly access: Plan
  readonly admission: Plan
  readonly closing: Plan
  readonly removal: readonly Plan[]
  readonly closingAgain: Plan
} {
  return {
    access: planAccessEnd(examination),
    admission: planAdmission(examination),
    closing: planClosing(examination),
    removal: removalPlans.map((plan) => plan(examination)),
    closingAgain: planClosingAgain(openedBy(examination), examination.cluster.server),
  }
}

const removalPlans = [planRevocation, planTemporary, planDrops, planRoleEnds] as const

/**
 * Closes the databases that go to new sessions, and ends those that are there.
 * @returns what failed, each of one application; also where one that a snapshot is to hold whole has sessions left,
 *   which could write after it.
 * @throws ApplyError where it concerns the run
 */
export async function closeDatabases(
  context: RunContext,
  server: Connections,
  examination: Examination,
): Promise<readonly Problem[]> {
  if (examination.departures.length === 0) return []
  const failed = await problemsOf(runRemovalPlan(context, server, planClosing(examination)))
  const occupied: Problem[] = []
  for (const departure of examination.departures) {
    const { drops } = departure
    if (drops === null) continue
    const sessions = await endSessions(server.admin, { logins: [], databases: [drops] })
    recordEnded(context, departure, sessions, `in ${drops}`)
    if (sessions.left > 0 && isSnapshotted(departure)) occupied.push(stillOccupied(departure, drops, sessions.left))
  }
  return [...failed, ...occupied, ...(await findHiding(server, examination.departures))]
}

/**
 * Takes away, drops and looks whether it is gone.
 * @param onDone called for each whose policy was carried out
 * @returns what failed, each of one application
 * @throws ApplyError where it concerns the run
 */
export async function removeDepartures(
  context: RunContext,
  server: Connections,
  examination: Examination,
  superusersMs: number,
  onDone: (departure: Departure) => void,
): Promise<readonly Problem[]> {
  if (examination.departures.length === 0) return []
  await awaitSuperusers(context, server, droppedDatabases(examination.departures), superusersMs)
  const problems: Problem[] = []
  let { departures } = examination
  const run = async (plan: Plan): Promise<void> => {
    const failed = await problemsOf(runRemovalPlan(context, server, plan))
    problems.push(...failed)
    departures = departures.filter((item) => !failed.some(({ application }) => application === item.application))
  }
  let { facts } = examination
  for (let round = 1; round <= MAX_REVOCATIONS; round += 1) {
    const plan = planRevocation({ ...examination, departures, facts })
    if (plan.jobs.length === 0) break
    await run(plan)
    await awaitWriters(context, server, plan)
    facts = await inspectRemoval(server, examination.cluster, departures.filter(losesAccess))
  }
  await run(planTemporary({ ...examination, departures, facts }))
  await run(planDrops({ ...examination, departures, facts }))
  await run(planRoleEnds({ ...examination, departures, facts }))
  const left = await inspectWholeCluster(context, server)
  for (const departure of departures) {
    const unfinished = findUnfinished(left, departure)
    problems.push(...unfinished)
    if (unfinished.length === 0) onDone(departure)
  }
  return problems
}

/** What the policy was to do and the server does not show. */
function findUnfinished({ roles, databases }: Cluster, departure: Departure): Problem[] {
  const { application, username, drops, policy } = departure
  const role = roles.get(username)
  const left = {
    disable: role?.canLogin === true ? `role ${username} may still log in after it was disabled` : null,
    release: parseTag(role?.comment ?? null) === null ? null : `role ${username} still carries its tag`,
    delete: role === undefined ? null : `role ${username} is still there after it was removed`,
    'snapshot-and-delete': role === undefined ? null : `role ${username} is still there after it was removed`,
  }[policy]
  const database =
    drops !== null && databases.has(drops) ? `database ${drops} is still there after it was removed` : null
  return [left, database].flatMap((what) => (what === null ? [] : [unfinished(application, what)]))
}

/** What the owner creates or grants meanwhile is found by the next look; an owner may go on with it forever. */
const MAX_REVOCATIONS = 5

/** Whoever created something before default privileges were taken away may not have committed it yet. */
async function awaitWriters({ recorder }: RunContext, server: Connections, plan: Plan): Promise<void> {
  const steps = planSteps(plan).filter(({ object }) => object === 'default_privileges')
  const databases = [...new Set(steps.flatMap(({ database }) => database ?? []))]
  if (databases.length === 0) return
  const open = await awaitOpenTransactions(server.admin, databases)
  recordOpenTransactions(recorder, steps[0]?.application ?? null, open)
}

function stillOccupied({ application }: Departure, database: string, left: number): Problem {
  return {
    application,
    code: 'session_left',
    field: 'destroy',
    message: `${String(left)} session(s) in ${database} could not be ended: a snapshot would not hold what they write.`,
    remedy:
      'Nothing of it was dropped. Wait for them to end, or give the delegated admin pg_signal_backend, and run again.',
  }
}

function unfinished(application: string, what: string): Problem {
  return {
    application,
    code: 'not_converged',
    field: 'destroy',
    message: `${what}.`,
    remedy: 'Something on the server made it again; look at the statements in the audit and run again.',
  }
}

/**
 * Opens again what was closed, as far as it is still there.
 * @param logins also lets the logins in again
 * @throws whatever the server says
 */
export async function reopenDepartures(
  context: RunContext,
  server: Connections,
  departures: readonly Departure[],
  logins: boolean,
): Promise<void> {
  const cluster = await inspectWholeCluster(context, server)
  await runRemovalPlan(context, server, planReopening({ cluster, departures }, logins))
}
