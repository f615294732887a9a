/** Taking back a membership that somebody granted (src/README.md: Memberships and their grantors). Pure. */
import type { Cluster, Membership } from '../model/catalog.ts'
import { VERSION_16 } from '../model/server-version.ts'
import type { Statement } from '../model/statement.ts'
import type { Finding, Step, Subject } from '../model/step.ts'
import { printStatements } from '../sql/print.ts'
import { printName } from '../sql/quote.ts'
import { revokeAdminOption, revokeMembership } from '../sql/role.ts'
import { finding, step } from './context.ts'

/**
 * What takes it back as the login of the run; null: a REVOKE of what another granted would change nothing but give a
 * warning. Below 16 whoever may grant the role may revoke any membership in it.
 */
export function revocationOf({ server }: Pick<Cluster, 'server'>, item: Membership): Statement | null {
  const { version, login } = server
  if (version >= VERSION_16 && item.grantor !== login) return null
  return revokeMembership(version, item.role, item.member, item.grantor)
}

/**
 * The step that takes it back: its target tells it from the others of the login.
 * @param why `: …`, or empty
 */
export function membershipStep(about: Subject, item: Membership, revoke: Statement, why = ''): Step {
  const message = `${item.member} is no member of ${item.role} any more, granted by ${item.grantor}${why}`
  const revocation = step(about, 'revoke_membership', 'revoke', 'removed', message, [revoke], membershipKey(item))
  // Who was made a member unasked loses nothing of its own.
  return isSelfGrant(item) ? revocation : { ...revocation, loser: item.member }
}

/** Who can take back what the run cannot. */
export function membershipFinding(cluster: Pick<Cluster, 'server'>, about: Subject, item: Membership): Finding {
  const { role, member } = item
  const message = `${member} stays a member of ${role}, and may do what it may, until it is revoked: ${revocationRemedy(cluster, item)}`
  return finding(about, 'keep', 'warning', message)
}

/** `as …: REVOKE …;`, in the name of whoever granted it. */
export function revocationRemedy({ server }: Pick<Cluster, 'server'>, item: Membership): string {
  return printAsGrantor(item, revokeMembership(server.version, item.role, item.member, item.grantor))
}

/** The same of its ADMIN OPTION alone. */
export function narrowingRemedy({ server }: Pick<Cluster, 'server'>, item: Membership): string {
  return printAsGrantor(item, revokeAdminOption(server.version, item.role, item.member, item.grantor))
}

function printAsGrantor({ grantor }: Membership, statement: Statement): string {
  return `as ${printName(grantor)}: ${printStatements([statement])}`
}

/**
 * Below 16 each login holds ADMIN on itself, and can make anybody its member, asked or not. Nobody who administers the
 * role did that. https://www.postgresql.org/docs/16/release-16.html
 */
export function isSelfGrant({ role, member, grantor }: Membership): boolean {
  return grantor === role && member !== `${role}_clone`
}

/**
 * The login's own memberships by which it is in rds_iam, so that RDS asks it for a token (src/README.md: IAM and PAM).
 * @param tokenLogins all members of rds_iam
 */
export function tokenMemberships(
  memberships: readonly Membership[],
  tokenLogins: ReadonlySet<string>,
  login: string,
): readonly Membership[] {
  return memberships.filter(({ role, member }) => member === login && (role === RDS_IAM || tokenLogins.has(role)))
}

export const RDS_IAM = 'rds_iam'

/** A role and its member may have several, by several grantors. */
export function membershipKey({ role, member, grantor }: Membership): string {
  return JSON.stringify([role, member, grantor])
}
