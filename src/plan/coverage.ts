/** What the declaration does not reach inside a database (src/README.md: Access levels). */
import type { SchemaState } from '../model/catalog.ts'
import type { Database } from '../model/declaration.ts'
import { fewNames } from '../model/few-names.ts'
import { schemaOwner } from '../model/schema-owner.ts'
import { showBytes } from '../model/sendable.ts'
import type { Finding } from '../model/step.ts'
import { finding, subject } from './context.ts'
import { isCovered } from './privileges.ts'

export function coverageFindings(database: Database, schemas: ReadonlyMap<string, SchemaState>): Finding[] {
  return [...foreignFindings(database, schemas), ...unlistedFindings(database, schemas)]
}

/** Objects of others in listed schemas, such as a restore as the master leaves. */
function foreignFindings(database: Database, schemas: ReadonlyMap<string, SchemaState>): Finding[] {
  return [...schemas.values()]
    .filter((schema) => isCovered(database, schema))
    .flatMap(({ name, foreignObjects: count, foreign }) => {
      if (foreign === undefined) return []
      const owner = schemaOwner(database, name).username
      const more = count > foreign.names.length ? ` and ${String(count - foreign.names.length)} more` : ''
      const objects = `${String(count)} object(s) in schema ${name} of ${database.name} belong to others than ${owner}`
      const own =
        foreign.unusable === 0
          ? `${owner} may not alter or drop them`
          : `${owner} cannot use ${foreign.unusable === count ? 'any' : String(foreign.unusable)} of them`
      const guests = database.guests.length === 0 ? '' : ', and editors and readers got nothing on them'
      const message = `${objects} (${foreign.names.map(showBytes).join(', ')}${more}): ${own}${guests}`
      return finding(subject(database.owner, 'grant'), 'cover', 'warning', message)
    })
}

/** One line, however many: an owner may make any number of schemas. Those of a guest are its own. */
function unlistedFindings(database: Database, schemas: ReadonlyMap<string, SchemaState>): Finding[] {
  const unlisted = [...schemas.values()]
    .filter(({ name, objects }) => objects > 0 && !database.schemaOwners.has(name))
    .filter((schema) => !isCovered(database, schema))
    .map(({ name }) => name)
  if (database.guests.length === 0 || unlisted.length === 0) return []
  const [what, where] =
    unlisted.length === 1
      ? [`schema ${fewNames(unlisted)} of ${database.name} holds objects and is not listed`, 'it']
      : [
          `${String(unlisted.length)} schemas of ${database.name} hold objects and are not listed (${fewNames(unlisted)})`,
          'them',
        ]
  const message =
    `${what}: editors and readers get nothing in ${where} from this declaration, ` +
    `and what they hold there is not checked; list ${where} in schemas`
  return [finding(subject(database.owner, 'grant'), 'cover', 'warning', message)]
}

/** Those with objects in them that nobody names; one of them may be a listed one that was renamed. */
export function unlistedSchemas(database: Database, schemas: ReadonlyMap<string, SchemaState>): string[] {
  const isNamed = (name: string): boolean =>
    database.schemas.includes(name) || database.schemaOwners.get(name)?.ownsSchemas.includes(name) === true
  return [...schemas.values()].filter(({ name, objects }) => objects > 0 && !isNamed(name)).map(({ name }) => name)
}
