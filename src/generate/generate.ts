/** From what is on an instance to a declaration of it (src/README.md: What is there, as a declaration). Pure. */
import { InvalidInputError } from '../errors.ts'
import type { StateResource } from '../input/terraform-state.ts'
import { show, suggestion } from '../input/text.ts'
import { makeDraft } from './draft.ts'
import { intentNotes } from './intent.ts'
import { type Input, review } from './review.ts'
import type { Entry, Generated, Survey } from './types.ts'

export interface Wanted {
  /** The caller's declaration, as JSON. */
  readonly input: Input
  /** Only this database, with who uses it; null: all. */
  readonly database: string | null
  /** Of another tool's state; empty: none. */
  readonly resources: readonly StateResource[]
  readonly now: Date
}

/** @throws InvalidInputError for a database that is not there; what `review` throws */
export function generate(survey: Survey, { input, database, resources, now }: Wanted): Generated {
  const { databases } = survey.cluster
  if (database !== null && !databases.has(database)) throw unknownDatabase(database, [...databases.keys()])
  const found = review(makeDraft(survey, now, database), input, now)
  const told = { ...found, notes: [...found.notes, ...intentNotes(survey, found, resources)] }
  return database === null ? told : only(told, database)
}

function unknownDatabase(name: string, known: readonly string[]): InvalidInputError {
  const message = `the instance has no database ${show(name)}.${suggestion(name, known)}`
  const remedy = 'Give the name of a database as the server has it.'
  return new InvalidInputError([{ application: null, code: 'invalid_value', field: '--database', message, remedy }])
}

/** Its entries, those that they name, and the members of its owner. */
function only({ entries, notes }: Generated, database: string): Generated {
  const wanted = new Set(entries.filter((item) => item.database === database).map(({ key }) => key))
  const owner = entries.find(({ fields }) => fields['database_name'] === database)?.key
  const isMember = ({ fields }: Entry): boolean => namesOf(fields['member_of']).some((key) => key === owner)
  for (const { key } of entries.filter(isMember)) wanted.add(key)
  const told = notes
    .filter((note) => note.database === database && note.kind !== 'never')
    .flatMap(({ role }) => role ?? [])
  for (const { key } of entries.filter(({ role, fields }) => told.includes(role) && !('login_of' in fields)))
    wanted.add(key)
  for (const key of wanted) {
    const fields = entries.find((item) => item.key === key)?.fields ?? {}
    const named = [fields['login_of'], fields['database_of'], fields['acts_as']]
    for (const other of [...named, ...namesOf(fields['member_of'])])
      if (typeof other === 'string' && entries.some((item) => item.key === other)) wanted.add(other)
  }
  const left = entries.filter(({ key }) => wanted.has(key))
  const roles = new Set(left.map(({ role }) => role))
  return {
    entries: left,
    notes: notes.filter(
      ({ application, database: of, role }) =>
        (application !== null && wanted.has(application)) ||
        of === database ||
        (role !== null && of === null && roles.has(role)),
    ),
  }
}

function namesOf(value: Entry['fields'][string] | undefined): readonly string[] {
  return isList(value) ? value : []
}

function isList(value: Entry['fields'][string] | undefined): value is readonly string[] {
  return Array.isArray(value)
}
