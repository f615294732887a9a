import { ADMIN } from './names.ts'
import type { State } from './state.ts'

/**
 * The admin is a member of nobody once nobody runs: it holds what it needs as long as it needs it.
 * @param roles by their names: those that are looked at. One whose tag a person took is not ours until it is adopted,
 *   and one of another state is left to that.
 */
export function leftoversIn({ memberships }: State, roles: ReadonlyMap<string, unknown>): string[] {
  return memberships
    .filter(({ role, member, grantor, admin }) => roles.has(role) && member === ADMIN && grantor === member && !admin)
    .map(({ role }) => `the admin is left in ${role}`)
}
