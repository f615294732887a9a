/** Statements that a removal needs besides those of provisioning. */
import { VERSION_16 } from '../model/server-version.ts'
import { Statement } from '../model/statement.ts'
import { quoteGrantee, quoteIdentifier } from './quote.ts'

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
