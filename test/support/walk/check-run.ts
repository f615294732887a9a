/** What has to hold after every run, whatever it met: its audit is the truth, and nothing planned was refused. */
import { ADMIN } from '../server-model/names.ts'
import type { Ran } from './runs.ts'

/** Told by a run that did not do what it meant to. */
const UNPLANNED = ['statement_failed', 'not_converged', 'defect']
/** An apply makes its connection anew, but for the master's; a removal is asked for again by Terraform. */
const LOST = 'connection_lost'

/** A membership by hand, or one that is kept, and a declared one the other way round: the server refuses the second. */
const CIRCLE = /: \S+ is a member of \S+\.(?:\s|$)/

/** @returns what does not hold, each line named after the run */
export function checkRun(what: string, ran: Ran): string[] {
  if (ran.isKilled) return []
  return [...auditOf(ran), ...endOf(ran)].map((item) => `${what}: ${item}`)
}

/** In the model's words: what the admin is refused once hands have taken its own attributes. */
const LACKS_RIGHTS = /may not administer|no CREATEROLE|no CREATEDB/

/**
 * What the server refused of what was planned, or undid.
 * @param isHurt hands have changed the admin itself
 */
export function refusedIn({ document, problems, isKilled, log }: Ran, isHurt: boolean, hasMaster: boolean): string[] {
  if (isKilled) return []
  // The master's part is made once: whoever loses its connection there has changed no application yet, only what the
  // admin may.
  const isMasters = hasMaster && log.every((text) => text.includes(ADMIN))
  const isUnplanned = (code: string): boolean =>
    UNPLANNED.includes(code) || (code === LOST && document.run.command === 'apply' && !isHurt && !isMasters)
  const isMeant = (message: string): boolean => CIRCLE.test(message) || (isHurt && LACKS_RIGHTS.test(message))
  return problems
    .filter(({ code, message }) => isUnplanned(code) && !isMeant(message))
    .map(({ code, message }) => `${code}: ${message}`)
}

/** Statements of records are those of the server's log; only where an answer was lost may the log have more. */
function auditOf({ document, log }: Ran): string[] {
  const told = document.records.flatMap(({ statements }) => statements)
  const done = log.map((text) => text.replaceAll(/'SCRAM-SHA-256[^']*'/g, "'[redacted]'"))
  const isOpen = document.records.some(({ code }) => code === 'connection_lost')
  const [more, less] = [without(done, told), without(told, done)]
  const idle = document.records.filter(
    ({ object, status, statements }) =>
      object !== 'snapshot' &&
      statements.length > 0 !== (status === 'created' || status === 'updated' || status === 'removed'),
  )
  return [
    ...(isOpen ? [] : more.map((text) => `done and not told: ${text}`)),
    ...less.map((text) => `told and not done: ${text}`),
    ...idle.map(({ status, message }) => `${status} does not go with its statements: ${message}`),
  ]
}

/** Exit code, outcome and error say the same. */
function endOf({ document: { run, records, summary }, problems, log }: Ran): string[] {
  const isDone = run.exit_code === 0
  const isChanged = log.length > 0
  const told = new Set(records.map(({ application }) => application))
  const silent = problems.filter(({ application }) => application !== null && !told.has(application))
  const miscounted = Object.entries(summary).filter(
    ([word, count]) => count !== records.filter(({ status }) => status === word).length,
  )
  const counted = summary.created + summary.updated + summary.removed
  return [
    ...(isDone === (problems.length === 0) ? [] : [`exit code ${String(run.exit_code)} with ${String(run.error)}`]),
    ...(isDone && (run.outcome === 'changed') !== isChanged
      ? [`outcome ${run.outcome}, and it did ${log.join('; ')}`]
      : []),
    ...(isDone && counted > 0 !== isChanged ? [`summary of ${String(counted)} changes`] : []),
    ...miscounted.map(([word, count]) => `summary: ${String(count)} ${word}`),
    ...silent.map(({ application, code }) => `no record of ${String(application)}: ${code}`),
  ]
}

/** The items of a list that another has not, each as often as it is in it more. */
function without(items: readonly string[], others: readonly string[]): string[] {
  const left = [...others]
  return items.filter((item) => {
    const at = left.indexOf(item)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}
