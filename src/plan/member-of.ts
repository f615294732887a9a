/** Memberships that an entry declares: given, and taken back where it declares them no more. Pure. */
import type { Membership } from '../model/catalog.ts'
import type { Application, Declaration } from '../model/declaration.ts'
import { membersOf } from '../model/members.ts'
import { isPredefined } from '../model/predefined-roles.ts'
import { VERSION_16 } from '../model/server-version.ts'
import type { Changes, Step } from '../model/step.ts'
import { parseTag } from '../model/tag.ts'
import { grantMembership, revokeAdminOption } from '../sql/role.ts'
import { finding, type PlanContext, step, subject } from './context.ts'
import { isSelfGrant, membershipStep, RDS_IAM, revocationOf } from './membership-revocation.ts'

/**
 * What this program gave the login and its entry does not declare: memberships by the delegated admin in roles of
 * applications, and in predefined ones. Those come before all that are given, since two may be turned.
 */
export function planLeave(context: PlanContext, application: Application): Step[] {
  const items = (context.membershipsByMember.get(application.username) ?? []).filter((item) =>
    isTakenBack(context, application, item),
  )
  return items.flatMap((item) => {
    const revoke = revocationOf(context.actual.cluster, item)
    if (revoke === null) return []
    const alongside = [...membersOf(context.actual.cluster.memberships, application.username)]
    const others = alongside.filter((member) => member !== context.actual.cluster.server.login)
    return [{ ...membershipStep(subject(application, 'grant'), item, revoke), loserMembers: others }]
  })
}

/** With `revoke` all that can be taken back; what the role's own login gave is seen to there (`planLeftover`). */
function isTakenBack(context: PlanContext, { memberOf, undeclared }: Application, item: Membership): boolean {
  const { cluster } = context.actual
  const { role, grantor } = item
  if (undeclared === 'keep' || memberOf.includes(role) || role === RDS_IAM) return false
  if (undeclared === 'revoke') return !isSelfGrant(item) && revocationOf(cluster, item) !== null
  if (grantor !== cluster.server.login) return false
  return isPredefined(role) || parseTag(cluster.roles.get(role)?.comment ?? null)?.has('Application') === true
}

/** Whether the entry declares it, or it is taken back: nothing that others gave. */
export function isDeclaredMembership(context: PlanContext, application: Application, item: Membership): boolean {
  return application.memberOf.includes(item.role) || isTakenBack(context, application, item)
}

/** What is declared and missing, with INHERIT and SET in words, whatever the login's own attribute says. */
export function planJoin(context: PlanContext, application: Application): Changes {
  const { version, login } = context.actual.cluster.server
  const { username } = application
  const isThere = (role: string): boolean =>
    isPredefined(role) || context.planned.applications.some((other) => other.username === role)
  const missing = application.memberOf.filter((role) => !isHeld(context, application, role))
  const steps = missing.filter(isThere).map((role) => {
    const given = (context.membershipsByMember.get(username) ?? []).some(
      (item) => item.role === role && isNarrowed(context, application, item),
    )
    const grant = grantMembership(version, role, username)
    const statements = given && version < VERSION_16 ? [revokeAdminOption(version, role, username, login)] : [grant]
    const message = `${username} is a member of ${role}: it may do what ${role} may${ownedBy(context.declaration, role)}`
    return step(subject(application, 'grant'), 'grant_membership', 'grant', 'created', message, statements, role)
  })
  const findings = missing
    .filter((role) => !isThere(role))
    .map((role) => {
      const message = `${username} is not made a member of ${role} yet, which is left as it is`
      return finding(subject(application, 'grant'), 'grant', 'skipped', message)
    })
  return { steps, findings }
}

/** By whomever, without a right to give it on that the run takes back. */
function isHeld(context: PlanContext, application: Application, role: string): boolean {
  const items = (context.membershipsByMember.get(application.username) ?? []).filter((item) => item.role === role)
  return (
    items.some(({ inherit, set }) => inherit && set) && !items.some((item) => isNarrowed(context, application, item))
  )
}

/**
 * Whether it has the right to give the role on, which no entry declares, and the run takes that back: of what this
 * program gave in every mode, of what others gave with `revoke`, below 16.
 */
export function isNarrowed(context: PlanContext, { undeclared }: Application, item: Membership): boolean {
  const { version, login } = context.actual.cluster.server
  return item.admin && (item.grantor === login || (undeclared === 'revoke' && version < VERSION_16))
}

/** Who is a member of an owner is an owner. */
function ownedBy({ applications, databases }: Declaration, role: string): string {
  const all = new Set([role])
  for (const name of all) {
    const next = applications.find(({ username }) => username === name)
    for (const other of next?.memberOf ?? []) all.add(other)
  }
  const owned = databases.filter(({ owner }) => all.has(owner.username)).map(({ name }) => name)
  return owned.length === 0 ? '' : `, and is an owner of ${owned.join(', ')}, drops included`
}
