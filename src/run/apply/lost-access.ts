/** A session keeps what it took on, so it ends when its login loses something (src/README.md: What a session keeps). */
import type { Execution, Failure } from '../../execute/execute.ts'
import { type Plan, planSteps, type Step } from '../../model/step.ts'
import type { Connections } from '../../server/connections.ts'
import { endHidden, endSessions } from '../../server/end-sessions.ts'
import type { RunContext } from '../context.ts'

/**
 * Ends the sessions of each login that lost something by a step that took effect, and of nobody else.
 * @throws ConnectionLost
 */
export async function endSessionsOfLosers(
  { recorder }: RunContext,
  server: Connections,
  plan: Plan,
  { failures, skipped, unknown, lost }: Execution,
): Promise<void> {
  if (lost !== null) return
  const undone = new Set([...failures.map(({ step }) => step), ...skipped, ...unknown.flat()])
  const losses = new Map<string, Step>()
  for (const step of planSteps(plan)) if (step.loser !== undefined && !undone.has(step)) losses.set(step.loser, step)
  for (const [login, { application, database }] of losses) {
    const { ended, left } = await endSessions(server.admin, { logins: [login], databases: [] })
    const about = { application, database, username: login, object: 'login', action: 'disconnect' } as const
    const rest = { durationMs: 0, statements: [] }
    if (ended > 0) {
      const message = `${String(ended)} session(s) of ${login} ended: a session keeps what its login lost`
      recorder.record({ ...about, ...rest, status: 'updated', message })
    }
    if (left > 0) {
      const message = `${String(left)} session(s) of ${login} keep what it lost until they end: ${server.admin.login} may not end them`
      recorder.record({ ...about, ...rest, status: 'warning', message })
    }
  }
  if (losses.size > 0) await endHidden(server.admin)
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * A login that is to lose something must not keep it by holding a lock: its sessions end before, once in a run.
 * @param ended logins whose sessions were ended for that; gains those of this call
 * @returns the failures that are worth another round
 */
export async function endHolders(
  server: Connections,
  failures: readonly Failure[],
  ended: Set<string>,
): Promise<readonly Failure[]> {
  const held = failures.filter(
    ({ code, step: { loser } }) => code === LOCK_NOT_AVAILABLE && loser !== undefined && !ended.has(loser),
  )
  const logins = held.flatMap(({ step: { loser } }) => loser ?? [])
  for (const login of logins) ended.add(login)
  if (logins.length > 0) await endSessions(server.admin, { logins, databases: [] })
  return held
}
