/** Privileges of editors and readers inside their database, now and by default. */
import type { Interior, ObjectClass, SchemaObject, SchemaState } from '../model/catalog.ts'
import type { Database } from '../model/declaration.ts'
import type { Changes, Step } from '../model/step.ts'
import { grantOnObjects, grantOnSchema, revokeOnObjects, revokeOnSchema } from '../sql/interior.ts'
import { accessStep, type PrivilegeStatement } from './access-change.ts'
import { type PlanContext, subjectIn } from './context.ts'
import { defaultGrants, defaultRevokes, everywhereSteps } from './default-grants.ts'
import { concernedLogins } from './database-grants.ts'
import { chunk } from './chunks.ts'
import { alongWith, heldBy, isReachable, passedOnTo, subtract } from './privileges.ts'
import { placeFindings } from './grant-findings.ts'
import { placesOf, type GrantPlace, wantedOn } from './grant-places.ts'
import { leaveOutUnnamed } from './unnamed.ts'
import { groupBy } from '../group-by.ts'

/** Names in one GRANT: keeps statements readable in logs, whatever the number of tables. */
const OBJECTS_PER_STATEMENT = 200

export function planGrants(
  context: PlanContext,
  database: Database,
  interior: Interior,
  schemas: ReadonlyMap<string, SchemaState>,
): Changes {
  const logins = concernedLogins(context, database)
  const named = leaveOutUnnamed(database, logins, interior, schemas)
  const places = logins.flatMap((application) => placesOf(database, application, named.interior, named.schemas))
  return {
    steps: [
      ...places.flatMap(placeSteps),
      ...logins.flatMap((application) => everywhereSteps(database, application, interior)),
    ],
    findings: [...places.flatMap(placeFindings), ...named.findings],
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
    'grant_privileges',
    'grant',
    'created',
    `${application.username}: ${application.accessLevel} in ${where}`,
    level,
    [...schemaGrants(place), ...objectGrants(place)],
    schema.name,
  )
  const revoked = accessStep(
    grants,
    'revoke_privileges',
    'revoke',
    'removed',
    `${application.username} has more in ${where} than declared${alongWith(dependents(place))}`,
    level,
    [...schemaRevokes(place), ...objectRevokes(place)],
    schema.name,
  )
  const byDefault = accessStep(
    defaults,
    'grant_default_privileges',
    'grant',
    'created',
    `${application.username}: ${application.accessLevel} of what ${database.owner.username} will create in ${where}`,
    level,
    defaultGrants(place),
    schema.name,
  )
  const noDefault = accessStep(
    defaults,
    'revoke_default_privileges',
    'revoke',
    'removed',
    `${application.username}: default privileges in ${where} beyond the declaration`,
    level,
    defaultRevokes(place),
    schema.name,
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
