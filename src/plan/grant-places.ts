/** Where a login has privileges inside a database, and which it should have there. */

import type { SchemaState, DefaultAcl, Interior, ObjectClass } from '../model/catalog.ts'
import type { Database, Application } from '../model/declaration.ts'
import type { ObjectGroup } from './object-groups.ts'
import { objectPrivileges } from './privileges.ts'

/** One login in one schema of the database, with what it should have there: everything of its level, or nothing. */
export interface GrantPlace {
  readonly database: Database
  readonly application: Application
  readonly schema: SchemaState
  readonly isListed: boolean
  readonly groups: readonly ObjectGroup[]
  readonly defaults: readonly DefaultAcl[]
}

/**
 * Listed schemas, and those that were listed once: default privileges for the login are what only we leave there. A
 * login of another database has nothing to look for in any schema.
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
  const owner = database.owner.username
  const defaults = interior.defaultAcl.filter((item) => item.grantee === application.username && item.creator === owner)
  const places: GrantPlace[] = []
  for (const schema of schemas.values()) {
    const isListed = isGuest && application.schemas.includes(schema.name)
    const here = defaults.filter((item) => item.schema === schema.name)
    if (!isListed && isGuest && here.length === 0) continue
    places.push({ database, application, schema, isListed, groups: groups.get(schema.name) ?? [], defaults: here })
  }
  return places
}

export function wantedOn(place: GrantPlace, objectClass: ObjectClass): readonly string[] {
  return place.isListed ? objectPrivileges(place.application, objectClass) : []
}
