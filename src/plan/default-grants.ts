/** Privileges on what an owner will create: in a schema, and in all of a database. */
import type { DefaultClass, Interior, ObjectClass } from '../model/catalog.ts'
import type { Application, Database } from '../model/declaration.ts'
import type { Step } from '../model/step.ts'
import { grantByDefault, revokeByDefault } from '../sql/interior.ts'
import { accessStep, type PrivilegeStatement } from './access-change.ts'
import { subjectIn } from './context.ts'
import { type GrantPlace, wantedByDefault, wantedEverywhere } from './grant-places.ts'
import { levelInWords, subtract } from './privileges.ts'

const CLASSES: readonly ObjectClass[] = ['table', 'sequence', 'function']

const EVERYWHERE: readonly DefaultClass[] = ['schema', ...CLASSES]

/**
 * Default privileges in all schemas: those of a login that works in all of them. From one that works in some they are
 * taken away, whoever gave them: they reach into the others.
 * @param creator the database's owner, or a guest that owns schemas: all schemas are never those of a guest
 */
export function everywhereSteps(
  database: Database,
  application: Application,
  interior: Interior,
  creator: Application,
): Step[] {
  const owner = creator.username
  if (owner === application.username) return []
  const isOwners = creator.name === database.owner.name
  const { username, undeclared } = application
  const level = application.database === database.name ? application.accessLevel : null
  const items = EVERYWHERE.map((on) => {
    const held = interior.defaultAcl
      .filter((item) => item.grantee === username && item.creator === owner && item.schema === null)
      .flatMap(({ objectClass, privilege }) => (objectClass === on ? [privilege] : []))
    const wanted = isOwners ? wantedEverywhere(database, application, on) : []
    const excess = undeclared === 'keep' ? [] : subtract(held, wanted)
    return { on, missing: subtract(wanted, held), excess }
  })
  const about = subjectIn(database, application, 'default_privileges')
  const where = `all schemas of ${database.name}`
  const granted = accessStep(
    about,
    'grant_default_privileges',
    'grant',
    'created',
    `${username}: ${levelInWords(application)} of what ${owner} will create in ${where}, and of the schemas`,
    level,
    items
      .filter(({ missing }) => missing.length > 0)
      .map(({ on, missing }) => ({
        statement: grantByDefault(owner, null, on, missing, username),
        change: { on, schema: null, granted: missing },
      })),
  )
  const revoked = accessStep(
    about,
    'revoke_default_privileges',
    'revoke',
    'removed',
    `${username}: default privileges${isOwners ? '' : ` of ${owner}`} in ${where} beyond the declaration`,
    level,
    items
      .filter(({ excess }) => excess.length > 0)
      .map(({ on, excess }) => ({
        statement: revokeByDefault(owner, null, on, excess, username),
        change: { on, schema: null, revoked: excess },
      })),
  )
  return [granted, revoked].filter((item) => item.statements.length > 0)
}

function defaultsOf(place: GrantPlace, objectClass: ObjectClass): string[] {
  return place.defaults.filter((item) => item.objectClass === objectClass).map((item) => item.privilege)
}

export function defaultGrants(place: GrantPlace): PrivilegeStatement[] {
  const { application, schema, owner } = place
  return CLASSES.flatMap((objectClass): PrivilegeStatement[] => {
    const missing = subtract(wantedByDefault(place, objectClass), defaultsOf(place, objectClass))
    if (missing.length === 0) return []
    const { username } = application
    const statement = grantByDefault(owner, schema.name, objectClass, missing, username)
    return [{ statement, change: { on: objectClass, schema: schema.name, granted: missing } }]
  })
}

export function defaultRevokes(place: GrantPlace): PrivilegeStatement[] {
  const { application, schema, owner } = place
  if (application.undeclared === 'keep') return []
  return CLASSES.flatMap((objectClass): PrivilegeStatement[] => {
    const excess = subtract(defaultsOf(place, objectClass), wantedByDefault(place, objectClass))
    if (excess.length === 0) return []
    const { username } = application
    const statement = revokeByDefault(owner, schema.name, objectClass, excess, username)
    return [{ statement, change: { on: objectClass, schema: schema.name, revoked: excess } }]
  })
}
