/** Memberships that nobody declares: told, and with `revoke` taken back where the run can. Pure. */
import type { Membership } from '../model/catalog.ts'
import { cloneOf } from '../model/credential.ts'
import type { Application } from '../model/declaration.ts'
import type { Changes, Finding } from '../model/step.ts'
import { parseTag } from '../model/tag.ts'
import { helperOf } from '../model/upgrade-helper.ts'
import { finding, type PlanContext, standing, subject } from './context.ts'
import { isProtected } from './held-beyond.ts'
import { isDeclaredMembership, isNarrowed } from './member-of.ts'
import {
  isSelfGrant,
  membershipFinding,
  membershipStep,
  narrowingRemedy,
  RDS_IAM,
  revocationOf,
  revocationRemedy,
} from './membership-revocation.ts'

/**
 * Who was made a member of the application's role can act as it, or has its rights. The delegated admin's own
 * memberships are seen to above, those of applications told of at the member, and the clone of a rotation is meant to
 * be one.
 */
export function planMembers(context: PlanContext, application: Application): Changes {
  const { username, undeclared } = application
  const { cluster } = context.actual
  const { login } = cluster.server
  const expected = new Set([login, cloneOf(username), helperOf(login), ...context.applicationByUsername.keys()])
  // Who may give the role may give it to itself. Who administers the instance may that with every role.
  const isMember = ({ inherit, set, admin, member }: Membership): boolean =>
    inherit || set || (admin && !isProtected(context, member))
  const items = (context.membershipsByRole.get(username) ?? []).filter(
    (item) => isMember(item) && !expected.has(item.member),
  )
  const about = subject(application, 'grant')
  const isTaken = (item: Membership): boolean => undeclared === 'revoke' && !isProtected(context, item.member)
  const names = [...new Set(items.filter((item) => !isTaken(item)).map((item) => item.member))].sort()
  const message = `members of ${username}, which may do what it may, granted outside of this declaration and left alone: ${names.join(', ')}`
  // What the login itself gave is taken back in every mode but `keep` (`planLeftover`).
  const taken = items.filter((item) => isTaken(item) && !isSelfGrant(item))
  return {
    steps: taken.flatMap((item) => {
      const revoke = revocationOf(cluster, item)
      return revoke === null ? [] : [membershipStep(about, item, revoke, ', and nobody declares it')]
    }),
    findings: [
      ...(names.length === 0 ? [] : [standing(about, 'beyond', 'keep', message)]),
      ...taken
        .filter((item) => revocationOf(cluster, item) === null)
        .map((item) => membershipFinding(cluster, about, item)),
    ],
  }
}

/**
 * Memberships of a login are kept, adopted or not, and told of in every run. In another application's role it is a
 * warning: what keeps applications apart does not hold then (src/README.md: Access levels).
 */
export function membershipFindings(context: PlanContext, application: Application): Finding[] {
  const own = (context.membershipsByMember.get(application.username) ?? []).filter(
    (item) => item.role !== RDS_IAM && !isDeclaredMembership(context, application, item),
  )
  const isApplication = ({ role }: Membership): boolean =>
    parseTag(context.actual.cluster.roles.get(role)?.comment ?? null)?.has('Application') === true
  const told = (some: readonly Membership[], status: Finding['status'], more: string): Finding[] => {
    const roles = [...new Set(some.map(({ role }) => role))].sort().join(', ')
    const message = `${application.username} is a member of ${roles}, granted outside of this declaration and left alone${more}`
    const about = subject(application, 'grant')
    if (some.length === 0) return []
    return [status === 'skipped' ? standing(about, 'beyond', 'keep', message) : finding(about, 'keep', status, message)]
  }
  const isWarned = (item: Membership): boolean => application.undeclared === 'revoke' || isApplication(item)
  const ofApplications = own.filter(isWarned)
  const remedies = ofApplications.map((item) => revocationRemedy(context.actual.cluster, item)).join(' ')
  return [
    ...told(
      own.filter((item) => !isWarned(item)),
      'skipped',
      '',
    ),
    ...told(ofApplications, 'warning', `: it may do what that role may; whoever granted it can revoke it: ${remedies}`),
    ...passingFindings(context, application),
  ]
}

/** Memberships that are declared, with a right to give them on, which nobody declares and somebody else gave. */
function passingFindings(context: PlanContext, application: Application): Finding[] {
  const { username, memberOf } = application
  const items = (context.membershipsByMember.get(username) ?? []).filter(
    (item) => item.admin && memberOf.includes(item.role) && !isNarrowed(context, application, item),
  )
  return items.map((item) => {
    const remedy = narrowingRemedy(context.actual.cluster, item)
    const message =
      `${username} may make others members of ${item.role}, granted outside of this declaration and left alone; ` +
      `whoever granted it can revoke that: ${remedy}`
    return finding(subject(application, 'grant'), 'keep', 'warning', message)
  })
}
