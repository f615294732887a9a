/** The end of a state: what stays is claimed no more (src/README.md: One application, one state). Pure. */
import { mayAdminister } from '../model/administers.ts'
import type { Cluster } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import { type RemovalRequest, withMarker, withRemoval } from '../model/removal-memory.ts'
import { isSendable } from '../model/sendable.ts'
import type { Plan, Step, Subject } from '../model/step.ts'
import { formatTag, parseTag, type Tag } from '../model/tag.ts'
import { commentOnDatabase } from '../sql/database.ts'
import { commentOnRole } from '../sql/role.ts'
import { step } from './context.ts'
import { holdMemberships } from './memberships-held.ts'
import { planOf } from './removal.ts'
import { pendingRemoval } from './undeclared.ts'

/** Each role with what it owns in a transaction of its own: one that cannot be written holds up no other. */
export function planClaimEnd(declaration: Declaration, cluster: Cluster): Plan {
  const transactions = [...cluster.roles.values()].flatMap((role) => {
    const tag = parseTag(role.comment)
    if (tag === null || !isClaimed(declaration, tag) || !mayAdminister(cluster, role.name)) return []
    const application = tag.get('Application') ?? ''
    const about = { application, database: null, username: role.name, object: 'role' } as const
    const request = pendingRemoval(tag, role)
    const left = request === null ? tag : withRemoval(tag, application, null)
    const own = step(about, 'tag_role', 'give up', 'updated', `role ${role.name} belongs to no state any more`, [
      commentOnRole(role.name, formatTag(withoutClaim(left, application))),
    ])
    const asked = request === null ? [] : [takeBack(about, request, left)]
    const databases = databaseSteps(declaration, cluster, role.name, application)
    return [holdMemberships(cluster.server, [...databases, ...asked, own])]
  })
  return planOf([{ stage: 'roles', connectTo: null, transactions, standApart: true }])
}

/**
 * What was not carried out is asked for no more: with no claim in the tag the next state of the same stack would take
 * the request for its own, and drop what this one kept.
 */
function takeBack(about: Subject & { readonly username: string }, request: RemovalRequest, left: Tag): Step {
  const { policy, buildId, at } = request
  const asked = `the removal of ${about.application ?? ''} (${policy}), asked for in build ${buildId} at ${at}`
  const message = `${asked}, is taken back, since its state ends without it`
  return step(about, 'take_back_removal', 'taken back', 'updated', message, [
    commentOnRole(about.username, formatTag(left)),
  ])
}

function databaseSteps(declaration: Declaration, cluster: Cluster, owner: string, application: string): Step[] {
  return [...cluster.databases.values()].flatMap((database) => {
    const tag = parseTag(database.comment)
    if (database.owner !== owner || tag === null || !isClaimed(declaration, tag) || !isSendable(database.name))
      return []
    const about = { application, database: database.name, username: owner, object: 'tag' } as const
    const message = `database ${database.name} belongs to no state any more`
    const statement = commentOnDatabase(database.name, formatTag(withoutClaim(tag, application)), owner)
    return [step(about, 'tag_database', 'give up', 'updated', message, [statement])]
  })
}

function isClaimed({ claim }: Declaration, tag: Tag): boolean {
  return claim !== null && tag.get('Claim') === claim
}

const CLAIM_FIELDS = ['Claim', 'ClaimedAt', 'ClaimedByBuildId', 'TakenOverFrom']

/** One that is disabled stays marked as that; nobody's marker stands for it any more. */
function withoutClaim(tag: Tag, application: string): Tag {
  const left = new Map(withMarker(tag, application, null))
  for (const field of CLAIM_FIELDS) left.delete(field)
  return left
}
