/** Statements that a blocked removal prints do what they say when a person runs them, whatever the login is called. */
import test from 'ava'
import { type Bed, bedFor, type Entry, VERSIONS } from '../../support/provision.ts'
import { followAll } from '../../support/remedies.ts'

/** Put between quotes as they are, they would name roles that a statement is not about. */
const USERNAMES = ['x" TO "evil', 'x", "evil']
/** The roles that such a statement would name. */
const BYSTANDERS = ['x', 'evil']

/** Every privilege on the table and every default privilege in a database, as `role privilege`. */
async function privileges({ server }: Bed, database: string): Promise<string[]> {
  const rows = await server.sql(
    `SELECT pg_get_userbyid(a.grantee) || ' ' || a.privilege_type AS held
      FROM pg_class c, aclexplode(c.relacl) a WHERE c.relname = 'loan' AND a.grantee <> c.relowner
      UNION ALL SELECT pg_get_userbyid(a.grantee) || ' by default ' || a.privilege_type
      FROM pg_default_acl f, aclexplode(f.defaclacl) a WHERE a.grantee <> f.defaclrole ORDER BY 1`,
    [],
    database,
  )
  return rows.map(({ held }) => String(held))
}

/** Who is a member of one of these roles, as `role to member`. */
async function members({ server }: Bed, roles: readonly string[]): Promise<string[]> {
  const rows = await server.sql(
    `SELECT DISTINCT r.rolname || ' to ' || pg_get_userbyid(m.member) AS membership
      FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE r.rolname = ANY ($1) ORDER BY 1`,
    [roles],
  )
  return rows.map(({ membership }) => String(membership))
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(`${on}what a blocked removal prints, run as it says, is about the login and no other role`, async (t) => {
    const { server } = bed()
    const master = server.master.user
    for (const role of BYSTANDERS) await server.sql(`CREATE ROLE ${role}`)
    await server.sql(`CREATE DATABASE lent OWNER ${master}`)
    const entries = USERNAMES.map((username, index): [string, Entry] => [
      `odd${String(index)}`,
      { username, database_name: `odd${String(index)}`, cleanup_policy: 'delete' },
    ])
    const stack = bed().declare(Object.fromEntries(entries))
    await stack.applyOk()
    const quoted = USERNAMES.map((name) => `"${name.replaceAll('"', '""')}"`)
    const all = [...BYSTANDERS, ...quoted].join(', ')
    await server.sql(
      `SET ROLE ${master}; CREATE TABLE loan (id int); GRANT SELECT ON loan TO ${all};
        ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${all}; RESET ROLE;
        ${quoted.map((name, index) => `CREATE SCHEMA own${String(index)} AUTHORIZATION ${name}`).join(';')}`,
      [],
      'lent',
    )
    if (version >= 16)
      for (const name of quoted)
        await server.sql(
          `GRANT ${name} TO ${master} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE; REVOKE ${name} FROM platform_provisioner`,
        )
    await server.forget('lent')
    for (const [index, username] of USERNAMES.entries()) {
      const { audit, problems } = await stack.destroy(`odd${String(index)}`)
      t.is(audit.run.exit_code, 4, audit.run.error ?? '')
      const counts: number[] = []
      for (const { remedy } of problems) counts.push(await followAll(bed(), remedy))
      t.deepEqual(counts.filter((count) => count > 0).length, version >= 16 ? 4 : 3, JSON.stringify(problems))
      const left = [...BYSTANDERS, ...USERNAMES.slice(index + 1)].sort()
      t.deepEqual(
        new Set(await privileges(bed(), 'lent')),
        new Set(left.flatMap((role) => [`${role} SELECT`, `${role} by default SELECT`])),
      )
      t.deepEqual(await members(bed(), BYSTANDERS), [])
      if (version >= 16)
        t.deepEqual(await members(bed(), [username]), [
          `${username} to ${master}`,
          `${username} to platform_provisioner`,
        ])
      await server.forget('lent')
      await stack.destroyOk(`odd${String(index)}`)
    }
    t.is((await server.sql(`SELECT FROM pg_roles WHERE rolname = ANY ($1)`, [[...BYSTANDERS, ...USERNAMES]])).length, 2)
  })
}
