/** Who owns: statements that only a person runs, so they stand in remedies. */
import { Statement } from '../model/statement.ts'
import { quoteIdentifier } from './quote.ts'

/** https://www.postgresql.org/docs/current/sql-alterdatabase.html */
export function alterDatabaseOwner(database: string, owner: string): Statement {
  return new Statement(`ALTER DATABASE ${quoteIdentifier(database)} OWNER TO ${quoteIdentifier(owner)}`)
}

/** https://www.postgresql.org/docs/current/sql-alterschema.html */
export function alterSchemaOwner(schema: string, owner: string): Statement {
  return new Statement(`ALTER SCHEMA ${quoteIdentifier(schema)} OWNER TO ${quoteIdentifier(owner)}`)
}

/**
 * Everything of a role in the database where it runs. https://www.postgresql.org/docs/current/sql-reassign-owned.html
 * @param to null: whoever reads it has to choose.
 */
export function reassignOwned(from: string, to: string | null): Statement {
  return new Statement(`REASSIGN OWNED BY ${quoteIdentifier(from)} TO ${to === null ? '…' : quoteIdentifier(to)}`)
}
