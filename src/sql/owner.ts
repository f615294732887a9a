/** Who owns: statements that but for a withheld database only a person runs, so they stand in remedies. */
import { Statement } from '../model/statement.ts'
import { quoteIdentifier, quoteLiteral } from './quote.ts'

/** https://www.postgresql.org/docs/current/sql-alterdatabase.html */
export function alterDatabaseOwner(database: string, owner: string): Statement {
  return new Statement(`ALTER DATABASE ${quoteIdentifier(database)} OWNER TO ${quoteIdentifier(owner)}`)
}

/**
 * Its owner needs CREATEDB, and nobody may be connected.
 * https://www.postgresql.org/docs/current/sql-alterdatabase.html
 */
export function alterDatabaseName(database: string, name: string): Statement {
  return new Statement(`ALTER DATABASE ${quoteIdentifier(database)} RENAME TO ${quoteIdentifier(name)}`)
}

/** https://www.postgresql.org/docs/current/sql-alterrole.html */
export function alterRoleName(role: string, name: string): Statement {
  return new Statement(`ALTER ROLE ${quoteIdentifier(role)} RENAME TO ${quoteIdentifier(name)}`)
}

/** https://www.postgresql.org/docs/current/sql-alterschema.html */
export function alterSchemaOwner(schema: string, owner: string): Statement {
  return new Statement(`ALTER SCHEMA ${quoteIdentifier(schema)} OWNER TO ${quoteIdentifier(owner)}`)
}

/**
 * Everything of a role in the database where it runs. https://www.postgresql.org/docs/current/sql-reassign-owned.html
 */
export function reassignOwned(from: string, to: string): Statement {
  return new Statement(`REASSIGN OWNED BY ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`)
}

/**
 * Everything of a role in the database where it runs, and that database. REASSIGN OWNED takes in every database of the
 * former owner, wherever it runs, so the block gives the others back. Names are qualified, since it runs where somebody
 * else may have made objects of the same names (src/README.md: Printed statements).
 */
export function reassignInOneDatabase(from: string, to: string): Statement {
  const owner = `(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ${quoteLiteral(from)})`
  const isOther = `datdba = ${owner} AND datname <> pg_catalog.current_database()`
  const others = `SELECT datname FROM pg_catalog.pg_database WHERE ${isOther}`
  const giveBack = `EXECUTE pg_catalog.format('ALTER DATABASE %I OWNER TO %I', other, ${quoteLiteral(from)});`
  const body = [
    `DECLARE others pg_catalog.name[] := ARRAY(${others}); other pg_catalog.name;`,
    `BEGIN ${reassignOwned(from, to).redacted};`,
    `FOREACH other IN ARRAY others LOOP ${giveBack} END LOOP; END`,
  ].join(' ')
  // As a literal, since a name may hold whatever tag a dollar quote has.
  return new Statement(`DO ${quoteLiteral(body)}`)
}

/** Whoever runs it becomes a member of the role. */
export function joinRole(role: string): Statement {
  return new Statement(`GRANT ${quoteIdentifier(role)} TO CURRENT_USER`)
}

/** The opposite of joinRole; from 16 on others' grants stay. */
export function leaveRole(role: string): Statement {
  return new Statement(`REVOKE ${quoteIdentifier(role)} FROM CURRENT_USER GRANTED BY CURRENT_USER`)
}
