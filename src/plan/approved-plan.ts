/**
 * What a run leaves on the server of the one plan that it may carry out, so that the next one may go on with it
 * (src/README.md: What was approved). Pure.
 */
import { createHash } from 'node:crypto'
import type { RoleState } from '../model/catalog.ts'
import { isOfStack } from '../model/claim.ts'
import type { Application, Declaration } from '../model/declaration.ts'
import type { ApprovedPlan, Begun } from '../model/effect.ts'
import type { Job, Step, StepKind } from '../model/step.ts'
import { ownLogins } from '../model/logins.ts'
import { formatTag, parseTag, type Tag } from '../model/tag.ts'
import { commentOnRole } from '../sql/role.ts'
import { type PlanContext, step, subject } from './context.ts'
import { effectsOf } from './effects.ts'

/**
 * What a tag says of a plan: its digest, and a hash of all that was declared of applications and databases. Effects
 * that are left are what was approved only while the same is declared.
 */
export function planMark(declaration: Declaration, digest: string): string {
  const { environment, stack, clusterName, instance, tags, applications, databases } = declaration
  const known = { environment, stack, clusterName, instance: instance.identifier, tags, applications, databases }
  return `${digest}/${createHash('sha256').update(JSON.stringify(known, asDeclared)).digest('hex')}`
}

/** Follows the mark of a plan of which nothing is left. */
const DONE = '/done'

/** Which marker stands for an application is told by Terraform, not declared. */
function asDeclared(key: string, value: unknown): unknown {
  if (key === 'marker') return null
  return value instanceof Map || value instanceof Set ? [...value] : value
}

/** As roles of the declaration tell, whose tags nobody but an admin writes. */
export function findBegun(
  declaration: Declaration,
  roles: ReadonlyMap<string, RoleState>,
  { digest }: Pick<ApprovedPlan, 'digest'>,
): Begun {
  const mark = planMark(declaration, digest)
  const marks = declaration.applications.flatMap(({ username }) => {
    const tag = ownTag(declaration, roles.get(username))
    return tag?.get('ApprovedPlan') ?? []
  })
  if (marks.includes(mark)) return 'begun'
  if (marks.includes(`${mark}${DONE}`)) return 'done'
  return marks.some((text) => text.startsWith(`${digest}/`)) ? 'changed' : null
}

function ownTag(declaration: Declaration, role: RoleState | undefined): Tag | null {
  const tag = parseTag(role?.comment ?? null)
  return isOfStack(declaration, tag) ? tag : null
}

const WRITES_MARK: ReadonlySet<StepKind> = new Set([
  'create_role',
  'adopt_role',
  'tag_role',
  'take_over_role',
  'rename_application',
])

/**
 * The step that comes before all others, where none that comes first writes the mark anyway; empty: it is there, or
 * nothing is to be done.
 * @param first those that take effect first, together
 * @param jobs all there is to do
 */
export function noteApprovedPlan(context: PlanContext, first: readonly Step[], jobs: readonly Job[]): Step[] {
  const { approvedPlan: mark, planned, actual, bearer } = context
  const isWritten = first.some(({ kind, application }) => WRITES_MARK.has(kind) && application === bearer)
  const application = planned.applications.find(({ name }) => name === bearer)
  if (mark === null || application === undefined || isWritten) return []
  const tag = ownTag(planned, actual.cluster.roles.get(application.username))
  if (tag === null || tag.get('ApprovedPlan') === mark || effectsOf({ findings: [], jobs }).length === 0) return []
  const digest = mark.slice(0, mark.indexOf('/'))
  const message = `role ${application.username} remembers that the approved plan is begun: ${digest}`
  return [markStep(context, application, tag, 'note_approved_plan', message, mark)]
}

/** Of whatever plan: nothing is left to do, so no run may go on with it. Where something is left out, it may be. */
export function endApprovedPlans(context: PlanContext): Step[] {
  const { planned, actual, leftOut } = context
  if (leftOut.size > 0) return []
  return ownLogins(planned).flatMap((application) => {
    const tag = ownTag(planned, actual.cluster.roles.get(application.username))
    const mark = tag?.get('ApprovedPlan') ?? DONE
    if (tag === null || mark.endsWith(DONE)) return []
    const message = `role ${application.username} remembers that nothing is left of the approved plan`
    return [markStep(context, application, tag, 'end_approved_plan', message, `${mark}${DONE}`)]
  })
}

function markStep(
  { buildId }: PlanContext,
  application: Application,
  tag: Tag,
  kind: StepKind,
  message: string,
  mark: string,
): Step {
  const noted = new Map(tag).set('ApprovedPlan', mark).set('UpdatedByBuildId', buildId)
  const statement = commentOnRole(application.username, formatTag(noted))
  return step(subject(application, 'tag'), kind, 'tag', 'updated', message, [statement])
}
