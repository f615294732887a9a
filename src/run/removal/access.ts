/** The first thing that a removal does: whoever leaves gets in no more (src/README.md: Removal). */
import { setTimeout as sleep } from 'node:timers/promises'
import { execute, type Execution } from '../../execute/execute.ts'
import type { Problem } from '../../model/problem.ts'
import { membersOf } from '../../model/members.ts'
import type { Departure } from '../../model/removal.ts'
import { planAccessEnd } from '../../plan/closing.ts'
import type { RemovalInput } from '../../plan/removal.ts'
import type { Connections } from '../../server/connections.ts'
import { type EndedSessions, endHidden, endSessions } from '../../server/end-sessions.ts'
import { recordFindings } from '../outcome.ts'
import type { RunContext } from '../context.ts'
import { problemsOf, settleRemovalPlan } from './run-plan.ts'

/** While a statement waits for a lock of a session that leaves, that is ended as often as it comes back. */
const END_EVERY_MS = 100

/**
 * Logins that go may not log in, their members are members no more, and the sessions of both end, those included that
 * hide in start-up. An open transaction of theirs holds nothing up.
 * @param onClosed called for each login as soon as it is closed, whatever goes wrong after that
 * @returns what failed, each of one application
 * @throws ApplyError where it concerns the run
 */
export async function endAccess(
  context: RunContext,
  server: Connections,
  removal: Pick<RemovalInput, 'cluster' | 'departures'>,
  onClosed: (departure: Departure) => void,
): Promise<readonly Problem[]> {
  if (removal.departures.length === 0) return []
  const plan = planAccessEnd(removal)
  const logins = removal.departures.flatMap((departure) => loginsOf(removal, departure))
  const run = (): Promise<Execution> =>
    execute(server, plan, {
      ...context.dependencies,
      maxConnections: context.declaration.maxConnections,
      waits: { ms: 0 },
      record: (draft) => {
        context.recorder.record(draft)
      },
    })
  if (plan.jobs.length > 0) await endSessions(server.admin, { logins, databases: [] })
  const first = await run()
  const isHeldUp = first.lost === null && first.failures.some(({ code }) => code === LOCK_NOT_AVAILABLE)
  const execution = isHeldUp ? await whileEnding(server, logins, run) : first
  for (const departure of removal.departures.filter(({ username }) => !isLeftOpen(execution, username)))
    onClosed(departure)
  const failed = await problemsOf(settleRemovalPlan(context, server, execution))
  recordFindings(context.recorder, plan.findings, new Set())
  for (const departure of removal.departures) await endSessionsOf(context, server, removal, departure)
  return [...failed, ...(await findHiding(server, removal.departures))]
}

/** Whether the statement that closes a login was refused or never sent. One without an answer may have closed it. */
function isLeftOpen({ failures, skipped }: Execution, username: string): boolean {
  return [...failures.map(({ step }) => step), ...skipped].some(
    (step) => step.kind === 'close_login' && step.username === username,
  )
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const LOCK_NOT_AVAILABLE = '55P03'

async function whileEnding<T>(server: Connections, logins: readonly string[], run: () => Promise<T>): Promise<T> {
  const login = await server.adminLogin(server.admin.database)
  return server.withSession(login, async (session) => {
    const running = { is: true }
    const ending = (async () => {
      while (running.is) {
        await endSessions(session, { logins, databases: [] })
        await sleep(END_EVERY_MS)
      }
    })()
    try {
      return await run()
    } finally {
      running.is = false
      await ending
    }
  })
}

function loginsOf({ cluster }: Pick<RemovalInput, 'cluster'>, { username }: Departure): readonly string[] {
  return [
    username,
    ...[...membersOf(cluster.memberships, username)].filter((member) => member !== cluster.server.login),
  ]
}

async function endSessionsOf(
  context: RunContext,
  server: Connections,
  removal: Pick<RemovalInput, 'cluster'>,
  departure: Departure,
): Promise<void> {
  const logins = loginsOf(removal, departure)
  const sessions = await endSessions(server.admin, { logins, databases: [] })
  const members = logins.length === 1 ? '' : ' and of who could act as it'
  recordEnded(context, departure, sessions, `of ${departure.username}${members}`)
}

/** Nothing is recorded where nobody was there. */
export function recordEnded(
  { recorder }: RunContext,
  { application, database, username }: Departure,
  { ended, left }: EndedSessions,
  which: string,
): void {
  const about = { application, database, username, object: 'login', action: 'disconnect' } as const
  const draft = { ...about, durationMs: 0, statements: [] } as const
  if (ended > 0) recorder.record({ ...draft, status: 'updated', message: `${String(ended)} session(s) ${which} ended` })
  if (left === 0) return
  const message = `${String(left)} session(s) ${which} are still there: they may not be ended, or did not end in time`
  recorder.record({ ...draft, status: 'warning', message })
}

/** Before anything is called closed, or a snapshot is taken: nobody knows whose a session is that hides. */
export async function findHiding(server: Connections, departures: readonly Departure[]): Promise<readonly Problem[]> {
  const left = await endHidden(server.admin)
  return left.length === 0 ? [] : departures.map((departure) => hiding(departure, left))
}

function hiding({ application, username }: Departure, pids: readonly number[]): Problem {
  return {
    application,
    code: 'session_hides',
    field: 'destroy',
    message: `a session that may be of ${username} is in its start-up and could not be ended: process ${pids.join(', ')}.`,
    remedy: 'Wait for it to end, or give the delegated admin pg_signal_backend, and run again.',
  }
}
