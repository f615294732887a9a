/** What access control lists hold beyond the declaration, with grantors (src/README.md: Beyond the declaration). */
import { groupBy } from '../group-by.ts'
import { printLogin } from '../guardrails/printed-login.ts'
import type { PrivilegeChange } from '../model/access-change.ts'
import type { Beyond } from '../model/beyond.ts'
import type { AclItem, DatabaseState, DefaultClass, Interior, SchemaState } from '../model/catalog.ts'
import type { Database } from '../model/declaration.ts'
import { fewNames } from '../model/few-names.ts'
import { schemaOwner } from '../model/schema-owner.ts'
import { isSendable } from '../model/sendable.ts'
import type { Statement } from '../model/statement.ts'
import type { PrivilegeStatement } from '../model/step.ts'
import { revokeOnDatabase } from '../sql/database.ts'
import { revokeByDefault, revokeOnObjects, revokeOnSchema } from '../sql/interior.ts'
import { printAsMember, printInside, printStatements } from '../sql/print.ts'
import { printName } from '../sql/quote.ts'
import { revokeAll } from '../sql/removal.ts'
import { chunk, OBJECTS_PER_STATEMENT } from './chunks.ts'
import type { LookUps } from './context.ts'
import { heldBeyond, type HeldBeyond, isNeutral, judge, type Judgement } from './held-beyond.ts'
import { groupObjects, type ObjectGroup } from './object-groups.ts'
import { databasePrivileges, objectPrivileges, PG_DATABASE_OWNER, worksIn } from './privileges.ts'

/** Something beyond that a GRANT gave, and how it is taken away. */
export interface BeyondGrant extends Beyond, Judgement {
  readonly grantor: string
  /** Statements that do it as `actor`, each of a bounded number of objects. */
  readonly revocations: (actor: string) => readonly PrivilegeStatement[]
  readonly isByDefault: boolean
  /** What takes it away in every mode but `keep`: privileges of PUBLIC and of declared logins that the owner gave. */
  readonly isElsewhere: boolean
}

export function beyondOnDatabase(look: LookUps, database: Database, state: DatabaseState): BeyondGrant[] {
  const wantedOf = (role: string): readonly string[] => {
    const application = look.applicationsIn.get(database.name)?.get(role)
    return application === undefined ? [] : databasePrivileges(application)
  }
  const { login } = look.actual.cluster.server
  return heldBeyond(look, database, state.acl, state.owner, wantedOf).map((held) => {
    const { grantee, grantor, privileges, dependents } = held
    const revoke = (by: string): Statement =>
      revokeOnDatabase(state.name, privileges, grantee, by, dependents.length > 0)
    const isOwners = grantor === state.owner
    const remedy = isOwners
      ? `as ${printName(login)}: ${printAsMember(grantor, [revoke(grantor)])}`
      : `as ${printName(grantor)}: ${printStatements([revoke(grantor)])}`
    return {
      ...tell(database, held, `database ${state.name}`, remedy),
      place: { on: 'database', schema: null, creator: null },
      ...judge(look, database, held, { isOwners, owner: state.owner, isShut: true }),
      revocations: (by) => [itemOf(held, 'database', null, revoke(by))],
      isByDefault: false,
      isElsewhere: isOwners && isDeclaredOrPublic(look, grantee),
    }
  })
}

function isDeclaredOrPublic({ applicationByUsername }: LookUps, role: string): boolean {
  return role === '' || applicationByUsername.has(role)
}

function tell(
  database: Database,
  held: HeldBeyond,
  on: string,
  remedy: string,
): Omit<Beyond, 'fate' | 'grantor' | 'place'> & { grantor: string } {
  const { grantee, grantor, privileges } = held
  return { database: database.name, role: grantee, what: privileges.join(', '), on, grantor, remedy }
}

function itemOf(
  { grantee, privileges }: HeldBeyond,
  on: PrivilegeChange['on'],
  schema: string | null,
  statement: Statement,
): PrivilegeStatement {
  return { statement, change: { on, schema, revoked: privileges }, grantee }
}

export function beyondInside(look: LookUps, database: Database, interior: Interior): BeyondGrant[] {
  const schemas = [...interior.schemas.values()].filter(({ name }) => isSendable(name))
  const objects = [...interior.objects, ...interior.othersObjects]
  const byOwner = groupBy(
    objects.filter(({ schema, name }) => isSendable(schema) && isSendable(name)),
    ({ owner }) => owner,
  )
  return [
    ...schemas.flatMap((schema) => onSchema(look, database, schema)),
    ...[...byOwner].flatMap(([owner, list]) =>
      [...groupObjects(list)].flatMap(([schema, groups]) =>
        onObjects(look, database, interior.schemas.get(schema), { owner, groups }),
      ),
    ),
    ...byDefault(look, database, interior),
    ...onOthers(look, database, interior),
  ]
}

/** Told, and taken away by nobody but people: no access level reaches such objects. */
function onOthers(look: LookUps, database: Database, { otherGrants }: Interior): BeyondGrant[] {
  return otherGrants
    .filter(({ grantee, identity }) => !isNeutral(look, database, grantee) && isSendable(identity))
    .map(({ keyword, grantor, grantee, privileges, objects, identity }) => {
      const mode = (look.applicationByUsername.get(grantee) ?? database.owner).undeclared
      const held = { grantee, grantor, privileges, dependents: [], hangsOn: false }
      const [kind, revoke] = [keyword.toLowerCase(), revokeAll(keyword, [identity], grantee, grantor)]
      const on = objects === 1 ? `${kind} ${identity}` : `${String(objects)} ${kind}s, ${identity} among them`
      return {
        ...tell(database, held, on, remedyInside(look, database, grantor, [revoke])),
        place: { on: 'other', schema: null, creator: null },
        fate: mode === 'keep' ? 'kept' : 'left alone',
        actor: null,
        revocations: () => [],
        isByDefault: false,
        isElsewhere: false,
      }
    })
}

function remedyInside({ actual }: LookUps, database: Database, grantor: string, revoke: readonly Statement[]): string {
  return `${printLogin(actual.cluster, grantor, database.name)}: ${printInside(revoke, grantor)}`
}

function isListed(look: LookUps, database: Database, role: string, schema: SchemaState | undefined): boolean {
  const application = look.applicationsIn.get(database.name)?.get(role)
  return application !== undefined && schema !== undefined && worksIn(database, application, schema)
}

/** PUBLIC may use the schema public as the server makes it. */
function onSchema(look: LookUps, database: Database, schema: SchemaState): BeyondGrant[] {
  const wantedOf = (role: string): readonly string[] =>
    isListed(look, database, role, schema) || (role === '' && schema.name === 'public') ? ['USAGE'] : []
  return heldBeyond(look, database, schema.acl, schema.owner, wantedOf).map((held) => {
    const { grantee, grantor, privileges, dependents } = held
    const owner = schemaOwner(database, schema.name).username
    const isOwners = grantor === schema.owner && [owner, PG_DATABASE_OWNER].includes(grantor)
    const by = grantor === PG_DATABASE_OWNER ? database.owner.username : grantor
    const revoke = (actor: string): Statement =>
      revokeOnSchema(schema.name, privileges, grantee, actor, dependents.length > 0)
    const isPublicSchema = schema.name === 'public'
    return {
      ...tell(database, held, `schema ${schema.name}`, remedyInside(look, database, by, [revoke(by)])),
      place: { on: 'schema', schema: schema.name, creator: null },
      ...judge(look, database, held, { isOwners, owner, isShut: isPublicSchema, schema }),
      revocations: (actor) => [itemOf(held, 'schema', schema.name, revoke(actor))],
      isByDefault: false,
      isElsewhere: isOwners && isDeclaredOrPublic(look, grantee) && (grantee !== '' || isPublicSchema),
    }
  })
}

/** Levels reach what belongs to whose the schema is to be; on objects of others all is beyond. */
function onObjects(
  look: LookUps,
  database: Database,
  schema: SchemaState | undefined,
  { owner, groups }: { readonly owner: string; readonly groups: readonly ObjectGroup[] },
): BeyondGrant[] {
  if (schema === undefined) return []
  const isReached = owner === schemaOwner(database, schema.name).username
  const found = groups.flatMap((group) => {
    const wantedOf = (role: string): readonly string[] => [
      ...(isReached && isListed(look, database, role, schema) ? levelOf(look, database, role, group.objectClass) : []),
      ...(role === '' && group.objectClass === 'function' ? ['EXECUTE'] : []),
    ]
    const of = (acl: readonly AclItem[], isColumns: boolean) =>
      heldBeyond(look, database, acl, owner, wantedOf).map((held) => ({ held, group, isColumns }))
    return [...of(group.acl, false), ...of(group.columnAcl, true)]
  })
  const alike = groupBy(found, ({ held, group, isColumns }) => JSON.stringify([held, group.objectClass, isColumns]))
  return [...alike.values()].flatMap((list): BeyondGrant[] => {
    const [first] = list
    if (first === undefined) return []
    const { held, group, isColumns } = first
    const { grantee, grantor, privileges, dependents } = held
    const objects = list.flatMap((item) => item.group.objects)
    const names = objects.map(({ name }) => `${schema.name}.${name}`)
    const what = names.length === 1 ? group.objectClass : `${String(names.length)} ${group.objectClass}s`
    const revoke = (some: typeof objects, actor: string): Statement =>
      revokeOnObjects(some, privileges, grantee, actor, dependents.length > 0)
    const isOwners = isReached && grantor === owner
    const on = `${isColumns ? 'columns of ' : ''}${what} ${fewNames(names)}`
    return [
      {
        ...tell(database, held, on, remedyInside(look, database, grantor, [revoke(objects, grantor)])),
        place: { on: group.objectClass, schema: schema.name, creator: null },
        ...judge(look, database, held, { isOwners, owner, schema }),
        revocations: (actor) =>
          chunk(objects, OBJECTS_PER_STATEMENT).map((some) =>
            itemOf(held, group.objectClass, schema.name, revoke(some, actor)),
          ),
        isByDefault: false,
        isElsewhere: isOwners && grantee !== '' && isDeclaredOrPublic(look, grantee),
      },
    ]
  })
}

function levelOf(look: LookUps, database: Database, role: string, objectClass: DefaultClass): readonly string[] {
  const application = look.applicationsIn.get(database.name)?.get(role)
  if (application === undefined) return []
  if (objectClass === 'schema') return application.allSchemas ? ['USAGE'] : []
  return objectPrivileges(application, objectClass)
}

/** What any creator's future objects give to others; a creator needs nothing on its own. */
function byDefault(look: LookUps, database: Database, { defaultAcl, schemas }: Interior): BeyondGrant[] {
  const ownerIn = (schema: string | null): string =>
    schema === null ? database.owner.username : schemaOwner(database, schema).username
  const isEverywhere = (role: string): boolean => look.applicationsIn.get(database.name)?.get(role)?.allSchemas === true
  const others = defaultAcl.filter(({ creator, schema, objectClass, grantee, privilege }) => {
    if (grantee === creator || isNeutral(look, database, grantee) || !isSendable(schema ?? '')) return false
    if (grantee === '' && objectClass === 'function' && schema === null && privilege === 'EXECUTE') return false
    const isThere = schema === null ? isEverywhere(grantee) : isListed(look, database, grantee, schemas.get(schema))
    const isOurs = creator === ownerIn(schema) && isThere
    return !(isOurs && levelOf(look, database, grantee, objectClass).includes(privilege))
  })
  const alike = groupBy(others, ({ creator, schema, objectClass, grantee }) =>
    JSON.stringify([creator, schema, objectClass, grantee]),
  )
  return [...alike.values()].flatMap((list): BeyondGrant[] => {
    const [first] = list
    if (first === undefined) return []
    const { creator, schema, objectClass, grantee } = first
    const privileges = list.map(({ privilege }) => privilege).sort()
    const revoke = revokeByDefault(creator, schema, objectClass, privileges, grantee)
    const where = schema === null ? 'any schema' : `schema ${schema}`
    const isOwners = creator === ownerIn(schema)
    const held = { grantee, grantor: creator, privileges, dependents: [], hangsOn: false }
    const on = `${objectClass}s that ${creator} will create in ${where}`
    return [
      {
        ...tell(database, held, on, remedyInside(look, database, creator, [revoke])),
        place: { on: objectClass, schema, creator },
        ...judge(look, database, held, { isOwners, owner: creator }),
        revocations: () => [itemOf(held, objectClass, schema, revoke)],
        isByDefault: true,
        isElsewhere: isOwners && grantee !== '' && isDeclaredOrPublic(look, grantee),
      },
    ]
  })
}
