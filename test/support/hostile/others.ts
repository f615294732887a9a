/** The ten applications beside the attacker's: something of each changes in every run, in roles, databases and schemas. */
import type { Server } from '../postgres.ts'
import type { Entry } from '../provision.ts'

const NAMES = Array.from({ length: 10 }, (_, index) => `other${index}`)
/** What `othersDone` gives where all are. */
export const OTHERS: readonly string[] = NAMES

/** A default privilege comes and goes with it. */
const isReader = (round: number): boolean => round % 2 === 1

/** Their entries in the given run; the last of them is a guest of the first, whose level changes. */
export function othersWith(round: number): Record<string, Entry> {
  return Object.fromEntries(
    NAMES.map((name, index) => [
      name,
      {
        connection_limit: 20 + (round % 50),
        settings: { work_mem: `${String(100 + round)}kB` },
        ...(index === NAMES.length - 1
          ? { database_name: `${String(NAMES[0])}_dev_db`, access_level: isReader(round) ? 'reader' : 'editor' }
          : {}),
      },
    ]),
  )
}

/** Names of those that are, in the server's catalogs, as declared in the given run. */
export async function othersDone(server: Server, round: number): Promise<string[]> {
  const rows = await server.sql(
    `SELECT replace(r.rolname, '_dev_user', '') AS name FROM pg_roles r JOIN pg_db_role_setting s ON s.setrole = r.oid
     WHERE r.rolname ~ '^other[0-9]_dev_user$' AND r.rolcanlogin AND r.rolconnlimit = $1 AND $2 = ANY (s.setconfig)`,
    [20 + (round % 50), `work_mem=${String(100 + round)}kB`],
  )
  const done = new Set(rows.map(({ name }) => String(name)))
  const [level] = await server.sql(
    `SELECT count(*) FILTER (WHERE a.privilege_type = 'INSERT') > 0 AS writes, count(*) > 0 AS reads
     FROM pg_default_acl d CROSS JOIN aclexplode(d.defaclacl) a WHERE a.grantee = 'other9_dev_user'::regrole`,
    [],
    'other0_dev_db',
  )
  if (level?.['reads'] !== true || level['writes'] === isReader(round)) done.delete('other9')
  return NAMES.filter((name) => done.has(name))
}

/** What the users may do that nobody declared, one line each: of the others, of the admin, of one another. */
export async function isKeptOut(server: Server, users: readonly string[]): Promise<string[]> {
  const rows = await server.sql(
    `SELECT r.rolname || ' may connect to ' || d.datname AS line FROM pg_roles r, pg_database d
     WHERE r.rolname = ANY ($1) AND d.datname ~ '^other' AND has_database_privilege(r.oid, d.oid, 'CONNECT')
     UNION ALL SELECT rolname || ' is more than a login' FROM pg_roles
     WHERE rolname = ANY ($1) AND (rolsuper OR rolcreaterole OR rolreplication OR rolbypassrls)
     UNION ALL SELECT r.rolname || ' is a member of ' || g.rolname FROM pg_auth_members m
     JOIN pg_roles r ON r.oid = m.member JOIN pg_roles g ON g.oid = m.roleid
     WHERE (r.rolname = ANY ($1) OR g.rolname = ANY ($1)) AND r.rolname <> 'platform_provisioner'`,
    [users],
  )
  return rows.map(({ line }) => String(line))
}
