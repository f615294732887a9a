/** Privileges of editors and readers inside their database, now and by default. */
import type { AclItem, DefaultAcl, Interior, ObjectClass, SchemaObject, SchemaState } from '../model/catalog.ts'
import type { Application, Database } from '../model/declaration.ts'
import type { Statement } from '../model/statement.ts'
import type { Changes, Finding, Step } from '../model/step.ts'
import {
  grantByDefault,
  grantOnObjects,
  grantOnSchema,
  revokeByDefault,
  revokeOnObjects,
  revokeOnSchema,
} from '../sql/interior.ts'
import { finding, type PlanContext, step, subject, subjectIn } from './context.ts'
import { concerned } from './databases.ts'
import { chunks } from './chunks.ts'
import { alongWith, held, isReachable, objectPrivileges, passedOnTo, without } from './privileges.ts'

const CLASSES: readonly ObjectClass[] = ['table', 'sequence', 'function']

/** Names in one GRANT: keeps statements readable in logs, whatever the number of tables. */
const OBJECTS_PER_STATEMENT = 200

/** One login in one schema of the database, with what it should have there: everything of its level, or nothing. */
interface Place {
  readonly database: Database
  readonly application: Application
  readonly schema: SchemaState
  readonly isListed: boolean
  readonly objects: readonly SchemaObject[]
  readonly defaults: readonly DefaultAcl[]
}

export function planGrants(
  context: PlanContext,
  database: Database,
  interior: Interior,
  schemas: ReadonlyMap<string, SchemaState>,
): Changes {
  const logins = concerned(context, database)
  const places = logins.flatMap((application) => placesOf(database, application, interior, schemas))
  return {
    steps: [
      ...places.flatMap(placeSteps),
      ...logins.flatMap((application) => everywhereSteps(database, application, interior)),
    ],
    findings: places.flatMap(placeFindings),
  }
}

/**
 * Listed schemas, and those that were listed once: default privileges for the login are what only we leave there. A
 * login of another database has nothing to look for in any schema.
 */
function placesOf(
  database: Database,
  application: Application,
  interior: Interior,
  schemas: ReadonlyMap<string, SchemaState>,
): Place[] {
  const isGuest = application.database === database.name
  const owner = database.owner.username
  const defaults = interior.defaultAcl.filter((item) => item.grantee === application.username && item.creator === owner)
  const places: Place[] = []
  for (const schema of schemas.values()) {
    const isListed = isGuest && application.schemas.includes(schema.name)
    const here = defaults.filter((item) => item.schema === schema.name)
    if (!isListed && isGuest && here.length === 0) continue
    const objects = interior.objects.filter((item) => item.schema === schema.name)
    places.push({ database, application, schema, isListed, objects, defaults: here })
  }
  return places
}

function placeSteps(place: Place): Step[] {
  const { database, application, schema } = place
  const where = `schema ${schema.name} of ${database.name}`
  const grants = subjectIn(database, application, 'grant')
  const defaults = subjectIn(database, application, 'default_privileges')
  const granted = step(grants, 'grant', 'created', `${application.username}: ${application.accessLevel} in ${where}`, [
    ...schemaGrants(place),
    ...objectGrants(place),
  ])
  const revoked = step(
    grants,
    'revoke',
    'removed',
    `${application.username} has more in ${where} than declared${alongWith(dependents(place))}`,
    [...schemaRevokes(place), ...objectRevokes(place)],
  )
  const byDefault = step(
    defaults,
    'grant',
    'created',
    `${application.username}: ${application.accessLevel} of what ${database.owner.username} will create in ${where}`,
    defaultGrants(place),
  )
  const noDefault = step(
    defaults,
    'revoke',
    'removed',
    `${application.username}: default privileges in ${where} beyond the declaration`,
    defaultRevokes(place),
  )
  return [granted, revoked, byDefault, noDefault].filter((item) => item.statements.length > 0)
}

function wantedOn(place: Place, objectClass: ObjectClass): readonly string[] {
  return place.isListed ? objectPrivileges(place.application.accessLevel, objectClass) : []
}

function schemaGrants({ database, application, schema, isListed }: Place): Statement[] {
  const isMissing =
    isListed && isReachable(database, schema) && !held(schema.acl, application.username).includes('USAGE')
  return isMissing ? [grantOnSchema(schema.name, ['USAGE'], application.username, database.owner.username)] : []
}

function schemaExcess({ database, application, schema, isListed }: Place): string[] {
  return isReachable(database, schema)
    ? without(held(schema.acl, application.username, schema.owner), isListed ? ['USAGE'] : [])
    : []
}

function schemaRevokes(place: Place): Statement[] {
  const { database, application, schema } = place
  const excess = schemaExcess(place)
  const passedOn = passedOnTo(schema.acl, application.username, excess).length > 0
  return excess.length > 0
    ? [revokeOnSchema(schema.name, excess, application.username, database.owner.username, passedOn)]
    : []
}

/** PUBLIC has EXECUTE on functions by default and keeps it: what everybody has, nobody needs (design §6). */
function objectGrants(place: Place): Statement[] {
  const { database, application } = place
  return byPrivileges(place.objects, (object) => {
    const has = held(object.acl, application.username)
    const all = object.objectClass === 'function' ? [...has, ...held(object.acl, '')] : has
    return without(wantedOn(place, object.objectClass), all)
  }).map(({ objects, privileges }) =>
    grantOnObjects(objects, privileges, application.username, database.owner.username),
  )
}

/** Of single columns too: a REVOKE on the table takes those along. */
function objectExcess(place: Place, object: SchemaObject): string[] {
  return without(
    held([...object.acl, ...object.columnAcl], place.application.username, place.database.owner.username),
    wantedOn(place, object.objectClass),
  )
}

function objectDependents(place: Place, object: SchemaObject): string[] {
  return passedOnTo([...object.acl, ...object.columnAcl], place.application.username, objectExcess(place, object))
}

/** Apart where the login granted some of it on: what others have from it is taken only where it must be. */
function objectRevokes(place: Place): Statement[] {
  const { database, application } = place
  return [false, true].flatMap((passedOn) =>
    byPrivileges(
      place.objects.filter((object) => objectDependents(place, object).length > 0 === passedOn),
      (object) => objectExcess(place, object),
    ).map(({ objects, privileges }) =>
      revokeOnObjects(objects, privileges, application.username, database.owner.username, passedOn),
    ),
  )
}

/** Who loses with the login what it granted on. */
function dependents(place: Place): string[] {
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
  const statements = CLASSES.flatMap((objectClass) => {
    const held = defaults.filter((item) => item.objectClass === objectClass).map((item) => item.privilege)
    const excess = without(held, isGuest ? objectPrivileges(application.accessLevel, objectClass) : [])
    return excess.length > 0 ? [revokeByDefault(owner, null, objectClass, excess, application.username)] : []
  })
  const message = `${application.username}: default privileges in all schemas of ${database.name} beyond the declaration`
  return statements.length === 0
    ? []
    : [step(subjectIn(database, application, 'default_privileges'), 'revoke', 'removed', message, statements)]
}

function defaultsOf(place: Place, objectClass: ObjectClass): string[] {
  return place.defaults.filter((item) => item.objectClass === objectClass).map((item) => item.privilege)
}

function defaultGrants(place: Place): Statement[] {
  const { database, application, schema } = place
  return CLASSES.flatMap((objectClass) => {
    const missing = without(wantedOn(place, objectClass), defaultsOf(place, objectClass))
    return missing.length > 0
      ? [grantByDefault(database.owner.username, schema.name, objectClass, missing, application.username)]
      : []
  })
}

function defaultRevokes(place: Place): Statement[] {
  const { database, application, schema } = place
  return CLASSES.flatMap((objectClass) => {
    const excess = without(defaultsOf(place, objectClass), wantedOn(place, objectClass))
    return excess.length > 0
      ? [revokeByDefault(database.owner.username, schema.name, objectClass, excess, application.username)]
      : []
  })
}

/** Objects that need the same privileges share a statement. */
function byPrivileges(
  objects: readonly SchemaObject[],
  privilegesOf: (object: SchemaObject) => string[],
): { objects: SchemaObject[]; privileges: string[] }[] {
  const groups = new Map<string, { objects: SchemaObject[]; privileges: string[] }>()
  for (const object of objects) {
    const privileges = privilegesOf(object)
    if (privileges.length === 0) continue
    const key = `${object.objectClass} ${privileges.join()}`
    const group = groups.get(key) ?? { objects: [], privileges }
    group.objects.push(object)
    groups.set(key, group)
  }
  return [...groups.values()].flatMap((group) =>
    chunks(group.objects, OBJECTS_PER_STATEMENT).map((part) => ({ objects: part, privileges: group.privileges })),
  )
}

function placeFindings(place: Place): Finding[] {
  return [...usageFindings(place), ...foreignGrants(place)]
}

/** What others than the owner granted to the login, under a grant option, only they can revoke. */
function foreignGrants({ database, application, schema, objects, isListed }: Place): Finding[] {
  const from = (acl: readonly AclItem[], owner: string, wanted: readonly string[]): AclItem[] =>
    acl.filter(
      (item) => item.grantee === application.username && item.grantor !== owner && !wanted.includes(item.privilege),
    )
  const items = [
    ...from(schema.acl, schema.owner, isListed ? ['USAGE'] : []),
    ...objects.flatMap((object) =>
      from(
        [...object.acl, ...object.columnAcl],
        database.owner.username,
        isListed ? objectPrivileges(application.accessLevel, object.objectClass) : [],
      ),
    ),
  ]
  const names = (of: (item: AclItem) => string): string => [...new Set(items.map(of))].sort().join(', ')
  if (items.length === 0) return []
  const message = `${application.username} holds ${names((item) => item.privilege)} in schema ${schema.name} of ${database.name} beyond its level, from ${names((item) => item.grantor)}, who can revoke it`
  return [finding(subjectIn(database, application, 'grant'), 'keep', 'warning', message)]
}

/** A schema that the owner cannot grant on (design §5 fact 6) works only as far as PUBLIC may use it. */
function usageFindings({ database, application, schema, isListed }: Place): Finding[] {
  if (
    !isListed ||
    isReachable(database, schema) ||
    held(schema.acl, '').includes('USAGE') ||
    held(schema.acl, application.username).includes('USAGE')
  )
    return []
  const message = `${application.username} cannot use schema ${schema.name} of ${database.name}: it belongs to ${schema.owner}, who alone can grant USAGE on it`
  return [finding(subject(application, 'grant'), 'grant', 'warning', message)]
}
