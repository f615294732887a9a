/** A session keeps what it took on, so it ends when its login loses something (src/README.md: What a session keeps). */
import type { Execution } from '../../execute/execute.ts'
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
