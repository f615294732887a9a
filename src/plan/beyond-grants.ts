/** What access control lists hold beyond the declaration, with grantors (src/README.md: Beyond the declaration). */
import { groupBy } from '../group-by.ts'
import { printLogin } from '../guardrails/printed-login.ts'
import type { Beyond, Fate } from '../model/beyond.ts'
import type { AclItem, DatabaseState, DefaultClass, Interior, SchemaState } from '../model/catalog.ts'
import type { Database } from '../model/declaration.ts'
import { fewNames } from '../model/few-names.ts'
import { schemaOwner } from '../model/schema-owner.ts'
import { isSendable } from '../model/sendable.ts'
import type { Statement } from '../model/statement.ts'
import { isHelper } from '../model/upgrade-helper.ts'
import { revokeOnDatabase } from '../sql/database.ts'
import { revokeByDefault, revokeOnObjects, revokeOnSchema } from '../sql/interior.ts'
import { printAsMember, printInside, printStatements } from '../sql/print.ts'
import { printName } from '../sql/quote.ts'
import type { LookUps } from './context.ts'
import { groupObjects, type ObjectGroup } from './object-groups.ts'
import { databasePrivileges, objectPrivileges, passedOnTo, PG_DATABASE_OWNER, worksIn } from './privileges.ts'

/** What one role holds from one other beyond the declaration, on one thing or on things that are alike. */
export interface HeldBeyond {
  readonly grantee: string
  readonly grantor: string
  readonly privileges: readonly string[]
  /** Whether others hold some of it from the grantee. */
  readonly passedOn: boolean
}

/** Who is meant to have everything there: nothing of theirs is beyond. */
export function isNeutral({ actual: { cluster } }: LookUps, database: Database, role: string): boolean {
  const state = cluster.roles.get(role)
  const { login } = cluster.server
  const isAdmins = role === login || (state !== undefined && isHelper(state, login))
  return role === database.owner.username || role === PG_DATABASE_OWNER || isAdmins || state?.superuser === true
}

/** @param wantedOf what a role is declared to have; PUBLIC is '' */
export function heldBeyond(
  look: LookUps,
  database: Database,
  acl: readonly AclItem[],
  owner: string,
  wantedOf: (role: string) => readonly string[],
): HeldBeyond[] {
  const items = acl.filter(
    ({ grantee, privilege }) =>
      grantee !== owner && !isNeutral(look, database, grantee) && !wantedOf(grantee).includes(privilege),
  )
  return [...groupBy(items, ({ grantee, grantor }) => JSON.stringify([grantee, grantor])).values()].flatMap((list) => {
    const [first] = list
    if (first === undefined) return []
    const privileges = [...new Set(list.map(({ privilege }) => privilege))].sort()
    const passedOn = first.grantee !== '' && passedOnTo(acl, first.grantee, privileges).length > 0
    return [{ grantee: first.grantee, grantor: first.grantor, privileges, passedOn }]
  })
}

/**
 * @param isOurs granted by the role whose grants a run may take back
 * @param isShut of PUBLIC: what it loses on a database that is not kept
 */
export function fateOf(look: LookUps, database: Database, role: string, isOurs: boolean, isShut = false): Fate {
  const declared = look.applicationByUsername.get(role)
  const mode = (declared ?? database.owner).undeclared
  if (mode === 'keep') return 'kept'
  const isTaken = role === '' ? isShut : declared !== undefined
  return isOurs && isTaken ? 'taken away' : 'left alone'
}

export function beyondOnDatabase(look: LookUps, database: Database, state: DatabaseState): Beyond[] {
  const wantedOf = (role: string): readonly string[] => {
    const application = look.applicationByUsername.get(role)
    return application?.database === database.name ? databasePrivileges(application) : []
  }
  const { login } = look.actual.cluster.server
  return heldBeyond(look, database, state.acl, state.owner, wantedOf).map((held) => {
    const { grantee, grantor, privileges, passedOn } = held
    const revoke = revokeOnDatabase(state.name, privileges, grantee, grantor, passedOn)
    const isOwners = grantor === state.owner
    const remedy = isOwners
      ? `as ${printName(login)}: ${printAsMember(grantor, [revoke])}`
      : `as ${printName(grantor)}: ${printStatements([revoke])}`
    const fate = fateOf(look, database, grantee, isOwners, true)
    return beyond(database, held, `database ${state.name}`, fate, remedy)
  })
}

function beyond(database: Database, held: HeldBeyond, on: string, fate: Fate, remedy: string): Beyond {
  const { grantee, grantor, privileges } = held
  return { database: database.name, role: grantee, what: privileges.join(', '), on, grantor, fate, remedy }
}

export function beyondInside(look: LookUps, database: Database, interior: Interior): Beyond[] {
  const schemas = [...interior.schemas.values()].filter(({ name }) => isSendable(name))
  const groups = groupObjects(interior.objects.filter(({ schema, name }) => isSendable(schema) && isSendable(name)))
  return [
    ...schemas.flatMap((schema) => onSchema(look, database, schema)),
    ...[...groups].flatMap(([schema, list]) => onObjects(look, database, interior.schemas.get(schema), list)),
    ...byDefault(look, database, interior),
  ]
}

function remedyInside({ actual }: LookUps, database: Database, grantor: string, revoke: readonly Statement[]): string {
  return `${printLogin(actual.cluster, grantor, database.name)}: ${printInside(revoke, grantor)}`
}

function isListed(look: LookUps, database: Database, role: string, schema: SchemaState | undefined): boolean {
  const application = look.applicationByUsername.get(role)
  return application?.database === database.name && schema !== undefined && worksIn(database, application, schema)
}

/** PUBLIC may use the schema public as the server makes it. */
function onSchema(look: LookUps, database: Database, schema: SchemaState): Beyond[] {
  const wantedOf = (role: string): readonly string[] =>
    isListed(look, database, role, schema) || (role === '' && schema.name === 'public') ? ['USAGE'] : []
  return heldBeyond(look, database, schema.acl, schema.owner, wantedOf).map((held) => {
    const { grantee, grantor, privileges, passedOn } = held
    const isOurs =
      grantor === schema.owner && [schemaOwner(database, schema.name).username, PG_DATABASE_OWNER].includes(grantor)
    const by = grantor === PG_DATABASE_OWNER ? database.owner.username : grantor
    const revoke = revokeOnSchema(schema.name, privileges, grantee, by, passedOn)
    const fate = fateOf(look, database, grantee, isOurs, schema.name === 'public')
    return beyond(database, held, `schema ${schema.name}`, fate, remedyInside(look, database, by, [revoke]))
  })
}

function onObjects(
  look: LookUps,
  database: Database,
  schema: SchemaState | undefined,
  groups: readonly ObjectGroup[],
): Beyond[] {
  if (schema === undefined) return []
  const owner = schemaOwner(database, schema.name).username
  const found = groups.flatMap((group) => {
    const wantedOf = (role: string): readonly string[] => [
      ...(isListed(look, database, role, schema) ? levelOf(look, role, group.objectClass) : []),
      ...(role === '' && group.objectClass === 'function' ? ['EXECUTE'] : []),
    ]
    const of = (acl: readonly AclItem[], isColumns: boolean) =>
      heldBeyond(look, database, acl, owner, wantedOf).map((held) => ({ held, group, isColumns }))
    return [...of(group.acl, false), ...of(group.columnAcl, true)]
  })
  const alike = groupBy(found, ({ held, group, isColumns }) => JSON.stringify([held, group.objectClass, isColumns]))
  return [...alike.values()].flatMap((list): Beyond[] => {
    const [first] = list
    if (first === undefined) return []
    const { held, group, isColumns } = first
    const objects = list.flatMap((item) => item.group.objects)
    const names = objects.map(({ name }) => `${schema.name}.${name}`)
    const what = names.length === 1 ? group.objectClass : `${String(names.length)} ${group.objectClass}s`
    const revoke = revokeOnObjects(objects, held.privileges, held.grantee, held.grantor, held.passedOn)
    const fate = fateOf(look, database, held.grantee, held.grantor === owner)
    const on = `${isColumns ? 'columns of ' : ''}${what} ${fewNames(names)}`
    return [beyond(database, held, on, fate, remedyInside(look, database, held.grantor, [revoke]))]
  })
}

function levelOf(look: LookUps, role: string, objectClass: DefaultClass): readonly string[] {
  const application = look.applicationByUsername.get(role)
  if (application === undefined) return []
  if (objectClass === 'schema') return application.allSchemas ? ['USAGE'] : []
  return objectPrivileges(application, objectClass)
}

/** What any creator's future objects give to others; a creator needs nothing on its own. */
function byDefault(look: LookUps, database: Database, { defaultAcl, schemas }: Interior): Beyond[] {
  const ownerIn = (schema: string | null): string =>
    schema === null ? database.owner.username : schemaOwner(database, schema).username
  const isOfDatabase = (role: string): boolean => look.applicationByUsername.get(role)?.database === database.name
  const others = defaultAcl.filter(({ creator, schema, objectClass, grantee, privilege }) => {
    if (grantee === creator || isNeutral(look, database, grantee) || !isSendable(schema ?? '')) return false
    if (grantee === '' && objectClass === 'function' && schema === null && privilege === 'EXECUTE') return false
    const isThere = schema === null ? isOfDatabase(grantee) : isListed(look, database, grantee, schemas.get(schema))
    const isOurs = creator === ownerIn(schema) && isThere
    return !(isOurs && levelOf(look, grantee, objectClass).includes(privilege))
  })
  const alike = groupBy(others, ({ creator, schema, objectClass, grantee }) =>
    JSON.stringify([creator, schema, objectClass, grantee]),
  )
  return [...alike.values()].flatMap((list): Beyond[] => {
    const [first] = list
    if (first === undefined) return []
    const { creator, schema, objectClass, grantee } = first
    const privileges = list.map(({ privilege }) => privilege).sort()
    const revoke = revokeByDefault(creator, schema, objectClass, privileges, grantee)
    const where = schema === null ? 'any schema' : `schema ${schema}`
    const fate = fateOf(look, database, grantee, creator === ownerIn(schema))
    const held = { grantee, grantor: creator, privileges, passedOn: false }
    const on = `${objectClass}s that ${creator} will create in ${where}`
    return [beyond(database, held, on, fate, remedyInside(look, database, creator, [revoke]))]
  })
}
