/** What is inside a database: schemas, extensions, and what PUBLIC may create. */
import type { AclItem, Interior, SchemaState } from '../model/catalog.ts'
import type { Application, Database } from '../model/declaration.ts'
import { VERSION_15 } from '../model/server-version.ts'
import { fewNames } from '../model/few-names.ts'
import { staysOpen } from '../model/keep-fields.ts'
import { schemaOwner } from '../model/schema-owner.ts'
import type { Changes, Finding, Step } from '../model/step.ts'
import { grantOnDatabase, revokeOnDatabase } from '../sql/database.ts'
import { createSchema, grantOnSchema, revokeOnSchema } from '../sql/interior.ts'
import { printLogin } from '../guardrails/printed-login.ts'
import { printInside } from '../sql/print.ts'
import { printName } from '../sql/quote.ts'
import { accessStep } from './access-change.ts'
import { finding, type PlanContext, step, subject } from './context.ts'
import { coverageFindings, unlistedSchemas } from './coverage.ts'
import { homeOf, planExtensions } from './extensions.ts'
import { planGrants } from './grants.ts'
import { revocationsInside } from './revocations.ts'
import { uncoveredFindings } from './uncovered.ts'
import { isHandedOver } from './withheld.ts'
import { heldBy, isReachable, PG_DATABASE_OWNER, subtract } from './privileges.ts'

/** Steps of `Changes` are those once the owner has the database; what the others are empty of needs no master. */
export interface InteriorPlan extends Changes {
  /** As the owner, before it has the database: what the master's extensions need. */
  readonly founding: readonly Step[]
  readonly byMaster: readonly Step[]
}

/**
 * Steps inside one database, all but the master's run as its owner. A database that does not exist yet is planned from
 * what template0 holds in this version; the inspection after the run corrects the plan where a server differs.
 */
export function planInterior(context: PlanContext, database: Database): InteriorPlan | null {
  const exists = context.actual.cluster.databases.has(database.name)
  const interior = exists
    ? context.actual.interiors.get(database.name)
    : emptyInterior(context.actual.cluster.server.version, database)
  if (interior === undefined) return null
  const schemas = schemasAfterCreation(database, interior)
  const grants = planGrants(context, database, interior, schemas)
  const publicSchema = planPublicSchema(context, database, interior)
  const own = ownerSchemas(context, database, schemas)
  const extensions = planExtensions(context, database, interior)
  const revoked = revocationsInside(context, database, interior)
  const created = createSchemas(context, database, interior, exists && !isHandedOver(context, database))
  const isFirst = ({ target }: Step): boolean => extensions.byMaster.length > 0 && target === homeOf(database)
  // Else a schema that is made would give what is no longer declared (src/README.md: Default privileges).
  const isTakenFirst = ({ kind, target }: Step): boolean =>
    created.length > 0 && kind === 'revoke_default_privileges' && target === null
  return {
    founding: [...created.filter(isFirst), ...extensions.founding],
    byMaster: extensions.byMaster,
    steps: [
      ...grants.steps.filter(isTakenFirst),
      ...created.filter((item) => !isFirst(item)),
      ...own.steps,
      ...extensions.byOwner,
      ...revoked.steps,
      ...publicSchema.steps,
      ...grants.steps.filter((item) => !isTakenFirst(item)),
    ],
    findings: [
      ...publicSchema.findings,
      ...own.findings,
      ...coverageFindings(database, schemas),
      ...uncoveredFindings(database, interior),
      ...revoked.findings,
      ...grants.findings,
    ],
  }
}

function emptyInterior(version: number, database: Database): Interior {
  const owner = version >= VERSION_15 ? PG_DATABASE_OWNER : ''
  const toPublic = version >= VERSION_15 ? ['USAGE'] : ['CREATE', 'USAGE']
  const items = (grantee: string, privileges: readonly string[]): AclItem[] =>
    privileges.map((privilege) => ({ grantor: owner, grantee, privilege }))
  const acl = [...items('', toPublic), ...(owner === '' ? [] : items(owner, ['CREATE', 'USAGE']))]
  const schema: SchemaState = { name: 'public', owner, acl, objects: 0, foreignObjects: 0 }
  return {
    database: database.name,
    schemas: new Map([['public', schema]]),
    objects: [],
    defaultAcl: [],
    othersObjects: [],
    uncovered: [],
    otherGrants: [],
    extensions: new Map([['plpgsql', { name: 'plpgsql', owner: '' }]]),
  }
}

function missingSchemas(database: Database, interior: Interior): string[] {
  return database.schemas.filter((name) => !interior.schemas.has(name))
}

function schemasAfterCreation(database: Database, interior: Interior): Map<string, SchemaState> {
  const created = missingSchemas(database, interior).map((name): [string, SchemaState] => {
    const owner = schemaOwner(database, name).username
    const acl = ['CREATE', 'USAGE'].map((privilege) => ({ grantor: owner, grantee: owner, privilege }))
    return [name, { name, owner, acl, objects: 0, foreignObjects: 0 }]
  })
  return new Map([...interior.schemas, ...created])
}

/** @param exists the database was there before: one of its other schemas may be the one that is missing, renamed. */
function createSchemas(context: PlanContext, database: Database, interior: Interior, exists: boolean): Step[] {
  const unlisted = exists ? unlistedSchemas(database, interior.schemas) : []
  return missingSchemas(database, interior).map((name) => ({
    ...createStep(context, database, schemaOwner(database, name), name),
    ...(unlisted.length > 0 && {
      caution:
        `schema ${name} of ${database.name} was not there, and a new, empty one is made; where it was renamed by hand, ` +
        `it is one of those that are not listed: ${fewNames(unlisted)}`,
    }),
  }))
}

/**
 * A guest may create its own schemas while they are made, in the same transaction, and not longer. What it held of that
 * beyond the declaration is taken away before, and comes from somebody else's hand where that is kept.
 */
function createStep(
  { actual: { cluster } }: PlanContext,
  { name: database, owner: { username: owner } }: Database,
  application: Application,
  schema: string,
): Step {
  const { username } = application
  const create = createSchema(schema, username)
  const isGuests = username !== owner
  const keepsCreate =
    application.undeclared === 'keep' &&
    heldBy(cluster.databases.get(database)?.acl ?? [], username, owner).includes('CREATE')
  return step(
    subject(application, 'schema'),
    'create_schema',
    'create',
    'created',
    `schema ${schema} in ${database}${isGuests ? `, owned by ${username}` : ''}`,
    isGuests && !keepsCreate
      ? [
          grantOnDatabase(database, ['CREATE'], username, owner),
          create,
          revokeOnDatabase(database, ['CREATE'], username, owner),
        ]
      : [create],
    schema,
  )
}

/** What the owner took from itself, or a restored dump left out; on a schema of others it has what PUBLIC has. */
function ownerSchemas(context: PlanContext, database: Database, schemas: ReadonlyMap<string, SchemaState>): Changes {
  const steps: Step[] = []
  const findings: Finding[] = []
  for (const schema of database.schemas.flatMap((name) => schemas.get(name) ?? [])) {
    const application = schemaOwner(database, schema.name)
    const owner = application.username
    const isOwn = isReachable(database, schema)
    const missing = subtract(
      ['CREATE', 'USAGE'],
      [owner, isOwn ? schema.owner : ''].flatMap((role) => heldBy(schema.acl, role)),
    )
    if (missing.length === 0) continue
    const where = `schema ${schema.name} of ${database.name}`
    if (isOwn) {
      steps.push(
        accessStep(
          subject(application, 'grant'),
          'grant_privileges',
          'grant',
          'created',
          `${owner}: ${missing.join(', ')} in ${where}, which it owns`,
          application.accessLevel,
          [
            {
              statement: grantOnSchema(schema.name, missing, schema.owner, owner),
              change: { on: 'schema', schema: schema.name, granted: missing },
            },
          ],
          schema.name,
        ),
      )
    } else {
      const grant = printInside([grantOnSchema(schema.name, missing, owner, owner)], schema.owner || null)
      const { cluster } = context.actual
      const login =
        schema.owner === ''
          ? `as a superuser, in ${printName(database.name)}`
          : printLogin(cluster, schema.owner, database.name)
      const remedy = `${login}: ${grant}`
      const message = `${owner} lacks ${missing.join(' and ')} in ${where}; ${remedy}`
      findings.push(finding(subject(application, 'grant'), 'grant', 'warning', message))
    }
  }
  return { steps, findings }
}

/** Decided from the access control list, never from the version (src/README.md: Access levels). */
function planPublicSchema(context: PlanContext, database: Database, interior: Interior): Changes {
  const schema = interior.schemas.get('public')
  if (schema === undefined || !heldBy(schema.acl, '').includes('CREATE') || staysOpen(database, context.actual.cluster))
    return { steps: [], findings: [] }
  const owner = database.owner.username
  if (isReachable(database, schema) && heldBy(schema.acl, '', schema.owner).includes('CREATE')) {
    const statements = [revokeOnSchema('public', ['CREATE'], '', owner)]
    const restrict = step(
      subject(database.owner, 'grant'),
      'restrict_public',
      'restrict',
      'updated',
      `PUBLIC may no longer create in schema public of ${database.name}`,
      statements,
      schema.name,
    )
    return { steps: [restrict], findings: [] }
  }
  const where = `its schema public, which ${schema.owner === '' ? 'the server' : schema.owner} owns`
  const statements = [
    grantOnSchema('public', ['CREATE'], owner, owner),
    revokeOnSchema('public', ['CREATE'], '', owner),
  ]
  const message =
    `everybody who may connect to ${database.name} may create objects in ${where}; ` +
    `as a superuser, in ${printName(database.name)}: ${printInside(statements, null)} ` +
    'or declare schemas = ["app"] and a search_path'
  return { steps: [], findings: [finding(subject(database.owner, 'schema'), 'restrict', 'warning', message)] }
}
