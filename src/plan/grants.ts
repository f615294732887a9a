/** Privileges of editors and readers inside their database, now and by default. */
import type { AclItem, Interior, ObjectClass, SchemaObject, SchemaState } from '../model/catalog.ts'
import { isOfStack } from '../model/claim.ts'
import type { Application, Database } from '../model/declaration.ts'
import { schemaOwner } from '../model/schema-owner.ts'
import { VERSION_16 } from '../model/server-version.ts'
import type { Changes, Step } from '../model/step.ts'
import { parseTag } from '../model/tag.ts'
import { grantOnObjects, grantOnSchema, revokeOnObjects, revokeOnSchema } from '../sql/interior.ts'
import { accessStep, type PrivilegeStatement } from './access-change.ts'
import { type PlanContext, subjectIn } from './context.ts'
import { defaultGrants, defaultRevokes, everywhereSteps } from './default-grants.ts'
import { concernedLogins } from './database-grants.ts'
import { chunk, OBJECTS_PER_STATEMENT } from './chunks.ts'
import { alongWith, heldBy, isReachable, levelInWords, passedOnTo, subtract } from './privileges.ts'
import { placeFindings } from './grant-findings.ts'
import { placesOf, type GrantPlace, wantedOn } from './grant-places.ts'
import { groupObjects, type ObjectGroup } from './object-groups.ts'
import { leaveOutUnnamed } from './unnamed.ts'
import { groupBy } from '../group-by.ts'

export function planGrants(
  context: PlanContext,
  database: Database,
  interior: Interior,
  schemas: ReadonlyMap<string, SchemaState>,
): Changes {
  const logins = concernedLogins(context, database)
  const named = leaveOutUnnamed(database, logins, interior, schemas)
  const groups = groupObjects(named.interior.objects)
  const reachable = new Map([...named.schemas].filter(([name]) => mayActAs(context, schemaOwner(database, name))))
  const places = logins.flatMap((application) => placesOf(database, application, named.interior, reachable, groups))
  const creators = [database.owner, ...new Set(database.schemaOwners.values())].filter((creator) =>
    mayActAs(context, creator),
  )
  return {
    steps: [
      ...places.flatMap(placeSteps),
      ...logins.flatMap((application) =>
        creators.flatMap((creator) => everywhereSteps(database, application, interior, creator)),
      ),
    ],
    findings: [...places.flatMap(placeFindings), ...named.findings],
  }
}

/**
 * What is granted in a guest's schema is granted as that guest: not where it is left out because its role is somebody
 * else's, or none that the admin can act as.
 */
function mayActAs(context: PlanContext, { name, username }: Application): boolean {
  if (!context.leftOut.has(name)) return true
  const { server, roles } = context.actual.cluster
  const administers =
    server.version < VERSION_16 ||
    roles.get(server.login)?.superuser === true ||
    (context.membershipsByRole.get(username) ?? []).some(({ member, admin }) => member === server.login && admin)
  return administers && isOfStack(context.declaration, parseTag(roles.get(username)?.comment ?? null))
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
    `${application.username}: ${levelInWords(application)} in ${where}`,
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
    `${application.username}: ${levelInWords(application)} of what ${place.owner} will create in ${where}`,
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

function schemaGrants({ database, application, schema, owner, isListed }: GrantPlace): PrivilegeStatement[] {
  const isMissing =
    isListed && isReachable(database, schema) && !heldBy(schema.acl, application.username).includes('USAGE')
  const missing = isMissing ? ['USAGE'] : []
  return missing.map((privilege) => ({
    statement: grantOnSchema(schema.name, [privilege], application.username, owner),
    change: { on: 'schema', schema: schema.name, granted: [privilege] },
  }))
}

function schemaExcess({ database, application, schema, isListed }: GrantPlace): string[] {
  return isReachable(database, schema) && application.undeclared !== 'keep'
    ? subtract(heldBy(schema.acl, application.username, schema.owner), isListed ? ['USAGE'] : [])
    : []
}

function schemaRevokes(place: GrantPlace): PrivilegeStatement[] {
  const { application, schema, owner } = place
  const excess = schemaExcess(place)
  const passedOn = passedOnTo(schema.acl, application.username, excess).length > 0
  return excess.length > 0
    ? [
        {
          statement: revokeOnSchema(schema.name, excess, application.username, owner, passedOn),
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
  const { application, owner } = place
  return byPrivileges(place.groups, (group) => {
    const items = group.itemsOf(application.username)
    const has = heldBy(items, application.username)
    const all = group.objectClass === 'function' ? [...has, ...heldBy(items, '')] : has
    return subtract(wantedOn(place, group.objectClass), all)
  }).map(({ objectClass, objects, privileges }) => ({
    statement: grantOnObjects(objects, privileges, application.username, owner),
    change: { on: objectClass, schema: place.schema.name, granted: privileges },
  }))
}

/** Of single columns too: a REVOKE on the table takes those along. */
function objectExcess(place: GrantPlace, group: ObjectGroup): string[] {
  if (place.application.undeclared === 'keep') return []
  return subtract(
    heldBy(allItems(place, group), place.application.username, place.owner),
    wantedOn(place, group.objectClass),
  )
}

function objectDependents(place: GrantPlace, group: ObjectGroup): string[] {
  return passedOnTo(allItems(place, group), place.application.username, objectExcess(place, group))
}

function allItems({ application: { username } }: GrantPlace, group: ObjectGroup): AclItem[] {
  return [...group.itemsOf(username), ...group.columnItemsOf(username)]
}

/** Apart where the login granted some of it on: what others have from it is taken only where it must be. */
function objectRevokes(place: GrantPlace): PrivilegeStatement[] {
  const { application, owner } = place
  return [false, true].flatMap((passedOn) =>
    byPrivileges(
      place.groups.filter((group) => objectDependents(place, group).length > 0 === passedOn),
      (group) => objectExcess(place, group),
    ).map(({ objectClass, objects, privileges }) => ({
      statement: revokeOnObjects(objects, privileges, application.username, owner, passedOn),
      change: { on: objectClass, schema: place.schema.name, revoked: privileges },
    })),
  )
}

/** Who loses with the login what it granted on. */
function dependents(place: GrantPlace): string[] {
  const {
    application: { username },
    schema,
    groups,
  } = place
  return [
    ...new Set([
      ...passedOnTo(schema.acl, username, schemaExcess(place)),
      ...groups.flatMap((group) => objectDependents(place, group)),
    ]),
  ].sort()
}

/** Objects that need the same privileges share a statement. */
function byPrivileges(
  groups: readonly ObjectGroup[],
  privilegesOf: (group: ObjectGroup) => string[],
): { objectClass: ObjectClass; objects: SchemaObject[]; privileges: string[] }[] {
  const needing = groups
    .map((group) => ({ group, privileges: privilegesOf(group) }))
    .filter(({ privileges }) => privileges.length > 0)
  const alike = groupBy(needing, ({ group, privileges }) => `${group.objectClass} ${privileges.join()}`)
  return [...alike.values()].flatMap((list) => {
    const [first] = list
    if (first === undefined) return []
    const { group, privileges } = first
    const objects = list.flatMap((item) => item.group.objects)
    if (list.length > 1) objects.sort(byName)
    return chunk(objects, OBJECTS_PER_STATEMENT).map((part) => ({
      objectClass: group.objectClass,
      objects: part,
      privileges,
    }))
  })
}

function byName(a: SchemaObject, b: SchemaObject): number {
  const [first, second] = [a, b].map(({ name, args }) => `${name}\0${args ?? ''}`)
  return (first ?? '') < (second ?? '') ? -1 : 1
}
