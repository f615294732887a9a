/** Privileges of logins on the database itself. */
import type { DatabaseState } from '../model/catalog.ts'
import { isOfStack } from '../model/claim.ts'
import type { Application, Database } from '../model/declaration.ts'
import type { Step } from '../model/step.ts'
import { parseTag } from '../model/tag.ts'
import { grantOnDatabase, revokeOnDatabase } from '../sql/database.ts'
import { accessStep } from './access-change.ts'
import { type PlanContext, subjectIn } from './context.ts'
import { alongWith, databasePrivileges, heldBy, passedOnTo, subtract } from './privileges.ts'

/** What its guests lack, and what they and logins of other databases have beyond the declaration. */
export function planDatabaseGrants(context: PlanContext, database: Database, state: DatabaseState): Step[] {
  const isFull = context.actual.unseen.get(database.name)?.isFull === true
  return concernedLogins(context, database).flatMap((application) => loginSteps(database, application, state, isFull))
}

/**
 * @param isFull nobody can look inside: who is to lose something loses all, and gets back what is declared once its
 *   inside was seen (src/README.md: Full databases).
 */
function loginSteps(database: Database, application: Application, state: DatabaseState, isFull: boolean): Step[] {
  const owner = database.owner.username
  const { username } = application
  const level = application.database === database.name ? application.accessLevel : null
  const wanted = level === null ? [] : databasePrivileges(application)
  const missing = subtract(wanted, heldBy(state.acl, username))
  const held = heldBy(state.acl, username, owner)
  const beyond = application.undeclared === 'keep' ? [] : subtract(held, wanted)
  const isShutOut = isFull && beyond.length > 0
  const excess = isShutOut ? held : beyond
  const dependents = passedOnTo(state.acl, username, excess)
  const about = subjectIn(database, application, 'grant')
  const granted = accessStep(
    about,
    'grant_privileges',
    'grant',
    'created',
    `${username}: ${wanted.join(', ')} on ${state.name}`,
    level,
    missing.length === 0
      ? []
      : [
          {
            statement: grantOnDatabase(state.name, missing, username, owner),
            change: { on: 'database', schema: null, granted: missing },
          },
        ],
  )
  const revoked = accessStep(
    about,
    'revoke_privileges',
    'revoke',
    'removed',
    `${username} has more on ${state.name} than declared${isShutOut ? NOT_BEFORE : ''}${alongWith(dependents)}`,
    level,
    excess.length === 0
      ? []
      : [
          {
            statement: revokeOnDatabase(state.name, excess, username, owner, dependents.length > 0),
            change: { on: 'database', schema: null, revoked: excess },
          },
        ],
  )
  return [granted, revoked].filter((item) => item.statements.length > 0)
}

const NOT_BEFORE = ', and may not connect before a run has looked inside'

/** The database's guests, and declared logins of other databases that hold something on this one or inside it. */
export function concernedLogins(context: PlanContext, database: Database): Application[] {
  const { databases, holders } = context.actual.cluster
  const onDatabase = (databases.get(database.name)?.acl ?? []).map((item) => item.grantee)
  const own = new Set([database.owner, ...database.guests, ...leftOutOf(context, database)].map(usernameOf))
  const strangers = [...new Set([...onDatabase, ...(holders.get(database.name) ?? [])])]
    .filter((role) => !own.has(role))
    .sort()
    .flatMap((role) => context.applicationByUsername.get(role) ?? [])
    .filter((application) => !isDoubtful(context, application))
  return [...database.guests, ...strangers]
}

/**
 * Left out, and with the tag of another: it may have been renamed, or be another state's by now, and what it has may be
 * declared for that one.
 */
function isDoubtful(
  { declaration, actual: { cluster }, leftOut }: PlanContext,
  { name, username }: Application,
): boolean {
  const tag = parseTag(cluster.roles.get(username)?.comment ?? null)
  return leftOut.has(name) && (tag?.get('Application') !== name || !isOfStack(declaration, tag))
}

/** What is left out keeps what it has here: it is no stranger. */
function leftOutOf({ declaration, leftOut }: PlanContext, { name }: Database): readonly Application[] {
  if (leftOut.size === 0) return []
  return declaration.applications.filter(
    (application) => leftOut.has(application.name) && application.database === name,
  )
}

function usernameOf({ username }: Application): string {
  return username
}
