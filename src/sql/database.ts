/** Statements on databases as objects of the instance; run from the admin's own database. */
import { type Locale, parseLocale } from '../model/locale.ts'
import { VERSION_15 } from '../model/server-version.ts'
import { Statement } from '../model/statement.ts'
import { cascade, quoteGrantee, quoteIdentifier, quoteLiteral } from './quote.ts'

export interface NewDatabase {
  readonly name: string
  readonly owner: string
  readonly encoding: string | null
  /** As declared; null: the server's own. */
  readonly locale: string | null
  /** server_version_num */
  readonly version: number
  /** -1 is no limit. */
  readonly connectionLimit: number
}

/**
 * Closed to everybody, until who may connect was said: an open one could be entered, by PUBLIC, as long as somebody
 * locks its row (src/README.md: Databases from template0).
 *
 * From template0: nobody can be connected to it, and it has nothing added (src/README.md: Databases from template0);
 * encoding and locale may be chosen freely only from there.
 * https://www.postgresql.org/docs/current/sql-createdatabase.html
 *
 * STRATEGY is left to the server, which from 15 on takes WAL_LOG (14 knows none). Measured on 15 and 17 with one, four
 * and eight at a time: where writes reach the disk (fsync on, as always on RDS), FILE_COPY mostly takes twice as long,
 * since it forces two checkpoints of the whole instance, the other tenants' pages included. It wins only with fsync
 * off.
 */
export function createDatabase(database: NewDatabase): Statement {
  const words = [
    `CREATE DATABASE ${quoteIdentifier(database.name)} OWNER ${quoteIdentifier(database.owner)} TEMPLATE template0`,
  ]
  if (database.encoding !== null) words.push(`ENCODING ${quoteLiteral(database.encoding)}`)
  if (database.locale !== null) words.push(localeClause(parseLocale(database.locale), database.version))
  words.push('ALLOW_CONNECTIONS false')
  if (database.connectionLimit !== -1) words.push(`CONNECTION LIMIT ${String(database.connectionLimit)}`)
  return new Statement(words.join(' '))
}

/** Template0 may have another provider than the C library, so from 15 on it is named. */
function localeClause({ provider, name }: Locale, version: number): string {
  const text = quoteLiteral(name)
  if (provider === 'icu') return `LOCALE_PROVIDER icu ICU_LOCALE ${text}`
  if (provider === 'builtin') return `LOCALE_PROVIDER builtin BUILTIN_LOCALE ${text}`
  return `${version >= VERSION_15 ? 'LOCALE_PROVIDER libc ' : ''}LC_COLLATE ${text} LC_CTYPE ${text}`
}

export function alterDatabaseLimit(database: string, limit: number, owner: string): Statement {
  return new Statement(`ALTER DATABASE ${quoteIdentifier(database)} CONNECTION LIMIT ${String(limit)}`, {
    runAs: owner,
  })
}

/** `owner` null, here and below: the login itself owns it. */
export function allowConnections(database: string, allow: boolean, owner: string | null): Statement {
  return new Statement(`ALTER DATABASE ${quoteIdentifier(database)} ALLOW_CONNECTIONS ${String(allow)}`, {
    runAs: owner,
  })
}

export function alterDatabaseTemplate(database: string, isTemplate: boolean, owner: string): Statement {
  return new Statement(`ALTER DATABASE ${quoteIdentifier(database)} IS_TEMPLATE ${String(isTemplate)}`, {
    runAs: owner,
  })
}

/** @param comment null takes it away. https://www.postgresql.org/docs/current/sql-comment.html */
export function commentOnDatabase(database: string, comment: string | null, owner: string | null): Statement {
  const text = comment === null ? 'NULL' : quoteLiteral(comment)
  return new Statement(`COMMENT ON DATABASE ${quoteIdentifier(database)} IS ${text}`, { runAs: owner })
}

/** role '' is PUBLIC. */
export function grantOnDatabase(
  database: string,
  privileges: readonly string[],
  role: string,
  owner: string | null,
): Statement {
  return new Statement(
    `GRANT ${privileges.join(', ')} ON DATABASE ${quoteIdentifier(database)} TO ${quoteGrantee(role)}`,
    {
      runAs: owner,
    },
  )
}

/** role '' is PUBLIC. `passedOn`: with what the role granted on, without which the server refuses. */
export function revokeOnDatabase(
  database: string,
  privileges: readonly string[],
  role: string,
  owner: string | null,
  passedOn = false,
): Statement {
  return new Statement(
    `REVOKE ${privileges.join(', ')} ON DATABASE ${quoteIdentifier(database)} FROM ${quoteGrantee(role)}${cascade(passedOn)}`,
    { runAs: owner },
  )
}

/** What is set for all roles in the database. https://www.postgresql.org/docs/current/sql-alterdatabase.html */
export function resetOfDatabase(database: string, parameter: string, owner: string): Statement {
  return new Statement(`ALTER DATABASE ${quoteIdentifier(database)} RESET ${quoteIdentifier(parameter)}`, {
    runAs: owner,
  })
}
