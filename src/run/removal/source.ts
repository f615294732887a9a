/** What AWS is asked before anybody is disturbed: of what a snapshot would be taken (src/README.md: Removal). */
import { AwsError } from '../../errors.ts'
import type { Departure } from '../../model/removal.ts'
import type { RunContext } from '../context.ts'
import { withInterrupt } from '../interrupt.ts'
import { isSnapshotted } from './context.ts'
import type { Closed } from './closed.ts'

/**
 * Where AWS does not know the instance, or does not say: those that are to be in a snapshot stay as they are.
 * @param closed remembers it; once is enough
 */
export async function findSource(context: RunContext, departures: readonly Departure[], closed: Closed): Promise<void> {
  const wanted = departures.filter(isSnapshotted)
  if (wanted.length === 0 || closed.source !== null || closed.unsaved.length > 0) return
  const { declaration, dependencies, recorder } = context
  const { identifier, host } = declaration.instance
  const client = withInterrupt(await dependencies.snapshots(declaration.aws), dependencies.signal)
  try {
    closed.source = await client.locate(identifier, host)
  } catch (error) {
    const [problem] = error instanceof AwsError ? error.problems : []
    if (problem === undefined) throw error
    for (const { application, drops: database, username } of wanted) {
      closed.unsaved.push({ ...problem, application })
      const message = `${problem.message} Nobody was disturbed.`
      const about = { application, database, username, object: 'snapshot', action: 'create' } as const
      recorder.record({ ...about, status: 'failed', code: problem.code, durationMs: 0, message, statements: [] })
    }
  } finally {
    client.close()
  }
}
