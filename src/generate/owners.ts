/** Which databases can be an entry of their owner, and why not the others. Pure. */
import { isReservedName } from '../guardrails/names.ts'
import { isInvalid, type DatabaseState } from '../model/catalog.ts'
import { type HandOver, wayOf } from './hand-over.ts'
import { inOrder, isExpressible, newRoleName } from './names.ts'
import { refusalOf, type Refusal } from './roles.ts'
import type { Note, Survey } from './types.ts'

/** A database that gets an entry of its owner. */
export interface Owned {
  readonly database: string
  readonly role: string
  /** null: the role owns it already. */
  readonly handOver: HandOver | null
}

export interface Owners {
  readonly owned: readonly Owned[]
  readonly notes: readonly Note[]
}

/**
 * Every database of the instance is among those that are owned, or in a note.
 * @param only the one that is asked for; null: all
 */
export function findOwners(survey: Survey, only: string | null): Owners {
  const { databases, roles } = survey.cluster
  const names = only === null ? inOrder(databases.keys()) : [only]
  const first = firstOfOwner(survey, names)
  const taken = new Set(roles.keys())
  const owned: Owned[] = []
  const notes: Note[] = []
  const note = (database: string, refusal: Refusal): void =>
    void notes.push({ application: null, database, role: null, ...refusal, statements: [] })
  for (const database of names) {
    const state = databases.get(database)
    if (state === undefined) continue
    const refusal = databaseRefusal(survey, state)
    if (refusal !== null) {
      note(database, refusal)
      continue
    }
    const { owner } = state
    if (first.get(owner) === database && refusalOf(survey, owner) === null) {
      owned.push({ database, role: owner, handOver: null })
      continue
    }
    const to = newRoleName(database, taken)
    const handOver = { database, from: owner, to }
    const way = wayOf(survey, handOver)
    if ('refusal' in way) {
      note(database, { kind: 'not_expressed', text: `its owner, ${owner}, can be no entry of it, and ${way.refusal}` })
      continue
    }
    taken.add(to)
    owned.push({ database, role: to, handOver })
    notes.push({
      application: null,
      database,
      role: to,
      kind: 'person_first',
      text: handOverText(survey, owner),
      statements: [way.statement],
    })
  }
  return { owned, notes }
}

function handOverText(survey: Survey, owner: string): string {
  const way = `so a role that nobody logs in as is made its owner, and ${owner} a member of that role`
  return `${reasonOf(survey, owner)}, ${way}; what ${owner} owns in it stays as it is`
}

function reasonOf(survey: Survey, owner: string): string {
  const refusal = refusalOf(survey, owner)
  if (owner === survey.master) return `it belongs to the master, ${owner}`
  return refusal === null
    ? `its owner, ${owner}, owns another database too, and an entry owns one`
    : `its owner, ${owner}, can be no entry: ${refusal.text}`
}

function databaseRefusal({ declaration }: Survey, state: DatabaseState): Refusal | null {
  const { name } = state
  const own = declaration.databases.find((item) => item.name === name)
  if (own !== undefined)
    return { kind: 'not_expressed', text: `the input declares it already, owned by ${own.owner.name}` }
  if (isReservedName(name) || name === declaration.instance.database)
    return { kind: 'never', text: "it belongs to the server, or is the delegated admin's" }
  if (!isExpressible(name)) return { kind: 'not_expressed', text: 'a declaration cannot hold its name' }
  if (isInvalid(state))
    return { kind: 'not_expressed', text: 'a DROP DATABASE of it was interrupted: it can only be dropped' }
  return null
}

/** An entry owns one database: of a login's several, the one that is called as it is, else the first by name. */
function firstOfOwner(survey: Survey, names: readonly string[]): ReadonlyMap<string, string> {
  const first = new Map<string, string>()
  for (const name of names) {
    const state = survey.cluster.databases.get(name)
    if (state === undefined || databaseRefusal(survey, state) !== null) continue
    if (state.owner === name || !first.has(state.owner)) first.set(state.owner, name)
  }
  return first
}
