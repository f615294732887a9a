/** Statements that a removal needs besides those of provisioning. */
import { VERSION_16 } from '../model/server-version.ts'
import { Statement } from '../model/statement.ts'
import { quoteGrantee, quoteIdentifier, quoteQualified } from './quote.ts'

/**
 * With `force` it ends the sessions in it. Run as the admin that holds the owner's membership, since ownership and the
 * right to end sessions are checked against the current role (src/README.md: Dropping a database).
 * https://www.postgresql.org/docs/current/sql-dropdatabase.html
 */
export function dropDatabase(database: string, force = true): Statement {
  return new Statement(`DROP DATABASE ${quoteIdentifier(database)}${force ? ' WITH (FORCE)' : ''}`)
}

/** The role's settings and memberships go with it. https://www.postgresql.org/docs/current/sql-droprole.html */
export function dropRole(role: string): Statement {
  return new Statement(`DROP ROLE ${quoteIdentifier(role)}`)
}

/** The admin becomes a member that has the role's rights without SET ROLE; below 16 every membership of it does. */
export function holdRights(version: number, role: string, admin: string): Statement {
  const terms = version >= VERSION_16 ? ' WITH INHERIT TRUE, SET TRUE' : ''
  return new Statement(`GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(admin)}${terms}`)
}

/**
 * What nobody can name goes by it too: temporary tables of other sessions. As a role that has the rights of the role
 * and of whoever granted. It also drops what the role owns here.
 * https://www.postgresql.org/docs/current/sql-drop-owned.html
 */
export function dropOwned(role: string): Statement {
  return new Statement(`DROP OWNED BY ${quoteIdentifier(role)}`)
}

/** @param identities names of objects of one kind, already SQL. */
export function revokeAll(
  keyword: string,
  identities: readonly string[],
  role: string,
  grantor: string | null,
): Statement {
  return Statement.ofList(
    { head: `REVOKE ALL ON ${keyword}`, objects: identities, tail: `FROM ${quoteGrantee(role)}` },
    grantor,
  )
}

/** @param schema null: default privileges in no particular schema. */
export function revokeAllByDefault(
  creator: string,
  schema: string | null,
  keyword: string,
  role: string,
  runAs: string | null,
): Statement {
  const where = schema === null ? '' : ` IN SCHEMA ${quoteIdentifier(schema)}`
  return new Statement(
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdentifier(creator)}${where} REVOKE ALL ON ${keyword} FROM ${quoteGrantee(role)}`,
    { runAs },
  )
}

/**
 * A policy no longer names a role; one that names nobody else would be for nobody, and goes.
 * https://www.postgresql.org/docs/current/sql-alterpolicy.html
 */
export function leavePolicy(policy: string, schema: string, table: string, others: readonly string[]): Statement {
  const on = `POLICY ${quoteIdentifier(policy)} ON ${quoteQualified(schema, table)}`
  return new Statement(others.length === 0 ? `DROP ${on}` : `ALTER ${on} TO ${others.map(quoteGrantee).join(', ')}`)
}

/** https://www.postgresql.org/docs/current/sql-dropusermapping.html */
export function dropUserMapping(role: string, server: string): Statement {
  return new Statement(`DROP USER MAPPING FOR ${quoteIdentifier(role)} SERVER ${quoteIdentifier(server)}`)
}

/** What a new server has; the entry goes when it is equal to it. */
const TO_PUBLIC: Readonly<Record<string, string>> = { ROUTINES: 'EXECUTE', TYPES: 'USAGE' }

/**
 * A role's own default privileges as if it had never changed them.
 * https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
 * @param schema null: those in no particular schema
 * @param grantees whom they name; '' is PUBLIC
 */
export function restoreDefaults(
  role: string,
  schema: string | null,
  keyword: string,
  grantees: readonly string[],
): Statement[] {
  const revokes = grantees.map((grantee) => revokeAllByDefault(role, schema, keyword, grantee, null))
  if (schema !== null) return revokes
  const grant = (privileges: string, grantee: string): Statement =>
    new Statement(
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdentifier(role)} GRANT ${privileges} ON ${keyword} TO ${quoteGrantee(grantee)}`,
    )
  const toPublic = TO_PUBLIC[keyword]
  return [...revokes, grant('ALL', role), ...(toPublic === undefined ? [] : [grant(toPublic, '')])]
}
