/** Where a login has privileges inside a database, and which it should have there. */

import type { SchemaState, DefaultAcl, DefaultClass, Interior, ObjectClass } from '../model/catalog.ts'
import type { Database, Application } from '../model/declaration.ts'
import { schemaOwner } from '../model/schema-owner.ts'
import type { ObjectGroup } from './object-groups.ts'
import { objectPrivileges, worksIn } from './privileges.ts'

/** One login in one schema of the database, with what it should have there: everything of its level, or nothing. */
export interface GrantPlace {
  readonly database: Database
  readonly application: Application
  readonly schema: SchemaState
  /** The role that the schema and what is granted on in it belong to, and whose grants they are. */
  readonly owner: string
  readonly isListed: boolean
  readonly groups: readonly ObjectGroup[]
  readonly defaults: readonly DefaultAcl[]
}

/**
 * Its schemas, and those that were so once: default privileges for the login, in the schema or in all, are what only we
 * leave there. A login of another database, or of level none, has nothing to look for in any schema, with
 * `undeclared = "revoke"` one of this database in none that is not listed, and the owner of one needs nothing in it.
 * @param groups by schema
 */
export function placesOf(
  database: Database,
  application: Application,
  interior: Interior,
  schemas: ReadonlyMap<string, SchemaState>,
  groups: ReadonlyMap<string, readonly ObjectGroup[]>,
): GrantPlace[] {
  const isGuest = application.database === database.name
  const isWorking = isGuest && application.accessLevel !== 'none'
  const defaults = interior.defaultAcl.filter(({ grantee }) => grantee === application.username)
  const hadAll = heldEverywhere(database, application, interior)
  const places: GrantPlace[] = []
  for (const schema of schemas.values()) {
    const owner = schemaOwner(database, schema.name).username
    if (owner === application.username) continue
    const isListed = isGuest && worksIn(database, application, schema)
    const here = defaults.filter((item) => item.schema === schema.name && item.creator === owner)
    const isOthers = isWorking && here.length === 0 && !hadAll && application.undeclared !== 'revoke'
    if (!isListed && isOthers) continue
    places.push({
      database,
      application,
      schema,
      owner,
      isListed,
      groups: groups.get(schema.name) ?? [],
      defaults: here,
    })
  }
  return places
}

export function wantedOn(place: GrantPlace, objectClass: ObjectClass): readonly string[] {
  return place.isListed ? objectPrivileges(place.application, objectClass) : []
}

/** By default in this schema alone: none where the login has them in all of the database's owner. */
export function wantedByDefault(place: GrantPlace, objectClass: ObjectClass): readonly string[] {
  const hasAll = place.application.allSchemas && place.owner === place.database.owner.username
  return hasAll ? [] : wantedOn(place, objectClass)
}

/** By default in all schemas of the database's owner. */
export function wantedEverywhere(
  database: Database,
  application: Application,
  defaultClass: DefaultClass,
): readonly string[] {
  if (!application.allSchemas || application.database !== database.name || application.accessLevel === 'owner')
    return []
  return defaultClass === 'schema' ? ['USAGE'] : objectPrivileges(application, defaultClass)
}

/** Whether it worked in all schemas so far: USAGE on those that will be created is what only we leave there. */
export function heldEverywhere(database: Database, { username }: Application, { defaultAcl }: Interior): boolean {
  return defaultAcl.some(
    ({ grantee, creator, objectClass }) =>
      grantee === username && creator === database.owner.username && objectClass === 'schema',
  )
}
