/** Managed objects of this stack that are no longer declared (src/README.md: The audit; Removal). */
import { mayAdminister } from '../model/administers.ts'
import type { DatabaseState, RoleState } from '../model/catalog.ts'
import { fewNames } from '../model/few-names.ts'
import { isOurOrphan } from '../model/claim.ts'
import { removalOf, undeclaredOf, withUndeclared } from '../model/removal-memory.ts'
import type { Changes, Finding, Step } from '../model/step.ts'
import { formatTag, parseTag, type Tag } from '../model/tag.ts'
import { withheldTag } from '../model/withheld.ts'
import { commentOnRole } from '../sql/role.ts'
import { finding, type PlanContext, standing, step } from './context.ts'
import { planRelease } from './memberships.ts'
import { declaredDatabase, pendingRemoval } from './undeclared.ts'

/** A role of ours that no entry declares. */
interface Orphan {
  readonly role: RoleState
  readonly tag: Tag
  readonly application: string
}

/**
 * What is told of them; and of what a policy would remove, that this run did not find it declared: whoever destroys
 * its marker later knows then that somebody has looked. What is asked to go is told by whoever removes it.
 */
export function planOrphans(context: PlanContext): Changes {
  const roles = undeclaredRoles(context)
  return {
    steps: [
      ...roles.flatMap((orphan) => releaseSteps(context, orphan)),
      ...roles.filter((orphan) => isToBeNoted(context, orphan)).map((orphan) => noteStep(context, orphan)),
    ],
    findings: [...roles.flatMap((orphan) => roleFinding(context, orphan)), ...undeclaredDatabases(context)],
  }
}

function isOurs(context: PlanContext, tag: Tag): boolean {
  return tag.has('Application') && isOurOrphan(context.declaration, tag)
}

function undeclaredRoles(context: PlanContext): Orphan[] {
  return [...context.actual.cluster.roles.values()].flatMap((role) => {
    if (context.applicationByUsername.has(role.name)) return []
    const tag = parseTag(role.comment)
    return tag === null || !isOurs(context, tag) ? [] : [{ role, tag, application: tag.get('Application') ?? '' }]
  })
}

/**
 * What owns something that is declared, or carries the tag of an application that is, goes with no marker. A run by
 * hand notes nothing: its declaration may be an older one, and whoever destroys a marker trusts the note.
 */
function isToBeNoted({ declaration, leftOut, actual, cleanupPolicy }: PlanContext, orphan: Orphan): boolean {
  const { role, tag, application } = orphan
  return (
    !declaration.isByHand &&
    (cleanupPolicy ?? tag.get('CleanupPolicy') ?? 'retain') !== 'retain' &&
    removalOf(tag, application) === null &&
    undeclaredOf(tag, application) === null &&
    !leftOut.has(application) &&
    !declaration.applications.some(({ name }) => name === application) &&
    declaredDatabase(declaration, actual.cluster, role.name) === null &&
    mayAdminister(actual.cluster, role.name)
  )
}

/** A run that was cut off while it made the database may be followed by one that declares it no more. */
function releaseSteps(context: PlanContext, { role, application }: Orphan): Step[] {
  const about = { application, database: null, username: role.name, object: 'grant' } as const
  return mayAdminister(context.actual.cluster, role.name) ? planRelease(context, about, role.name) : []
}

function noteStep({ buildId, startedAt }: PlanContext, { role, tag, application }: Orphan): Step {
  const noted = withUndeclared(tag, application, { buildId, at: startedAt.toISOString() })
  const about = { application, database: null, username: role.name, object: 'role' } as const
  const message = `role ${role.name} is not declared any more: that is remembered until it is, or is removed`
  return step(about, 'note_undeclared', 'undeclared', 'updated', message, [commentOnRole(role.name, formatTag(noted))])
}

function roleFinding(context: PlanContext, { role, tag, application }: Orphan): Finding[] {
  if (pendingRemoval(tag, role) !== null) return []
  const request = removalOf(tag, application)
  if (request === null) return [orphan(context, tag, 'role', role.name, null)]
  const about = { application, database: null, username: role.name, object: 'role' } as const
  const message = `role ${role.name} is no longer declared, and is disabled since ${request.doneAt ?? ''}`
  return [standing(about, 'orphan', 'retained', message)]
}

/** The owner role's tag decides whose a database is; the database's own never does (src/README.md: Tags). */
function undeclaredDatabases(context: PlanContext): Finding[] {
  const declared = new Set(context.declaration.databases.map((database) => database.name))
  return [...context.actual.cluster.databases.values()].flatMap((database) => {
    if (declared.has(database.name) || parseTag(database.comment) === null) return []
    const { cluster } = context.actual
    const withheld = withheldTag(cluster, database)
    const tag = withheld ?? parseTag(cluster.roles.get(database.owner)?.comment ?? null)
    const owner = withheld?.get('WithheldFor') ?? database.owner
    if (tag === null || !isOurs(context, tag)) return []
    const users = usersOf(context, tag, database)
    return removalOf(tag, tag.get('Application') ?? '') !== null
      ? users
      : [orphan(context, tag, 'database', owner, database.name), ...users]
  })
}

/** Nobody looks into it any more, so declared logins keep what they had there. */
function usersOf({ applicationByUsername }: PlanContext, tag: Tag, { name, owner, acl }: DatabaseState): Finding[] {
  const users = new Set(acl.map(({ grantee }) => grantee).filter((role) => applicationByUsername.has(role)))
  users.delete(owner)
  if (users.size === 0) return []
  const about = {
    application: tag.get('Application') ?? null,
    database: name,
    username: owner,
    object: 'grant',
  } as const
  const message = `${fewNames(users)} may still connect to database ${name}, which is no longer declared`
  return [finding(about, 'keep', 'warning', message)]
}

function orphan(
  { declaration, actual }: PlanContext,
  tag: Tag,
  object: 'role' | 'database',
  username: string,
  database: string | null,
): Finding {
  const application = tag.get('Application') ?? null
  const what = object === 'role' ? `role ${username}` : `database ${database ?? ''}`
  const about = { application, database, username, object }
  const declared = declaration.applications.find((item) => item.name === application)
  const now = object === 'role' ? declared?.username : declared?.database
  const isThere =
    now === undefined || now === null || (object === 'role' ? actual.cluster.roles : actual.cluster.databases).has(now)
  if (!isThere) {
    const message = `${what} carries the tag of ${application ?? ''}, whose ${object} ${now} is not there: nothing was changed in it`
    return finding(about, 'keep', 'warning', message)
  }
  if (tag.get('CleanupPolicy') === 'retain')
    return standing(about, 'orphan', 'retained', `${what} is no longer declared and is retained`)
  // The command would take what is declared by that name now.
  const claim = declaration.claim === null ? '' : ` --claim ${declaration.claim}`
  const where = now === null ? `without a ${object}` : `with the ${object} ${now ?? ''}`
  const remedy =
    now === undefined
      ? `rds-provision destroy --application ${application ?? ''}${claim}`
      : `${application ?? ''} is declared ${where} by now, and its removal leaves this one as it is`
  return finding(
    about,
    'orphan',
    'warning',
    `${what} is no longer declared, and its policy is ${tag.get('CleanupPolicy') ?? 'unknown'}: ${remedy}`,
  )
}
