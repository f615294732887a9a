/** Marks each step with who loses and who gains what by it (src/README.md: Who loses what). Pure. */
import { groupBy } from '../group-by.ts'
import { type Consequence, type Consequences, consequencesOrNone, forEach } from '../model/consequence.ts'
import { fewNames } from '../model/few-names.ts'
import { type AtomicTransaction, type Plan, planSteps, type Step, stepKey, type Transaction } from '../model/step.ts'
import { otherConsequences } from './attribute-consequences.ts'
import type { PlanContext } from './context.ts'
import { isProtected } from './held-beyond.ts'
import {
  changeList,
  COLUMNS,
  hasPrivilege,
  isOfColumns,
  type ListChange,
  type Outcome,
  outcomesOf,
} from './list-changes.ts'
import { type Moment, type People, peopleOf, REACHES } from './people.ts'
import { type Thing, type ThingKind, Touches } from './touches.ts'

/** The same plan, each step with its consequences: of whole steps and of parts of them alike. */
export function withConsequences(context: PlanContext, plan: Plan): Plan {
  const steps = planSteps(plan)
  if (steps.length === 0) return plan
  const marker = new Marker(context, steps)
  const jobs = plan.jobs.map((job) => ({
    ...job,
    transactions: job.transactions.map((transaction) => markTransaction(marker, transaction)),
  }))
  return { ...plan, jobs }
}

function markTransaction(marker: Marker, transaction: Transaction): Transaction {
  return transaction.kind === 'bare'
    ? { ...transaction, step: marker.mark(transaction.step) }
    : markAtomic(marker, transaction)
}

function markAtomic(marker: Marker, { halves, ...transaction }: AtomicTransaction): AtomicTransaction {
  return {
    ...transaction,
    steps: transaction.steps.map((step) => marker.mark(step)),
    ...(halves !== undefined && { halves: () => halves().map((half) => markAtomic(marker, half)) }),
  }
}

/** Things that have the same list, are changed alike and stand in the same place: what becomes of one does of all. */
interface Alike {
  readonly names: readonly string[]
  readonly kind: ThingKind
  readonly database: string
  readonly outcomes: readonly Outcome[]
}

class Marker {
  readonly #context: PlanContext
  readonly #people: People
  readonly #touches: Touches
  readonly #changes = new Map<string, ListChange>()
  readonly #outcomes = new Map<string, readonly Outcome[]>()
  readonly #ids = new Map<unknown, number>()

  constructor(context: PlanContext, steps: readonly Step[]) {
    this.#context = context
    this.#people = peopleOf(context, steps)
    this.#touches = new Touches(context, steps)
  }

  mark(step: Step): Step {
    const lists = this.#ofLists(step)
    const other = otherConsequences(this.#context, this.#people, step)
    const whoMay = (database: string): readonly string[] => this.#whoConnects(database)
    const opened = step.kind === 'reopen_database' && step.database !== null ? whoMay(step.database) : []
    const gains = forEach(opened, `connections to ${step.database ?? ''}, which accepted none`)
    const consequences = consequencesOrNone(
      [...(other.loses ?? []), ...(lists.loses ?? [])],
      [...(other.gains ?? []), ...(lists.gains ?? []), ...gains],
    )
    const shutOut = this.#shutOutBy(step)
    return { ...step, ...consequences, ...(shutOut.length > 0 && { shutOut }) }
  }

  /** Who loses CONNECT where nothing undeclared is to stay (src/README.md: What a session keeps). */
  #shutOutBy(step: Step): readonly string[] {
    const { database, kind, target } = step
    const isOfDatabase = (kind === 'restrict_public' || kind === 'revoke_privileges') && target !== 'undeclared'
    const declared = this.#context.planned.databases.find(({ name }) => name === database)
    if (!isOfDatabase || declared?.owner.undeclared !== 'revoke') return []
    const [thing] = this.#touches.thingsOf(step).filter((item) => item.kind === 'database')
    if (thing === undefined) return []
    const key = stepKey(step)
    const isShutOut = (outcome: Outcome): boolean =>
      outcome.key === key && outcome.verb === 'loses' && outcome.privileges.includes('CONNECT')
    const logins = this.#outcomesOf(this.#signature(thing), thing)
      .filter(isShutOut)
      .map(({ login }) => login)
    return logins.filter((login) => !isProtected(this.#context, login)).sort()
  }

  #ofLists(step: Step): Consequences {
    const key = stepKey(step)
    const things = groupBy(this.#touches.thingsOf(step), (thing) => this.#signature(thing))
    const alike = [...things].flatMap(([signature, list]): Alike[] => {
      const [first] = list
      if (first === undefined) return []
      const outcomes = this.#outcomesOf(signature, first).filter((outcome) => outcome.key === key)
      return [{ names: list.map(({ name }) => name), kind: first.kind, database: first.database, outcomes }]
    })
    return consequencesOrNone(tell(alike, 'loses'), tell(alike, 'gains'))
  }

  #outcomesOf(signature: string, thing: Thing): readonly Outcome[] {
    const known = this.#outcomes.get(signature)
    if (known !== undefined) return known
    const found = outcomesOf(this.#changeOf(signature, thing), this.#people).flatMap((outcome) => {
      const moment = outcome.verb === 'loses' ? 'before' : 'after'
      return this.#comesIn(thing, outcome.login, moment) ? this.#asUsable(thing, outcome, moment) : []
    })
    this.#outcomes.set(signature, found)
    return found
  }

  #changeOf(signature: string, thing: Thing): ListChange {
    const change = this.#changes.get(signature) ?? changeList(thing, this.#touches.on(thing))
    this.#changes.set(signature, change)
    return change
  }

  /** Whether a login may connect to the database that it is in, and use its schema. */
  #comesIn(thing: Thing, login: string, moment: Moment): boolean {
    const isClosed = this.#context.actual.cluster.databases.get(thing.database)?.allowConnections === false
    if (isClosed && moment === 'before') return false
    return this.#touches
      .aroundOf(thing)
      .every((place) => this.#has(place, login, place.kind === 'database' ? 'CONNECT' : 'USAGE', moment))
  }

  /** On a database that it may not connect to a login has nothing. */
  #asUsable(thing: Thing, outcome: Outcome, moment: Moment): Outcome[] {
    if (thing.kind !== 'database' || this.#has(thing, outcome.login, 'CONNECT', moment)) return [outcome]
    const privileges = outcome.privileges.filter((privilege) => privilege === 'CONNECT')
    return privileges.length === 0 ? [] : [{ ...outcome, privileges }]
  }

  #has(thing: Thing, login: string, privilege: string, moment: Moment): boolean {
    const change = this.#changeOf(this.#signature(thing), thing)
    return REACHES.some((reach) => hasPrivilege(change, this.#people, login, privilege, moment, reach))
  }

  #whoConnects(database: string): readonly string[] {
    const [thing] = this.#touches.aroundOf({ database, schema: null, kind: 'schema' })
    if (thing === undefined) return []
    const change = this.#changeOf(this.#signature(thing), thing)
    return this.#people.logins.filter((login) =>
      hasPrivilege(change, this.#people, login, 'CONNECT', 'after', 'inherited'),
    )
  }

  #signature(thing: Thing): string {
    const { kind, database, schema, owner, acl, columnAcl, exists, name } = thing
    const touches = this.#touches.on(thing).map(({ id }) => id)
    const isOne = kind === 'database' || kind === 'schema' || kind === 'default'
    const lists = [this.#idOf(acl), this.#idOf(columnAcl)]
    return JSON.stringify([kind, database, schema, owner, exists, isOne ? name : '', lists, touches])
  }

  #idOf(list: unknown): number {
    const id = this.#ids.get(list) ?? this.#ids.size
    this.#ids.set(list, id)
    return id
  }
}

/** One for each login and what it loses or gains alike, few names for many things. */
function tell(alike: readonly Alike[], verb: Outcome['verb']): Consequence[] {
  const rows = alike.flatMap((of, index) =>
    of.outcomes
      .filter((outcome) => outcome.verb === verb)
      .flatMap(({ login, privileges }) =>
        apart(privileges).map((list) => ({ login, of, index, privileges: list.join(', ') })),
      ),
  )
  const isApart = ({ kind, names }: Alike): readonly string[] => (kind === 'default' ? names : [])
  const byLogin = groupBy(rows, ({ login, privileges, of }) =>
    JSON.stringify([login, privileges, of.kind, isApart(of)]),
  )
  const told = groupBy([...byLogin.values()], (list) =>
    JSON.stringify([list[0]?.privileges, list.map(({ index }) => index)]),
  )
  return [...told.values()].flatMap((lists) => {
    const [first = []] = lists
    const [row] = first
    if (row === undefined) return []
    const what = describe(
      row.privileges,
      row.of,
      first.flatMap(({ of }) => of.names),
    )
    return forEach(lists.flatMap((list) => list[0]?.login ?? []).sort(), what)
  })
}

/** What is of the whole, and what is of columns alone: said together, the first would be told as less than it is. */
function apart(privileges: readonly string[]): readonly (readonly string[])[] {
  const whole = privileges.filter((privilege) => !isOfColumns(privilege))
  return [whole, privileges.filter(isOfColumns)].filter((list) => list.length > 0)
}

/** `SELECT on app.orders in shop_db`, `CONNECT on database shop_db`. */
function describe(privileges: string, { kind, database }: Alike, names: readonly string[]): string {
  const words = privileges.replaceAll(COLUMNS, '')
  const columns = isOfColumns(privileges) ? 'columns of ' : ''
  const few = fewNames(names)
  if (kind === 'database') return `${words} on database ${few}`
  if (kind === 'default') return `${words} on ${few} of ${database}`
  const noun = kind === 'table' ? '' : `${kind}${names.length === 1 ? '' : 's'} `
  return `${words} on ${columns}${noun}${few} in ${database}`
}
