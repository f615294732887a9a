/** A session keeps what it took on, so it ends when its login loses something (src/README.md: What a session keeps). */
import type { Execution, Failure } from '../../execute/execute.ts'
import type { Declaration } from '../../model/declaration.ts'
import { sharedLogins } from '../../model/logins.ts'
import { type Plan, planSteps, type Step, type Subject } from '../../model/step.ts'
import type { Connections } from '../../server/connections.ts'
import { endHidden, endSessions } from '../../server/end-sessions.ts'
import type { RunContext } from '../context.ts'

/** Whose sessions have to end. */
export interface Loss {
  readonly login: string
  /** Where they end: what another database's owner gave it unasked is no reason to end others. null: wherever. */
  readonly only: string | null
  readonly about: Pick<Subject, 'application' | 'database'>
}

/** What a record of ended sessions has alike. */
export const DISCONNECT = { object: 'login', action: 'disconnect', durationMs: 0, statements: [] } as const

/**
 * What a step takes from logins. Of a login that several applications use, what it loses in one database is no reason
 * to end what it does for another application.
 */
export function lossesBy(
  declaration: Declaration,
  { loser, loserMembers = [], shutOut = [], application: name, database, access, privileges }: Step,
): Loss[] {
  const about = { application: name, database }
  const shut = shutOut.map((login) => ({ login, only: database, about }))
  if (loser === undefined) return shut
  const application = declaration.applications.find((item) => item.name === name)
  const own = application === undefined ? database : application.database
  const shared = sharedLogins(declaration)
  // Privileges that are no level's are those of a role that nobody declares: elsewhere it is none of ours.
  const isUndeclared = access === undefined && privileges !== undefined
  const isEverywhere = (login: string): boolean =>
    !isUndeclared && own === database && (access === undefined || !shared.has(login))
  const lost = [loser, ...loserMembers].map((login) => ({ login, only: isEverywhere(login) ? null : database, about }))
  return [...lost, ...shut]
}

/** The steps of a plan that took effect. */
export function appliedSteps(plan: Plan, { failures, skipped, unknown }: Execution): readonly Step[] {
  const undone = new Set([...failures.map(({ step }) => step), ...skipped, ...unknown.flat()])
  return planSteps(plan).filter((step) => !undone.has(step))
}

/**
 * Ends the sessions of each login that lost something, and of nobody else.
 * @param losses is empty afterwards
 * @throws ConnectionLost; what was not ended by then stays in `losses`
 */
export async function endSessionsOfLosers(
  { recorder }: Pick<RunContext, 'recorder'>,
  server: Connections,
  losses: Map<string, Loss>,
): Promise<void> {
  if (losses.size === 0) return
  for (const [key, { login, only, about }] of losses) {
    const { ended, left } = await endSessions(server.admin, { logins: [login], only, databases: [] })
    const draft = { ...about, ...DISCONNECT, username: login }
    if (ended > 0) {
      const message = `${String(ended)} session(s) of ${login} ended: a session keeps what its login lost`
      recorder.record({ ...draft, status: 'updated', message })
    }
    if (left > 0) {
      const why = `${server.admin.login} may not end them, or they did not end in time`
      const message = `${String(left)} session(s) of ${login} keep what it lost until they end: ${why}`
      recorder.record({ ...draft, status: 'warning', message })
    }
    losses.delete(key)
  }
  await endHidden(server.admin)
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * A login that is to lose something must not keep it by holding a lock, be it on its own role, which comes before: its
 * sessions end, once in a run.
 * @param ended logins whose sessions were ended for that; gains those of this call
 * @returns the failures that are worth another round
 */
export async function endHolders(
  declaration: Declaration,
  server: Connections,
  plan: Plan,
  failures: readonly Failure[],
  ended: Set<string>,
): Promise<readonly Failure[]> {
  const losing = planSteps(plan).filter(({ loser }) => loser !== undefined && !ended.has(loser))
  const held = failures
    .filter(({ code }) => code === LOCK_NOT_AVAILABLE)
    .flatMap((failure) => {
      const loss = losing.find((step) => step === failure.step) ?? losing.find((step) => isOwnLoss(step, failure.step))
      return loss === undefined ? [] : [{ failure, loss }]
    })
  for (const { login, only } of held.flatMap(({ loss }) => lossesBy(declaration, loss))) {
    ended.add(login)
    await endSessions(server.admin, { logins: [login], only, databases: [] })
  }
  return held.map(({ failure }) => failure)
}

/** Whether the login that a step changes is the one that another step takes something from. */
function isOwnLoss({ loser, application }: Step, { username, application: changed }: Step): boolean {
  return loser === username && application === changed
}
