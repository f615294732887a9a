/** A removal closes again what it opened for its look (src/README.md: Removal). */
import type { Problem } from '../../model/problem.ts'
import { planSteps } from '../../model/step.ts'
import { closingAgain, type Opened, planClosingAgain } from '../../plan/admission.ts'
import type { Connections } from '../../server/connections.ts'
import { printAsMember, printInTransaction } from '../../sql/print.ts'
import { printName } from '../../sql/quote.ts'
import type { RunContext } from '../context.ts'
import type { Closed } from './closed.ts'
import { inspectWholeCluster } from './examine.ts'
import { problemsOf, runRemovalPlan } from './run-plan.ts'

/**
 * What cannot be closed is told, in `closed.failed`, with the statements that close it: the next run does not know of
 * it.
 * @throws ApplyError where it concerns the run
 */
export async function closeAgain(context: RunContext, server: Connections, closed: Closed): Promise<void> {
  const { opened } = closed
  if (opened.length === 0) return
  const before = await inspectWholeCluster(context, server)
  const failed = await problemsOf(
    runRemovalPlan(context, server, planClosingAgain(opened, before.server, before.databases)),
  )
  closed.opened = []
  const after = await inspectWholeCluster(context, server)
  const left = new Set(
    planSteps(planClosingAgain(opened, after.server, after.databases)).map(({ database }) => database),
  )
  const reason = failed.map(({ message }) => message).join(' ')
  const { login } = after.server
  const stillOpen = opened.filter(({ database }) => left.has(database.name))
  // What was refused, and somebody else closed by then, failed all the same.
  closed.failed.push(...(stillOpen.length === 0 ? failed : stillOpen.map((item) => leftOpen(item, login, reason))))
}

/** @param admin its name; the remedy is for it */
export function leftOpen(item: Opened, admin: string, reason: string): Problem {
  const { departure, actor, database } = item
  const print = closingAgain(item)
  const statements = actor === admin ? printInTransaction(print) : printAsMember(actor, print)
  return {
    application: departure.application,
    code: 'left_open',
    field: 'destroy',
    message: `the database ${database.name} accepted no connections, was opened to look into it, and may still be open. What failed: ${reason}`,
    remedy: `No later run closes it. By hand, as ${printName(admin)}: ${statements}`,
  }
}
