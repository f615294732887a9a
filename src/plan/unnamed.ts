/** What no statement can name inside a database (src/README.md: Bytes in catalogs): it is left out, and told. */
import type { Interior, SchemaObject, SchemaState } from '../model/catalog.ts'
import type { Application, Database } from '../model/declaration.ts'
import { isSendable, showBytes } from '../model/sendable.ts'
import type { Finding } from '../model/step.ts'
import { finding, subject } from './context.ts'
import { isCovered } from './privileges.ts'

/** So many of them are listed; an owner may make any number. */
const LISTED = 10

export interface NamedInside {
  readonly interior: Interior
  readonly schemas: ReadonlyMap<string, SchemaState>
  readonly findings: readonly Finding[]
}

/** @param logins whose privileges in the database the plan compares. */
export function leaveOutUnnamed(
  database: Database,
  logins: readonly Application[],
  interior: Interior,
  schemas: ReadonlyMap<string, SchemaState>,
): NamedInside {
  const objects = interior.objects.filter(isNamed)
  const named = new Map([...schemas].filter(([name]) => isSendable(name)))
  const names = [
    ...unnamedSchemas(database, logins, interior, schemas),
    ...unnamedObjects(database, logins, interior, schemas),
  ]
  const othersObjects = interior.othersObjects.filter(isNamed)
  return {
    interior: { ...interior, objects, othersObjects },
    schemas: named,
    findings: unnamedFindings(database, names),
  }
}

function isNamed({ schema, name, args }: SchemaObject): boolean {
  return [schema, name, args ?? ''].every(isSendable)
}

/** None of them is listed by name; one of the logins may hold something there all the same. */
function unnamedSchemas(
  database: Database,
  logins: readonly Application[],
  { defaultAcl }: Interior,
  schemas: ReadonlyMap<string, SchemaState>,
): string[] {
  const isLogin = (role: string): boolean => logins.some(({ username }) => username === role)
  return [...schemas.values()]
    .filter(({ name }) => !isSendable(name))
    .filter(
      (state) =>
        isCovered(database, state) ||
        state.acl.some(({ grantee }) => isLogin(grantee)) ||
        defaultAcl.some(({ schema, grantee }) => schema === state.name && isLogin(grantee)),
    )
    .map(({ name }) => `schema ${showBytes(name)}`)
}

/** In a listed schema all objects matter, elsewhere those on which one of the logins holds something. */
function unnamedObjects(
  database: Database,
  logins: readonly Application[],
  { objects }: Interior,
  schemas: ReadonlyMap<string, SchemaState>,
): string[] {
  const usernames = new Set(logins.map(({ username }) => username))
  const covered = [...schemas.values()].filter((schema) => isCovered(database, schema))
  const listed = new Set([...database.schemas, ...covered.map(({ name }) => name)])
  return objects
    .filter((object) => !isNamed(object))
    .filter(
      ({ schema, acl, columnAcl }) =>
        listed.has(schema) || [...acl, ...columnAcl].some(({ grantee }) => usernames.has(grantee)),
    )
    .map(({ objectClass, schema, name, args }) => {
      const types = args === null ? '' : `(${args})`
      return showBytes(`${objectClass} ${schema}.${name}${types}`)
    })
}

function unnamedFindings(database: Database, names: readonly string[]): Finding[] {
  if (names.length === 0) return []
  const more = names.length > LISTED ? ` and ${String(names.length - LISTED)} more` : ''
  const message =
    `${names.slice(0, LISTED).join(', ')}${more} in ${database.name}: the name is no text in UTF-8, so privileges of ` +
    'editors and readers there were neither checked nor changed; let its owner rename it, over a connection in the ' +
    'encoding that it was named in'
  return [finding(subject(database.owner, 'grant'), 'cover', 'warning', message)]
}
