/** Taking over what people already use, without anybody losing access (src/README.md: Guardrails). */
import type { DatabaseState, RoleState, SchemaState } from '../model/catalog.ts'
import type { Database } from '../model/declaration.ts'
import type { Step } from '../model/step.ts'
import { parseTag } from '../model/tag.ts'
import { grantOnDatabase } from '../sql/database.ts'
import { grantOnSchema } from '../sql/interior.ts'
import { type PlanContext, step, subject } from './context.ts'
import { heldBy, subtract } from './privileges.ts'

/**
 * The roles that must not lose what PUBLIC is about to lose on a database which this run takes over; none for one that
 * is managed already. Who owns, holds or does something in it today; and every login that is no application's: what a
 * login does through PUBLIC alone leaves no trace in the catalogs while it is not connected.
 */
function formerUsers(context: PlanContext, database: Database): string[] {
  const state = context.actual.cluster.databases.get(database.name)
  if (!database.owner.adoptExisting || state === undefined || parseTag(state.comment) !== null) return []
  const { server, roles, databaseUsers } = context.actual.cluster
  const users = databaseUsers.filter((user) => user.database === database.name).map((user) => user.role)
  const logins = [...roles.values()].filter(isNobodysLogin).map((role) => role.name)
  return [...new Set([...users, ...logins])]
    .sort()
    .filter(
      (role) => role !== server.login && role !== database.owner.username && !context.applicationByUsername.has(role),
    )
}

/**
 * Superusers need no privilege; the server's and RDS's own roles are left alone; applications are kept apart
 * (src/README.md: Access levels).
 */
function isNobodysLogin(role: RoleState): boolean {
  return (
    role.canLogin &&
    !role.superuser &&
    !/^(?:pg|rds)_/.test(role.name) &&
    parseTag(role.comment)?.has('Application') !== true
  )
}

/** What PUBLIC is about to lose on the database, its users get for themselves. */
export function keepOnDatabase(context: PlanContext, database: Database, state: DatabaseState): Step[] {
  const lost = heldBy(state.acl, '', state.owner)
  const statements = formerUsers(context, database).flatMap((role) => {
    const missing = subtract(lost, heldBy(state.acl, role))
    return missing.length === 0 ? [] : [grantOnDatabase(state.name, missing, role, state.owner)]
  })
  if (statements.length === 0) return []
  return [
    step(
      subject(database.owner, 'grant'),
      'keep_access',
      'keep',
      'created',
      `who used ${state.name} so far still may, by name and no longer through PUBLIC`,
      statements,
    ),
  ]
}

/** CREATE on the schema public, likewise. */
export function keepOnSchema(context: PlanContext, database: Database, schema: SchemaState): Step[] {
  const statements = formerUsers(context, database)
    .filter((role) => !heldBy(schema.acl, role).includes('CREATE'))
    .map((role) => grantOnSchema(schema.name, ['CREATE'], role, database.owner.username))
  if (statements.length === 0) return []
  return [
    step(
      subject(database.owner, 'grant'),
      'keep_access',
      'keep',
      'created',
      `who used schema ${schema.name} of ${database.name} so far still may create in it`,
      statements,
      schema.name,
    ),
  ]
}
