/** Who may what: the server's rules on roles, as far as statements of the builders meet them. */
import type { AclItem, Membership } from '../../../src/model/catalog.ts'
import { SUPERUSER } from './names.ts'
import { CIRCLE, DEPENDENTS, NO, Refusal, type State } from './state.ts'

export const hasOptions = ({ version }: State): boolean => version >= 160000

/** Roles that are reached over memberships of a kind, the role itself among them. */
function reach(state: State, role: string, follows: (item: Membership) => boolean): Set<string> {
  const found = new Set([role])
  for (const name of found)
    for (const item of state.memberships) if (item.member === name && follows(item)) found.add(item.role)
  return found
}

export function isSuper(state: State, role: string): boolean {
  return state.roles.get(role)?.superuser === true
}

/** Whether a role has the rights of another without SET ROLE. */
export function hasRightsOf(state: State, role: string, other: string): boolean {
  const inherits = (item: Membership): boolean =>
    hasOptions(state) ? item.inherit : state.roles.get(item.member)?.inherits !== false
  return isSuper(state, role) || reach(state, role, inherits).has(other)
}

/** Whether a list gives a role a privilege, to itself, to PUBLIC, or to a role whose rights it has. */
export function holds(state: State, role: string, acl: readonly AclItem[], privilege: string): boolean {
  return acl.some(
    (item) => item.privilege === privilege && (item.grantee === '' || hasRightsOf(state, role, item.grantee)),
  )
}

export function maySet(state: State, role: string, other: string): boolean {
  return isSuper(state, role) || reach(state, role, (item) => !hasOptions(state) || item.set).has(other)
}

/** Whether a role may alter, drop, comment on or grant another. */
export function administers(state: State, role: string, other: string): boolean {
  if (isSuper(state, role)) return true
  if (isSuper(state, other)) return false
  const isAdmin = state.memberships.some((item) => item.role === other && item.member === role && item.admin)
  return isAdmin || (!hasOptions(state) && state.roles.get(role)?.createRole === true)
}

export function mustAdminister(state: State, role: string, other: string): void {
  if (!state.roles.has(other)) throw new Refusal(`role ${other} does not exist`, NO.role)
  if (!administers(state, role, other)) throw new Refusal(`${role} may not administer ${other}`)
}

export function mustOwn(state: State, role: string, owner: string, what: string): void {
  if (!hasRightsOf(state, role, owner)) throw new Refusal(`${role} is not owner of ${what}`)
}

/** Who a membership comes from, where nobody is named. */
export function grantorOf(state: State, role: string): string {
  return hasOptions(state) && isSuper(state, role) ? SUPERUSER : role
}

/** GRANT of a role. The manual, GRANT, "GRANT on Roles". */
export function grantRole(
  state: State,
  by: string,
  role: string,
  member: string,
  options: { admin?: boolean; inherit?: boolean; set?: boolean },
): void {
  mustAdminister(state, by, role)
  if (!state.roles.has(member)) throw new Refusal(`role ${member} does not exist`, NO.role)
  if (reach(state, role, () => true).has(member)) throw new Refusal(`${role} is a member of ${member}`, CIRCLE)
  const grantor = grantorOf(state, by)
  const old = state.memberships.find(
    (item) => item.role === role && item.member === member && (!hasOptions(state) || item.grantor === grantor),
  )
  if (hasOptions(state)) {
    if (old === undefined)
      state.memberships.push({
        role,
        member,
        grantor,
        admin: options.admin ?? false,
        inherit: options.inherit ?? state.roles.get(member)?.inherits ?? true,
        set: options.set ?? true,
      })
    else Object.assign(old, options)
  } else if (old === undefined)
    state.memberships.push({ role, member, grantor, admin: options.admin === true, inherit: true, set: true })
  else if (options.admin === true && !old.admin) Object.assign(old, { admin: true, grantor })
}

/** REVOKE of a role. @param grantor whose grant it is; below 16, where there is one at most, whoever that was */
export function revokeRole(
  state: State,
  grantor: string,
  role: string,
  member: string,
  { onlyAdmin, cascade }: { readonly onlyAdmin: boolean; readonly cascade: boolean },
): void {
  const row = state.memberships.find(
    (item) => item.role === role && item.member === member && (!hasOptions(state) || item.grantor === grantor),
  )
  if (row === undefined) return
  if (hasOptions(state) && row.admin) {
    const isStillAdmin = state.memberships.some(
      (item) => item !== row && item.role === role && item.member === member && item.admin,
    )
    const hanging = state.memberships.filter((item) => item.role === role && item.grantor === member)
    if (!isStillAdmin && hanging.length > 0) {
      if (!cascade) throw new Refusal(`dependent privileges exist: ${role} granted by ${member}`, DEPENDENTS)
      for (const item of hanging) revokeRole(state, member, role, item.member, { onlyAdmin: false, cascade })
    }
  }
  if (onlyAdmin) row.admin = false
  else state.memberships = state.memberships.filter((item) => item !== row)
}
