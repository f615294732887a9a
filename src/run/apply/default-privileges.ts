/**
 * What was created, and not committed, while default privileges changed is seen by neither: neither by them nor by the
 * look for objects (src/README.md: Default privileges).
 */
import type { Execution } from '../../execute/execute.ts'
import { type Plan, planSteps } from '../../model/step.ts'
import type { Connections } from '../../server/connections.ts'
import { awaitOpenTransactions } from '../../server/open-transactions.ts'
import type { RunContext } from '../context.ts'
import { recordOpenTransactions } from '../outcome.ts'
import type { Ledger } from './ledger.ts'

/** Remembers where default privileges were changed; also where the answer was lost. */
export function noteDefaults({ changedDefaults }: Ledger, plan: Plan, { failures, skipped }: Execution): void {
  const undone = new Set([...failures.map(({ step }) => step), ...skipped])
  for (const step of planSteps(plan))
    if (step.object === 'default_privileges' && step.database !== null && !undone.has(step))
      changedDefaults.add(step.database)
}

/**
 * Before the next look for objects there: waits for whoever may not have seen the change.
 * @throws ConnectionLost; then it is still to be waited for
 */
export async function awaitDefaults(
  { declaration, recorder }: Pick<RunContext, 'declaration' | 'recorder'>,
  server: Connections,
  { changedDefaults }: Ledger,
): Promise<void> {
  if (changedDefaults.size === 0) return
  const open = await awaitOpenTransactions(server.admin, [...changedDefaults])
  changedDefaults.clear()
  const ownerOf = (database: string): string | null =>
    declaration.databases.find(({ name }) => name === database)?.owner.name ?? null
  for (const item of open) recordOpenTransactions(recorder, ownerOf(item.database), [item])
}
