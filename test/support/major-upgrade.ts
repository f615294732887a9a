/** What a major upgrade leaves in a server's memberships, made by hand, and looks at them. */
import type { Membership } from '../../src/model/catalog.ts'
import type { Bed } from './provision.ts'
import type { Server } from './postgres.ts'

export const MASTER_SECRET = 'platform/dev/rds/master'
export const HELPER = 'platform_provisioner_upgrade'

export function putMaster({ aws, server }: Bed): void {
  aws.putSecret(MASTER_SECRET, { username: server.master.user, password: server.master.password })
}

/** Memberships in a role, by member and grantor. */
export async function membershipsIn(server: Server, role: string): Promise<Membership[]> {
  return (await allMemberships(server)).filter((row) => row.role === role)
}

/** What the helper administers. */
export async function helperRows(server: Server): Promise<{ role: string; admin: boolean; inherit: boolean }[]> {
  return (await allMemberships(server))
    .filter(({ member }) => member === HELPER)
    .map(({ role, admin, inherit }) => ({ role, admin, inherit }))
}

async function allMemberships(server: Server): Promise<Membership[]> {
  const rows = await server.sql(`
    SELECT pg_get_userbyid(m.roleid)::text || E'\\n' || r.rolname || E'\\n' || pg_get_userbyid(m.grantor)::text AS names,
      ARRAY[
        m.admin_option,
        coalesce((to_jsonb(m) ->> 'inherit_option')::bool, r.rolinherit),
        coalesce((to_jsonb(m) ->> 'set_option')::bool, true)
      ] AS options
    FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
    ORDER BY 1`)
  return rows.map(({ names, options: found }) => {
    const [role = '', member = '', grantor = ''] = String(names).split('\n')
    const [admin, inherit, set] = Array.isArray(found) ? found.map((item) => item === true) : []
    return { role, member, grantor, admin: admin === true, inherit: inherit === true, set: set === true }
  })
}

/**
 * From 16 on: the memberships of these roles as pg_upgrade leaves them, which grants anew, as the bootstrap superuser, what
 * there was before: below 16 none of the admin's; the helper's where it was prepared.
 */
export async function upgraded(server: Server, roles: readonly string[], isPrepared: boolean): Promise<void> {
  for (const role of roles) await server.sql(`REVOKE ${role} FROM platform_provisioner GRANTED BY rdsadmin CASCADE`)
  await server.sql('REVOKE platform_provisioner FROM dbmaster GRANTED BY rdsadmin CASCADE')
  if (!isPrepared) return
  const [there] = await server.sql(`SELECT FROM pg_roles WHERE rolname = '${HELPER}'`)
  if (there === undefined) {
    await server.sql(`CREATE ROLE ${HELPER} NOLOGIN NOINHERIT`)
    await server.sql(`COMMENT ON ROLE ${HELPER} IS '{"ManagedBy":"platform","BuildId":"build-0"}'`)
  }
  for (const role of roles) await server.sql(`GRANT ${role} TO ${HELPER} WITH ADMIN OPTION`)
  await server.sql(`GRANT ${HELPER}, platform_provisioner TO dbmaster WITH ADMIN OPTION`)
}
