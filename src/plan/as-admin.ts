/** The catalogs once the master has made or repaired the admin (src/README.md: The master's look). Pure. */
import type { Cluster, Membership, RoleState } from '../model/catalog.ts'
import { VERSION_16 } from '../model/server-version.ts'
import { type Plan, planSteps } from '../model/step.ts'
import { membershipKey } from './membership-revocation.ts'

/** An admin that is made: nobody has seen it yet. */
const NEW_ADMIN: Omit<RoleState, 'name'> = {
  oid: 0,
  canLogin: true,
  superuser: false,
  createDb: true,
  createRole: true,
  replication: false,
  bypassRls: false,
  connectionLimit: -1,
  validUntil: null,
  comment: null,
}

/**
 * @param cluster as the master sees it
 * @param plans what the master does; where the server refuses a right, only the apply can tell
 */
export function afterBootstrap(cluster: Cluster, admin: string, plans: readonly Plan[]): Cluster {
  const steps = plans.flatMap(planSteps)
  const role = cluster.roles.get(admin) ?? { name: admin, ...NEW_ADMIN }
  const able = { ...role, canLogin: true, createDb: true, createRole: true }
  const revoked = new Set(steps.flatMap(({ kind, target }) => (kind === 'revoke_membership' ? (target ?? []) : [])))
  const isRight = cluster.server.version >= VERSION_16
  const granted = steps.flatMap(({ kind, target }): Membership[] =>
    kind === 'grant_to_admin' && target !== null
      ? [
          {
            role: target,
            member: admin,
            grantor: cluster.server.login,
            admin: isRight,
            inherit: !isRight,
            set: !isRight,
          },
        ]
      : [],
  )
  return {
    ...cluster,
    server: { ...cluster.server, login: admin },
    roles: new Map(cluster.roles).set(admin, able),
    memberships: [...cluster.memberships.filter((item) => !revoked.has(membershipKey(item))), ...granted],
  }
}
