/** Who loses and who gains something by a step (src/README.md: Who loses what). Types, and how they are told. */
import { fewNames } from './few-names.ts'

export interface Consequence {
  /** A login that was there before the run; where `logins` is there, how many more. */
  readonly who: string
  /** In PostgreSQL's words, e.g. `SELECT, INSERT on app.orders in shop_db`. */
  readonly what: string
  /** Of many logins the first are named, and this is the number of all others; absent: one is named. */
  readonly logins?: number
}

/** Of a step or a record; absent where nobody loses or gains anything. */
export interface Consequences {
  readonly loses?: readonly Consequence[]
  readonly gains?: readonly Consequence[]
}

/** So many logins that lose or gain the same by one step are named. */
const NAMED_LOGINS = 50

/** One for each login, the rest counted. @param logins sorted */
export function forEach(logins: readonly string[], what: string): Consequence[] {
  const more = logins.length - NAMED_LOGINS
  const named = logins.slice(0, NAMED_LOGINS).map((who) => ({ who, what }))
  return more > 0 ? [...named, { who: `${String(more)} more`, what, logins: more }] : named
}

/** `LOSES anna: SELECT on app.orders in shop_db`, one line for what several lose or gain alike. */
export function consequenceLines({ loses = [], gains = [] }: Consequences): string[] {
  return [...linesOf('LOSES', loses), ...linesOf('GAINS', gains)]
}

function linesOf(verb: string, items: readonly Consequence[]): string[] {
  const all = [...new Set(items.map(({ what }) => what))]
  return all.map((what) => `${verb} ${whoOf(items.filter((item) => item.what === what))}: ${what}`)
}

function whoOf(items: readonly Consequence[]): string {
  const named = items.filter(({ logins }) => logins === undefined).map(({ who }) => who)
  const others = items.reduce((sum, { logins = 0 }) => sum + logins, 0)
  return fewNames(named, others)
}

/** Both, where there is any. */
export function consequencesOrNone(loses: readonly Consequence[], gains: readonly Consequence[]): Consequences {
  return { ...(loses.length > 0 && { loses }), ...(gains.length > 0 && { gains }) }
}
