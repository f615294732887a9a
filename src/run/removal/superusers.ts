/** Sessions that a removal can only wait for. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connections } from '../../server/connections.ts'
import { sessions } from '../../server/removal-queries.ts'
import { readText } from '../../server/row.ts'
import type { RunContext } from '../context.ts'
import { assertNotInterrupted } from '../outcome.ts'

/** Nobody but a superuser may end their sessions: they are waited for, and the drop then names those that stay. */
export async function awaitSuperusers(
  { dependencies: { signal, progress } }: RunContext,
  server: Connections,
  databases: readonly string[],
  patienceMs: number,
): Promise<void> {
  if (databases.length === 0) return
  const end = Date.now() + patienceMs
  while (Date.now() < end) {
    assertNotInterrupted(signal)
    const [rows = []] = await server.admin.query([sessions([], databases)])
    const there = rows.filter((row) => row['is_superuser'] === true)
    if (there.length === 0) return
    progress(
      `waiting for sessions that only a superuser may end: ${there.map((row) => `${readText(row, 'login')} in ${readText(row, 'database')}`).join(', ')}`,
    )
    await sleep(1000)
  }
}
