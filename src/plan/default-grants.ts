/** Privileges on what an owner will create: in a schema, and in all of a database. */
import type { Interior, ObjectClass } from '../model/catalog.ts'
import type { Application, Database } from '../model/declaration.ts'
import type { Step } from '../model/step.ts'
import { grantByDefault, revokeByDefault } from '../sql/interior.ts'
import { accessStep, type PrivilegeStatement } from './access-change.ts'
import { subjectIn } from './context.ts'
import { type GrantPlace, wantedOn } from './grant-places.ts'
import { objectPrivileges, subtract } from './privileges.ts'

const CLASSES: readonly ObjectClass[] = ['table', 'sequence', 'function']

/** Default privileges in all schemas apply in the listed ones too: what goes beyond the level is taken away. */
export function everywhereSteps(database: Database, application: Application, interior: Interior): Step[] {
  if (application.undeclared === 'keep') return []
  const owner = database.owner.username
  const isGuest = application.database === database.name
  const defaults = interior.defaultAcl.filter(
    (item) => item.grantee === application.username && item.creator === owner && item.schema === null,
  )
  const items = CLASSES.flatMap((objectClass): PrivilegeStatement[] => {
    const held = defaults.filter((item) => item.objectClass === objectClass).map((item) => item.privilege)
    const excess = subtract(held, isGuest ? objectPrivileges(application, objectClass) : [])
    if (excess.length === 0) return []
    const statement = revokeByDefault(owner, null, objectClass, excess, application.username)
    return [{ statement, change: { on: objectClass, schema: null, revoked: excess } }]
  })
  const message = `${application.username}: default privileges in all schemas of ${database.name} beyond the declaration`
  return items.length === 0
    ? []
    : [
        accessStep(
          subjectIn(database, application, 'default_privileges'),
          'revoke_default_privileges',
          'revoke',
          'removed',
          message,
          isGuest ? application.accessLevel : null,
          items,
        ),
      ]
}

function defaultsOf(place: GrantPlace, objectClass: ObjectClass): string[] {
  return place.defaults.filter((item) => item.objectClass === objectClass).map((item) => item.privilege)
}

export function defaultGrants(place: GrantPlace): PrivilegeStatement[] {
  const { database, application, schema } = place
  return CLASSES.flatMap((objectClass): PrivilegeStatement[] => {
    const missing = subtract(wantedOn(place, objectClass), defaultsOf(place, objectClass))
    if (missing.length === 0) return []
    const { username } = application
    const statement = grantByDefault(database.owner.username, schema.name, objectClass, missing, username)
    return [{ statement, change: { on: objectClass, schema: schema.name, granted: missing } }]
  })
}

export function defaultRevokes(place: GrantPlace): PrivilegeStatement[] {
  const { database, application, schema } = place
  if (application.undeclared === 'keep') return []
  return CLASSES.flatMap((objectClass): PrivilegeStatement[] => {
    const excess = subtract(defaultsOf(place, objectClass), wantedOn(place, objectClass))
    if (excess.length === 0) return []
    const { username } = application
    const statement = revokeByDefault(database.owner.username, schema.name, objectClass, excess, username)
    return [{ statement, change: { on: objectClass, schema: schema.name, revoked: excess } }]
  })
}
