/** Privileges of editors and readers inside their database, now and by default. */
import type { Interior, ObjectClass, SchemaObject, SchemaState } from '../model/catalog.ts'
import type { Application, Database } from '../model/declaration.ts'
import type { Changes, Step } from '../model/step.ts'
import {
  grantByDefault,
  grantOnObjects,
  grantOnSchema,
  revokeByDefault,
  revokeOnObjects,
  revokeOnSchema,
} from '../sql/interior.ts'
import { accessStep, type PrivilegeStatement } from './access-change.ts'
import { type PlanContext, subjectIn } from './context.ts'
import { concernedLogins } from './database-grants.ts'
import { chunk } from './chunks.ts'
import { alongWith, heldBy, isReachable, objectPrivileges, passedOnTo, subtract } from './privileges.ts'
import { placeFindings } from './grant-findings.ts'
import { placesOf, type GrantPlace, wantedOn } from './grant-places.ts'
import { groupBy } from '../group-by.ts'

const CLASSES: readonly ObjectClass[] = ['table', 'sequence', 'function']

/** Names in one GRANT: keeps statements readable in logs, whatever the number of tables. */
const OBJECTS_PER_STATEMENT = 200

export function planGrants(
  context: PlanContext,
  database: Database,
  interior: Interior,
  schemas: ReadonlyMap<string, SchemaState>,
): Changes {
  const logins = concernedLogins(context, database)
  const places = logins.flatMap((application) => placesOf(database, application, interior, schemas))
  return {
    steps: [
      ...places.flatMap(placeSteps),
      ...logins.flatMap((application) => everywhereSteps(database, application, interior)),
    ],
    findings: places.flatMap(placeFindings),
  }
}

function placeSteps(place: GrantPlace): Step[] {
  const { database, application, schema } = place
  const where = `schema ${schema.name} of ${database.name}`
  const grants = subjectIn(database, application, 'grant')
  const defaults = subjectIn(database, application, 'default_privileges')
  const level = place.isListed ? application.accessLevel : null
  const granted = accessStep(
    grants,
    'grant',
    'created',
    `${application.username}: ${application.accessLevel} in ${where}`,
    level,
    [...schemaGrants(place), ...objectGrants(place)],
  )
  const revoked = accessStep(
    grants,
    'revoke',
    'removed',
    `${application.username} has more in ${where} than declared${alongWith(dependents(place))}`,
    level,
    [...schemaRevokes(place), ...objectRevokes(place)],
  )
  const byDefault = accessStep(
    defaults,
    'grant',
    'created',
    `${application.username}: ${application.accessLevel} of what ${database.owner.username} will create in ${where}`,
    level,
    defaultGrants(place),
  )
  const noDefault = accessStep(
    defaults,
    'revoke',
    'removed',
    `${application.username}: default privileges in ${where} beyond the declaration`,
    level,
    defaultRevokes(place),
  )
  return [granted, revoked, byDefault, noDefault].filter((item) => item.statements.length > 0)
}

function schemaGrants({ database, application, schema, isListed }: GrantPlace): PrivilegeStatement[] {
  const isMissing =
    isListed && isReachable(database, schema) && !heldBy(schema.acl, application.username).includes('USAGE')
  const missing = isMissing ? ['USAGE'] : []
  return missing.map((privilege) => ({
    statement: grantOnSchema(schema.name, [privilege], application.username, database.owner.username),
    change: { on: 'schema', schema: schema.name, granted: [privilege] },
  }))
}

function schemaExcess({ database, application, schema, isListed }: GrantPlace): string[] {
  return isReachable(database, schema)
    ? subtract(heldBy(schema.acl, application.username, schema.owner), isListed ? ['USAGE'] : [])
    : []
}

function schemaRevokes(place: GrantPlace): PrivilegeStatement[] {
  const { database, application, schema } = place
  const excess = schemaExcess(place)
  const passedOn = passedOnTo(schema.acl, application.username, excess).length > 0
  return excess.length > 0
    ? [
        {
          statement: revokeOnSchema(schema.name, excess, application.username, database.owner.username, passedOn),
          change: { on: 'schema', schema: schema.name, revoked: excess },
        },
      ]
    : []
}

/**
 * PUBLIC has EXECUTE on functions by default and keeps it: what everybody has, nobody needs (src/README.md: Access
 * levels).
 */
function objectGrants(place: GrantPlace): PrivilegeStatement[] {
  const { database, application } = place
  return byPrivileges(place.objects, (object) => {
    const has = heldBy(object.acl, application.username)
    const all = object.objectClass === 'function' ? [...has, ...heldBy(object.acl, '')] : has
    return subtract(wantedOn(place, object.objectClass), all)
  }).map(({ objectClass, objects, privileges }) => ({
    statement: grantOnObjects(objects, privileges, application.username, database.owner.username),
    change: { on: objectClass, schema: place.schema.name, granted: privileges },
  }))
}

/** Of single columns too: a REVOKE on the table takes those along. */
function objectExcess(place: GrantPlace, object: SchemaObject): string[] {
  return subtract(
    heldBy([...object.acl, ...object.columnAcl], place.application.username, place.database.owner.username),
    wantedOn(place, object.objectClass),
  )
}

function objectDependents(place: GrantPlace, object: SchemaObject): string[] {
  return passedOnTo([...object.acl, ...object.columnAcl], place.application.username, objectExcess(place, object))
}

/** Apart where the login granted some of it on: what others have from it is taken only where it must be. */
function objectRevokes(place: GrantPlace): PrivilegeStatement[] {
  const { database, application } = place
  return [false, true].flatMap((passedOn) =>
    byPrivileges(
      place.objects.filter((object) => objectDependents(place, object).length > 0 === passedOn),
      (object) => objectExcess(place, object),
    ).map(({ objectClass, objects, privileges }) => ({
      statement: revokeOnObjects(objects, privileges, application.username, database.owner.username, passedOn),
      change: { on: objectClass, schema: place.schema.name, revoked: privileges },
    })),
  )
}

/** Who loses with the login what it granted on. */
function dependents(place: GrantPlace): string[] {
  const {
    application: { username },
    schema,
    objects,
  } = place
  return [
    ...new Set([
      ...passedOnTo(schema.acl, username, schemaExcess(place)),
      ...objects.flatMap((object) => objectDependents(place, object)),
    ]),
  ].sort()
}

/** Default privileges in all schemas apply in the listed ones too: what goes beyond the level is taken away. */
function everywhereSteps(database: Database, application: Application, interior: Interior): Step[] {
  const owner = database.owner.username
  const isGuest = application.database === database.name
  const defaults = interior.defaultAcl.filter(
    (item) => item.grantee === application.username && item.creator === owner && item.schema === null,
  )
  const items = CLASSES.flatMap((objectClass): PrivilegeStatement[] => {
    const held = defaults.filter((item) => item.objectClass === objectClass).map((item) => item.privilege)
    const excess = subtract(held, isGuest ? objectPrivileges(application.accessLevel, objectClass) : [])
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

function defaultGrants(place: GrantPlace): PrivilegeStatement[] {
  const { database, application, schema } = place
  return CLASSES.flatMap((objectClass): PrivilegeStatement[] => {
    const missing = subtract(wantedOn(place, objectClass), defaultsOf(place, objectClass))
    if (missing.length === 0) return []
    const { username } = application
    const statement = grantByDefault(database.owner.username, schema.name, objectClass, missing, username)
    return [{ statement, change: { on: objectClass, schema: schema.name, granted: missing } }]
  })
}

function defaultRevokes(place: GrantPlace): PrivilegeStatement[] {
  const { database, application, schema } = place
  return CLASSES.flatMap((objectClass): PrivilegeStatement[] => {
    const excess = subtract(defaultsOf(place, objectClass), wantedOn(place, objectClass))
    if (excess.length === 0) return []
    const { username } = application
    const statement = revokeByDefault(database.owner.username, schema.name, objectClass, excess, username)
    return [{ statement, change: { on: objectClass, schema: schema.name, revoked: excess } }]
  })
}

/** Objects that need the same privileges share a statement. */
function byPrivileges(
  objects: readonly SchemaObject[],
  privilegesOf: (object: SchemaObject) => string[],
): { objectClass: ObjectClass; objects: SchemaObject[]; privileges: string[] }[] {
  const needing = objects
    .map((object) => ({ object, privileges: privilegesOf(object) }))
    .filter(({ privileges }) => privileges.length > 0)
  const groups = groupBy(needing, ({ object, privileges }) => `${object.objectClass} ${privileges.join()}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { object, privileges } = first
    return chunk(group, OBJECTS_PER_STATEMENT).map((part) => ({
      objectClass: object.objectClass,
      objects: part.map((item) => item.object),
      privileges,
    }))
  })
}
