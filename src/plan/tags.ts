/** Which tag a role or database should carry (src/README.md: Tags). */
import type { Application } from '../model/declaration.ts'
import { markerOf, withMarker } from '../model/removal-memory.ts'
import { formatTag, hasOwned, MANAGED_BY, parseTag, sameTag, type Tag, type TagField, withWords } from '../model/tag.ts'
import { provenSecret } from '../model/proven-secret.ts'
import { isWithheld, needsMaster } from '../model/withheld.ts'
import type { PlanContext } from './context.ts'

/**
 * The tag of an application's role. BuildId stays that of the build that created it (or took it over, if it had no
 * tag); UpdatedByBuildId is this build's, which counts only where the tag is written at all. SecretVersionId is the
 * version whose password the role has: one that could not be tried is not claimed. OwnedDatabase tells an owner whose
 * database was changed by hand from one that is declared with another database (src/README.md: Whose trouble it is).
 * @param isMade the database is made in the same plan, before this tag is written
 */
export function desiredRoleTag(
  context: PlanContext,
  application: Application,
  existing: Tag | null,
  isMade = false,
): Tag {
  const secret = context.secrets.get(application.name)
  const isRight =
    context.actual.logins.get(application.name)?.kind === 'password_right' ||
    (secret !== undefined && secret.verifier !== null)
  const version = isRight ? secret?.versionId : existing?.get('SecretVersionId')
  const own = new Map(desiredTag(context, application, existing))
  if (application.accessLevel === 'owner' && application.database !== null)
    for (const [field, name] of databaseFields(context, application, application.database, existing, isMade))
      own.set(field, name)
  if (application.auth === 'password' && version !== undefined) own.set('SecretVersionId', version)
  const proven = provenNow(context, application)
  if (proven !== null) own.set('ProvenSecret', proven)
  // It may have a password that no version tells of.
  if (application.auth === 'unmanaged') own.set('Auth', 'unmanaged')
  if (context.approvedPlan !== null && context.bearer === application.name)
    own.set('ApprovedPlan', context.approvedPlan)
  // What is declared is on no way out: Undeclared and Removal are not carried over.
  const marker = application.marker ?? (existing === null ? null : markerOf(existing, application.name))
  return withMarker(own, application.name, marker)
}

/**
 * Written where it is read, and only by a login that went well: what a run has set is proven by the look after it, and
 * what could not be tried is tried again.
 */
function provenNow({ declaration, actual, secrets }: PlanContext, application: Application): string | null {
  if (declaration.verifyLogins !== 'changed' || application.auth !== 'password') return null
  const kind = actual.logins.get(application.name)?.kind
  const role = actual.cluster.roles.get(application.username)
  const secret = secrets.get(application.name)
  if (role === undefined || secret === undefined || (kind !== 'password_right' && kind !== 'proven_before')) return null
  return provenSecret(application.secretId, secret.versionId, role)
}

/**
 * The same, from whatever stands in the role's comment by now: the words of a person stay.
 * @param isMade see desiredRoleTag
 */
export function roleTagOver(
  context: PlanContext,
  application: Application,
  comment: string | null,
  isMade = false,
): Tag {
  const existing = parseTag(comment)
  const desired = desiredRoleTag(context, application, existing, isMade)
  return existing === null ? withWords(desired, comment) : desired
}

/**
 * What the tag of an owner's role remembers of its database. It is pending until it was made, so that a first run that
 * was cut off before goes on, and one that is gone later was there (src/README.md: What people rename and drop). One
 * that is made since its login was closed is pending too: this run opens the login before.
 */
function databaseFields(
  context: PlanContext,
  { name, username }: Application,
  database: string,
  existing: Tag | null,
  isMade: boolean,
): [TagField, string][] {
  const { declaration, actual, master } = context
  if (isMade || actual.cluster.databases.get(database)?.owner === username) return [['OwnedDatabase', database]]
  const owned = existing?.get('OwnedDatabase')
  const own = declaration.databases.find(({ owner }) => owner.name === name)
  // One that is withheld waits for its owner also where another was there before.
  const isAwaited =
    own !== undefined &&
    (isWithheld(declaration, actual.cluster, own) || (master !== null && needsMaster(declaration, actual, own)))
  const isMadeAnew =
    existing !== null &&
    own?.recreateMissing === false &&
    !actual.cluster.databases.has(database) &&
    hasOwned(existing, database)
  const isPending =
    isAwaited || isMadeAnew || (owned === undefined && (existing === null || existing.has('PendingDatabase')))
  const fields: [TagField, string][] = []
  if (owned !== undefined && !isMadeAnew) fields.push(['OwnedDatabase', owned])
  if (isPending) fields.push(['PendingDatabase', database])
  return fields
}

/**
 * Whether a tag needs no writing: it says what it should, and either this build wrote it already or changes nothing
 * now.
 * @param changed the object changes with this plan
 */
export function isWritten(existing: Tag, desired: Tag, changed: boolean): boolean {
  return changed ? formatTag(existing) === formatTag(desired) : sameTag(existing, desired)
}

/** A database's tag is that of its owner's application (src/README.md: Tags), without the secret's version. */
export function desiredDatabaseTag(context: PlanContext, owner: Application, existing: Tag | null): Tag {
  return desiredTag(context, owner, existing)
}

function desiredTag(context: PlanContext, application: Application, existing: Tag | null): Tag {
  const { declaration } = context
  return new Map([
    ['ManagedBy', MANAGED_BY],
    ['BuildId', existing?.get('BuildId') ?? context.buildId],
    ['ClusterName', declaration.clusterName],
    ['Stack', declaration.stack],
    ['Environment', declaration.environment],
    ...claimFields(context, existing),
    ['Application', application.name],
    ['CleanupPolicy', application.cleanupPolicy],
    ...commentField(existing),
    ['UpdatedByBuildId', context.buildId],
    ...declaration.tags,
  ])
}

/** What a person had written before the tag was. */
function commentField(existing: Tag | null): (readonly [TagField, string])[] {
  const words = existing?.get('Comment')
  return words === undefined ? [] : [['Comment', words]]
}

const CLAIM_FIELDS = ['Workspace', 'Claim', 'ClaimedAt', 'ClaimedByBuildId', 'TakenOverFrom'] as const

/**
 * Whose it is, and since when (src/README.md: One application, one state). An input without a claim leaves what stands
 * there.
 */
function claimFields(
  { declaration: { claim, workspace }, buildId, startedAt }: PlanContext,
  existing: Tag | null,
): (readonly [string, string])[] {
  const kept = CLAIM_FIELDS.flatMap((field) => {
    const value = existing?.get(field)
    return value === undefined ? [] : [[field, value] as const]
  })
  if (claim === null) return kept
  const where = workspace === null ? [] : [['Workspace', workspace] as const]
  const before = existing?.get('Claim')
  if (before === claim) return [...kept, ...where]
  return [
    ...where,
    ['Claim', claim],
    ['ClaimedAt', startedAt.toISOString()],
    ['ClaimedByBuildId', buildId],
    ...(before === undefined ? [] : [['TakenOverFrom', before] as const]),
  ]
}

/** Whether a tag that is written takes an object over from another state. */
export function takesOver(existing: Tag, desired: Tag): boolean {
  const before = existing.get('Claim')
  return before !== undefined && before !== desired.get('Claim')
}
