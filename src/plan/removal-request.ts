/** What the request of a marker comes to, by what the role's tag remembers (src/README.md: Removal). Pure. */
import type { Cluster } from '../model/catalog.ts'
import { describeClaim, isClaimedElsewhere } from '../model/claim.ts'
import type { Declaration } from '../model/declaration.ts'
import { markerOf, undeclaredOf } from '../model/removal-memory.ts'
import type { Finding } from '../model/step.ts'
import { parseTag } from '../model/tag.ts'
import { finding } from './context.ts'

export interface RequestFacts {
  /** Of the marker: the stack, and the one application. */
  readonly declaration: Declaration
  readonly cluster: Cluster
  readonly application: string
  /** The marker's id; null: it has none. */
  readonly marker: string | null
}

/**
 * - `nothing`: the role is gone, or stands for something else by now: nobody is held up for it.
 * - `asked`: it is to be remembered; whoever knows the whole declaration decides.
 * - `confirmed`: a run that knows it has looked already. `claim`: whose it is, since a marker of an older release has
 *   none of its own.
 */
export type JudgedRequest =
  | { readonly kind: 'nothing'; readonly finding: Finding }
  | { readonly kind: 'asked' }
  | { readonly kind: 'confirmed'; readonly claim: string | null }

export function judgeRequest({ declaration, cluster, application, marker }: RequestFacts): JudgedRequest {
  const declared = declaration.applications.find(({ name }) => name === application)
  const username = declared?.username ?? null
  const about = { application, database: declared?.database ?? null, username, object: 'role' } as const
  const nothing = (why: string): JudgedRequest => ({
    kind: 'nothing',
    finding: finding(about, 'keep', 'skipped', `nothing was changed: ${why}`),
  })
  const role = cluster.roles.get(username ?? '')
  if (role === undefined) return nothing(`role ${username ?? ''} is already gone`)
  const tag = parseTag(role.comment)
  if (tag === null) return nothing(`role ${role.name} carries no tag of this tool by now`)
  if (isClaimedElsewhere(declaration, tag))
    return nothing(`role ${role.name} belongs to the stack ${describeClaim(tag)} by now`)
  if (tag.get('Application') !== application)
    return nothing(`role ${role.name} belongs to the application ${tag.get('Application') ?? ''} by now`)
  const standing = markerOf(tag, application)
  if (marker !== null && standing !== null && standing !== marker)
    return nothing(`another marker stands for role ${role.name} by now`)
  return undeclaredOf(tag, application) === null
    ? { kind: 'asked' }
    : { kind: 'confirmed', claim: declaration.claim ?? tag.get('Claim') ?? null }
}
