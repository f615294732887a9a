/** How a removal ends that did not remove everything: what it opens again, and what it says of what stays closed. */
import { BlockedError, type ProvisionError, withProblems } from '../../errors.ts'
import type { Problem } from '../../model/problem.ts'
import type { Departure } from '../../model/removal.ts'
import { allowConnections } from '../../sql/database.ts'
import { printAsMember } from '../../sql/print.ts'
import { printName } from '../../sql/quote.ts'
import type { Connections } from '../../server/connections.ts'
import { openLockedOrBootstrap } from '../connection/open.ts'
import { toProvisionError } from '../end/provision-error.ts'
import { blockedRecords } from '../end/records.ts'
import { closeAgain, leftOpen } from './close-again.ts'
import type { Closed } from './closed.ts'
import type { Removal } from './context.ts'
import { type Examination, reopenDepartures } from './examine.ts'

/** The error to end with: what failed, what stood in the way, what stays closed. Databases are open again. */
export async function endOf(all: Removal, closed: Closed, thrown: unknown): Promise<ProvisionError> {
  const error = toProvisionError(thrown)
  const isAlone = error instanceof BlockedError || closed.obstacles.length === 0
  if (!isAlone) recordObstacles(all.context, closed.obstacles)
  const whole = isAlone ? error : withProblems(error, closed.obstacles)
  return sayClosed(await reopenAfter(all, closed, whole), [...closed.logins.values()])
}

/** Each obstacle has its record where it is not what the run ends with. */
function recordObstacles({ recorder, declaration }: Removal['context'], obstacles: readonly Problem[]): void {
  for (const draft of blockedRecords(declaration, obstacles)) recorder.record(draft)
}

/** Whoever reads what went wrong is told that the login is closed by now; of the run's own trouble, that all are. */
function sayClosed(error: ProvisionError, closed: readonly Departure[]): ProvisionError {
  const problems = error.problems.map((problem) => {
    const about = closed.filter(({ application }) => [null, application].includes(problem.application))
    if (about.length === 0) return problem
    const names = about.map(({ username }) => username).join(', ')
    return { ...problem, message: `${problem.message} ${names} can no longer log in; the next run tries again.` }
  })
  return withProblems(error, [], problems)
}

/** What became somebody else's meanwhile is opened again, its login too; what is blocked by now keeps it closed. */
export async function reopenStaying(
  { context }: Removal,
  server: Connections,
  before: readonly Departure[],
  { departures, obstacles }: Examination,
  closed: Closed,
): Promise<void> {
  const staying = before.filter((item) => !departures.some((other) => other.username === item.username))
  const isBlocked = ({ application }: Departure): boolean =>
    obstacles.some((problem) => problem.application === application)
  const theirs = staying.filter((item) => !isBlocked(item))
  for (const { username } of theirs) closed.logins.delete(username)
  await reopenDepartures(context, server, theirs, true)
  await reopenDepartures(context, server, staying.filter(isBlocked), false)
}

/** The error to end with: the removal's own, and what stays closed, or open, if the server cannot be reached. */
async function reopenAfter(
  { context, admin }: Removal,
  closed: Closed,
  error: ProvisionError,
): Promise<ProvisionError> {
  const { databases } = closed
  if (databases.length === 0 && closed.opened.length === 0) return error
  const calm = { ...context, dependencies: { ...context.dependencies, signal: new AbortController().signal } }
  const before = closed.failed.length
  const since = (): readonly Problem[] => closed.failed.slice(before)
  try {
    const server = await openLockedOrBootstrap(calm, admin)
    try {
      await closeAgain(calm, server, closed)
      await reopenDepartures(calm, server, databases, false)
    } finally {
      await server.close()
    }
    return withProblems(error, since())
  } catch (failure) {
    const { message } = toProvisionError(failure)
    const name = admin?.username ?? 'the delegated admin'
    const left = databases.flatMap(({ application, drops, username }) =>
      drops === null ? [] : [leftClosed(application, drops, username, message, name)],
    )
    return withProblems(error, [...left, ...since(), ...closed.opened.map((item) => leftOpen(item, name, message))])
  }
}

function leftClosed(application: string, database: string, owner: string, reason: string, admin: string): Problem {
  const statements = printAsMember(owner, [allowConnections(database, true, owner)])
  return {
    application,
    code: 'left_closed',
    field: 'destroy',
    message: `the database ${database} may still be closed, and could not be opened again: ${reason}`,
    remedy: `Run again, or put the application back and apply; by hand, as ${printName(admin)}: ${statements}`,
  }
}
