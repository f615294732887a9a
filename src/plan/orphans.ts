/** Managed objects of this stack that are no longer declared (src/README.md: The audit). */
import { isOurOrphan } from '../model/claim.ts'
import type { Finding } from '../model/step.ts'
import { parseTag, type Tag } from '../model/tag.ts'
import { withheldTag } from '../model/withheld.ts'
import { finding, type PlanContext } from './context.ts'

export function planOrphans(context: PlanContext): Finding[] {
  return [...undeclaredRoles(context), ...undeclaredDatabases(context)]
}

function isOurs(context: PlanContext, tag: Tag): boolean {
  return tag.has('Application') && isOurOrphan(context.declaration, tag)
}

function undeclaredRoles(context: PlanContext): Finding[] {
  return [...context.actual.cluster.roles.values()].flatMap((role) => {
    if (context.applicationByUsername.has(role.name)) return []
    const tag = parseTag(role.comment)
    return tag === null || !isOurs(context, tag) ? [] : [orphan(context, tag, 'role', role.name, null)]
  })
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
    return tag === null || !isOurs(context, tag) ? [] : [orphan(context, tag, 'database', owner, database.name)]
  })
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
  const isThere = now === undefined || (object === 'role' ? actual.cluster.roles : actual.cluster.databases).has(now)
  if (!isThere) {
    const message = `${what} carries the tag of ${application ?? ''}, whose ${object} ${now} is not there: nothing was changed in it`
    return finding(about, 'keep', 'warning', message)
  }
  if (tag.get('CleanupPolicy') === 'retain')
    return finding(about, 'retained', 'skipped', `${what} is no longer declared and is retained`)
  // The command would take what is declared by that name now.
  const remedy =
    now !== undefined
      ? `${application ?? ''} is declared with the ${object} ${now} by now, and its removal leaves this one as it is`
      : `rds-provision destroy --application ${application ?? ''}${declaration.claim === null ? '' : ` --claim ${declaration.claim}`}`
  return finding(
    about,
    'orphan',
    'warning',
    `${what} is no longer declared, and its policy is ${tag.get('CleanupPolicy') ?? 'unknown'}: ${remedy}`,
  )
}
