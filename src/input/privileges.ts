/** `privileges` of an entry: what it has on a kind of objects, instead of what its access level has. */
import type { Problem } from '../model/problem.ts'
import type { ObjectClass } from '../model/catalog.ts'
import { NAMEABLE_PRIVILEGES, type OwnPrivileges } from '../model/own-privileges.ts'
import { isObject, notAnObject, printableKey } from './object.ts'
import { show, suggestion } from './text.ts'

const FIELDS: ReadonlyMap<string, ObjectClass> = new Map([
  ['tables', 'table'],
  ['sequences', 'sequence'],
  ['functions', 'function'],
])

const NO_TRIGGER =
  'TRIGGER is never given: the function of a trigger runs as whoever writes the table, so it would have their rights.'

/** What the entry says, and what is wrong with it. */
export interface ParsedPrivileges {
  readonly privileges: OwnPrivileges
  readonly problems: readonly Problem[]
}

/** Null, of all or of a kind, is what the level has; an empty list is nothing; a repeated word counts once. */
export function parsePrivileges(input: unknown, application: string): ParsedPrivileges {
  const parsed: Record<ObjectClass, readonly string[] | null> = { table: null, sequence: null, function: null }
  if (input === undefined || input === null) return { privileges: parsed, problems: [] }
  if (!isObject(input)) return { privileges: parsed, problems: [notAnObject('privileges', input, application)] }
  const problems: Problem[] = []
  for (const [key, value] of Object.entries(input)) {
    const field = `privileges.${printableKey(key)}`
    const objectClass = FIELDS.get(key)
    if (objectClass === undefined) {
      const known = [...FIELDS.keys()]
      const remedy = suggestion(key, known).trim() || `Known fields: ${known.join(', ')}.`
      problems.push({ application, code: 'unknown_field', field, message: 'is not a known field.', remedy })
      continue
    }
    if (value === null) continue
    const words: readonly string[] = NAMEABLE_PRIVILEGES[objectClass]
    const items: readonly unknown[] | null = Array.isArray(value) ? value : null
    if (items?.every((item) => typeof item === 'string' && words.includes(item)) === true) {
      parsed[objectClass] = words.filter((word) => items.includes(word))
      continue
    }
    const why = items?.includes('TRIGGER') === true && objectClass === 'table' ? ` ${NO_TRIGGER}` : ''
    const remedy = `Use a list of ${words.join(', ')}.${why}`
    problems.push({ application, code: 'invalid_value', field, message: `${show(value)} is not accepted.`, remedy })
  }
  return { privileges: parsed, problems }
}
