/** Memberships: rds_iam as declared, and what a crashed run left behind. */
import { mayAdminister } from '../model/administers.ts'
import type { Membership } from '../model/catalog.ts'
import { standingOf } from '../model/claim.ts'
import type { Application } from '../model/declaration.ts'
import { ownLogins } from '../model/logins.ts'
import { VERSION_16 } from '../model/server-version.ts'
import type { Changes, Finding, Step, Subject } from '../model/step.ts'
import { parseTag } from '../model/tag.ts'
import { printStatements } from '../sql/print.ts'
import { printName } from '../sql/quote.ts'
import { grantAdministration, grantRole, releaseRole, revokeRole } from '../sql/role.ts'
import { helperOf } from '../model/upgrade-helper.ts'
import { finding, type PlanContext, step, subject } from './context.ts'
import {
  isSelfGrant,
  membershipFinding,
  membershipStep,
  RDS_IAM,
  revocationOf,
  tokenMemberships,
} from './membership-revocation.ts'

/** The action of a step that takes back a membership which a run before left behind. */
export const LEFTOVER = 'revoke leftover'

function isMember(context: PlanContext, role: string, member: string): boolean {
  return (context.membershipsByRole.get(role) ?? []).some((item) => item.member === member)
}

/** A password login that is in rds_iam could not use its password: RDS sends it to PAM (src/README.md: IAM and PAM). */
export function planIamRevoke(context: PlanContext, application: Application): Step[] {
  if (!isMember(context, RDS_IAM, application.username)) return []
  const recreated =
    context.actual.cluster.server.version < VERSION_16 &&
    application.accessLevel === 'owner' &&
    !context.actual.cluster.databases.has(application.database ?? '')
  if (application.auth === 'iam' && !recreated) return []
  const why = recreated ? 'while its database is created' : 'it does not log in by IAM'
  const { username } = application
  const revoke = revokeRole(RDS_IAM, username)
  const leave = step(
    subject(application, 'login'),
    'leave_iam',
    'revoke',
    'removed',
    `${username} leaves ${RDS_IAM}: ${why}`,
    [revoke],
  )
  return [recreated ? leave : { ...leave, loser: username }]
}

/** Last of all: below 16, the admin's membership in such a role would end its own password login. */
export function planIamGrant(context: PlanContext, application: Application): Step[] {
  if (application.auth !== 'iam') return []
  const stays = isMember(context, RDS_IAM, application.username) && planIamRevoke(context, application).length === 0
  if (stays) return []
  const { username } = application
  const { server } = context.actual.cluster
  const helper = helperOf(server.login)
  // The master is a member of the helper, and would be asked for a token.
  const leaves = server.version < VERSION_16 && isMember(context, username, helper)
  const statements = [...(leaves ? [revokeRole(username, helper)] : []), grantRole(RDS_IAM, username)]
  const message = `${username} logs in by IAM${leaves ? `, and ${helper} administers it no more` : ''}`
  return [step(subject(application, 'login'), 'join_iam', 'grant', 'created', message, statements)]
}

/**
 * Memberships in the application's role that nobody should have: the admin's own with INHERIT or SET, left by a run
 * that ended between grant and revoke or given by somebody else, and those that the login itself gave to others.
 */
export function planLeftover(context: PlanContext, application: Application): Step[] {
  const { server } = context.actual.cluster
  const about = subject(application, 'grant')
  const others = (context.membershipsByRole.get(application.username) ?? []).flatMap((item) => {
    const isOurs = isLeftover(item, server.login, server.version)
    if (isOurs && item.grantor === server.login) return []
    const isKept = application.undeclared === 'keep' && item.member !== server.login
    const isTaken = isOurs || (isSelfGrant(item) && !locksOut(context, item) && !isKept)
    const revoke = isTaken ? revocationOf(context.actual.cluster, item) : null
    return revoke === null ? [] : [membershipStep(about, item, revoke)]
  })
  return [...planRelease(context, about, application.username), ...others]
}

/** The admin's own membership in a role of ours, declared or not by now, which a run left that was cut off. */
export function planRelease(context: PlanContext, about: Subject, role: string): Step[] {
  const { version, login } = context.actual.cluster.server
  const isLeft = (context.membershipsByRole.get(role) ?? []).some(
    (item) => item.grantor === login && isLeftover(item, login, version),
  )
  if (!isLeft) return []
  const message = `${login} leaves ${role}: left behind by a run that was cut off`
  return [step(about, 'leftover_membership', LEFTOVER, 'removed', message, [releaseRole(version, role, login)])]
}

/**
 * The same of applications that something stands in the way of: whatever a person has to do first, the admin keeps
 * nothing that it needed only for a while. A role without our tag is not ours to touch.
 */
export function planLeftOut(context: PlanContext): Step[] {
  const { declaration, leftOut, actual } = context
  return ownLogins(declaration)
    .filter(({ name, username }) => {
      const tag = parseTag(actual.cluster.roles.get(username)?.comment ?? null)
      const isOurs = tag !== null && standingOf(declaration, tag) === 'ours'
      return leftOut.has(name) && isOurs && mayAdminister(actual.cluster, username)
    })
    .flatMap((application) => planRelease(context, subject(application, 'grant'), application.username))
}

/**
 * A password login that became a member of an IAM login cannot use its password any more. Its own step, so that the
 * next round tries its password again.
 */
export function planTokenRevoke(context: PlanContext, application: Application): Changes {
  const items = indirectTokens(context, application)
  const steps = items.flatMap((item) => {
    const revoke = revocationOf(context.actual.cluster, item)
    const why = ': its members are asked for a token, and it logs in with a password'
    return revoke === null ? [] : [membershipStep(subject(application, 'login'), item, revoke, why)]
  })
  const findings = items
    .filter((item) => revocationOf(context.actual.cluster, item) === null)
    .map((item) => membershipFinding(context.actual.cluster, subject(application, 'login'), item))
  return { steps, findings }
}

function indirectTokens(context: PlanContext, application: Application): readonly Membership[] {
  if (application.auth === 'iam') return []
  const own = context.membershipsByMember.get(application.username) ?? []
  return tokenMemberships(own, context.tokenLogins, application.username).filter(({ role }) => role !== RDS_IAM)
}

/** Seen to at the member. */
function locksOut(context: PlanContext, { role, member }: Membership): boolean {
  return context.tokenLogins.has(role) && (context.applicationByUsername.get(member)?.auth ?? 'iam') !== 'iam'
}

/** From 16 on only what the admin granted itself can be revoked by it; below, every membership is one of ours. */
export function isLeftover(item: Membership, admin: string, version: number): boolean {
  if (item.member !== admin) return false
  return version < VERSION_16 || (item.grantor === admin && (item.inherit || item.set))
}

/**
 * From 16 on what another role gave the admin beyond ADMIN (a plain WITH ADMIN OPTION does) the admin cannot give back
 * (src/README.md: Rights over roles).
 */
export function adminFindings(context: PlanContext, application: Application): Finding[] {
  const { version, login } = context.actual.cluster.server
  if (version < VERSION_16) return []
  const held = (context.membershipsByRole.get(application.username) ?? []).filter(
    (item) => item.member === login && item.grantor !== login && (item.inherit || item.set),
  )
  return held.map(({ role, grantor }) => {
    const statement = printStatements([grantAdministration(role, login)])
    // On RDS nobody logs in as one: what the admin held before an upgrade is granted by the bootstrap superuser after
    // it.
    const isSuperuser = context.actual.cluster.roles.get(grantor)?.superuser === true
    const narrowing = isSuperuser
      ? 'which nobody but a superuser can narrow, and on RDS nobody logs in as one'
      : `which only it can narrow; as ${printName(grantor)}: ${statement}`
    return finding(
      subject(application, 'grant'),
      'keep',
      'warning',
      `${login} may act as ${role}, by a grant of ${grantor}, ${narrowing}`,
    )
  })
}
