/** Taking back a membership that somebody granted (src/README.md: Memberships and their grantors). Pure. */
import type { Cluster, Membership } from '../model/catalog.ts'
import { VERSION_16 } from '../model/server-version.ts'
import type { Statement } from '../model/statement.ts'
import type { Finding, Step, Subject } from '../model/step.ts'
import { revokeMembership } from '../sql/role.ts'
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

/** The step that takes it back: its target tells it from the others of the login. */
export function membershipStep(about: Subject, item: Membership, revoke: Statement): Step {
  const message = `${item.member} is no member of ${item.role} any more, granted by ${item.grantor}`
  return step(about, 'revoke_membership', 'revoke', 'removed', message, [revoke], membershipKey(item))
}

/** Who can take back what the run cannot. */
export function membershipFinding(cluster: Pick<Cluster, 'server'>, about: Subject, item: Membership): Finding {
  const { role, member, grantor } = item
  const revoke = revokeMembership(cluster.server.version, role, member, grantor).redacted
  const message = `${member} stays a member of ${role}, and may do what it may: only ${grantor}, which granted it, can revoke it: ${revoke};`
  return finding(about, 'keep', 'warning', message)
}

/** A role and its member may have several, by several grantors. */
export function membershipKey({ role, member, grantor }: Membership): string {
  return JSON.stringify([role, member, grantor])
}

/** Everybody who may act as the role, through others too. */
export function allMembers(memberships: readonly Membership[], role: string): readonly string[] {
  const found = new Set<string>()
  const open = [role]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { member } of memberships.filter((item) => item.role === next)) {
      if (!found.has(member)) open.push(member)
      found.add(member)
    }
  }
  return [...found]
}
