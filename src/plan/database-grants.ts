/** Privileges of logins on the database itself. */
import type { DatabaseState } from '../model/catalog.ts'
import type { Application, Database } from '../model/declaration.ts'
import type { Step } from '../model/step.ts'
import { grantOnDatabase, revokeOnDatabase } from '../sql/database.ts'
import { concernedLogins } from './concerned-logins.ts'
import { type PlanContext, step, subjectIn } from './context.ts'
import { alongWith, databasePrivileges, heldBy, passedOnTo, subtract } from './privileges.ts'

/** What its guests lack, and what they and logins of other databases have beyond the declaration. */
export function planDatabaseGrants(context: PlanContext, database: Database, state: DatabaseState): Step[] {
  return concernedLogins(context, database).flatMap((application) => loginSteps(database, application, state))
}

function loginSteps(database: Database, application: Application, state: DatabaseState): Step[] {
  const owner = database.owner.username
  const { username } = application
  const level = application.database === database.name ? application.accessLevel : null
  const wanted = level === null ? [] : databasePrivileges(level)
  const missing = subtract(wanted, heldBy(state.acl, username))
  const excess = subtract(heldBy(state.acl, username, owner), wanted)
  const dependents = passedOnTo(state.acl, username, excess)
  const about = subjectIn(database, application, 'grant')
  const on = { on: 'database', schema: null } as const
  const granted = (): Step =>
    step(
      about,
      'grant',
      'created',
      `${username}: ${wanted.join(', ')} on ${state.name}`,
      [grantOnDatabase(state.name, missing, username, owner)],
      { level, changes: [{ ...on, granted: missing }] },
    )
  const revoked = (): Step =>
    step(
      about,
      'revoke',
      'removed',
      `${username} has more on ${state.name} than declared${alongWith(dependents)}`,
      [revokeOnDatabase(state.name, excess, username, owner, dependents.length > 0)],
      { level, changes: [{ ...on, revoked: excess }] },
    )
  return [...(missing.length > 0 ? [granted()] : []), ...(excess.length > 0 ? [revoked()] : [])]
}
