/** Statements on roles. Pure builders: state in, text out. */
import type { Secret } from '../model/secret.ts'
import { VERSION_16 } from '../model/server-version.ts'
import { Statement } from '../model/statement.ts'
import { quoteIdentifier, quoteLiteral } from './quote.ts'

const REDACTED = "'[redacted]'"

/** What CREATE ROLE and ALTER ROLE set; an absent attribute is left out. */
export interface RoleAttributes {
  readonly login?: boolean
  readonly createDb?: boolean
  readonly createRole?: boolean
  readonly inherit?: boolean
  readonly connectionLimit?: number
  /** null: never expires. */
  readonly validUntil?: Date | null
  /** A ready SCRAM-SHA-256 verifier, never a plaintext (src/README.md: SCRAM verifier); null removes the password. */
  readonly verifier?: Secret | null
}

function options(attributes: RoleAttributes, verifier: string | null): string {
  const words: string[] = []
  if (attributes.login !== undefined) words.push(attributes.login ? 'LOGIN' : 'NOLOGIN')
  if (attributes.createDb !== undefined) words.push(attributes.createDb ? 'CREATEDB' : 'NOCREATEDB')
  if (attributes.createRole !== undefined) words.push(attributes.createRole ? 'CREATEROLE' : 'NOCREATEROLE')
  if (attributes.inherit !== undefined) words.push(attributes.inherit ? 'INHERIT' : 'NOINHERIT')
  if (attributes.connectionLimit !== undefined) words.push(`CONNECTION LIMIT ${String(attributes.connectionLimit)}`)
  if (attributes.validUntil !== undefined)
    words.push(`VALID UNTIL ${quoteLiteral(attributes.validUntil?.toISOString() ?? 'infinity')}`)
  if (verifier !== null) words.push(`PASSWORD ${verifier}`)
  return words.join(' ')
}

function withOptions(verb: string, attributes: RoleAttributes): Statement {
  const { verifier } = attributes
  if (verifier === undefined) return new Statement(`${verb} ${options(attributes, null)}`)
  if (verifier === null) return new Statement(`${verb} ${options(attributes, 'NULL')}`)
  return new Statement(`${verb} ${options(attributes, quoteLiteral(verifier.reveal()))}`, {
    redacted: `${verb} ${options(attributes, REDACTED)}`,
  })
}

/** https://www.postgresql.org/docs/current/sql-createrole.html */
export function createRole(role: string, attributes: RoleAttributes): Statement {
  return withOptions(`CREATE ROLE ${quoteIdentifier(role)}`, attributes)
}

/** https://www.postgresql.org/docs/current/sql-alterrole.html */
export function alterRole(role: string, attributes: RoleAttributes): Statement {
  return withOptions(`ALTER ROLE ${quoteIdentifier(role)}`, attributes)
}

/** @param comment null takes it away. https://www.postgresql.org/docs/current/sql-comment.html */
export function commentOnRole(role: string, comment: string | null): Statement {
  return new Statement(
    `COMMENT ON ROLE ${quoteIdentifier(role)} IS ${comment === null ? 'NULL' : quoteLiteral(comment)}`,
  )
}

/** `GRANT role TO member`, as it stands (16 and later: with the defaults of the member). */
export function grantRole(role: string, member: string): Statement {
  return new Statement(`GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(member)}`)
}

/**
 * A member has the role's rights and may SET ROLE to it; it may not give it on. Below 16 a membership has no other
 * options.
 */
export function grantMembership(version: number, role: string, member: string): Statement {
  const terms = version >= VERSION_16 ? ' WITH ADMIN FALSE, INHERIT TRUE, SET TRUE' : ''
  return new Statement(`GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(member)}${terms}`)
}

/** The member may not give the role on any more; what it gave goes too. From 16 on as revokeMembership. */
export function revokeAdminOption(version: number, role: string, member: string, grantor: string): Statement {
  const by = version >= VERSION_16 ? ` GRANTED BY ${quoteIdentifier(grantor)}` : ''
  return new Statement(`REVOKE ADMIN OPTION FOR ${quoteIdentifier(role)} FROM ${quoteIdentifier(member)}${by} CASCADE`)
}

/**
 * The right over a role that somebody else created, and nothing else: WITH ADMIN OPTION alone would give INHERIT and
 * SET, which the admin could not give back (src/README.md: Rights over roles). From 16 on.
 * @param runAs who grants it; null: the login
 */
export function grantAdministration(role: string, member: string, runAs: string | null = null): Statement {
  return new Statement(
    `GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(member)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`,
    { runAs },
  )
}

/** The same below 16, where a membership has no other options. */
export function grantWithAdmin(role: string, member: string): Statement {
  return new Statement(`GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(member)} WITH ADMIN OPTION`)
}

export function revokeRole(role: string, member: string): Statement {
  return new Statement(`REVOKE ${quoteIdentifier(role)} FROM ${quoteIdentifier(member)}`)
}

/**
 * The membership that `grantor` gave, with those that hang on it. Below 16 a role and its member have one, whoever
 * granted it.
 */
export function revokeMembership(version: number, role: string, member: string, grantor: string): Statement {
  const by = version >= VERSION_16 ? ` GRANTED BY ${quoteIdentifier(grantor)}` : ''
  return new Statement(`REVOKE ${quoteIdentifier(role)} FROM ${quoteIdentifier(member)}${by} CASCADE`)
}

/**
 * The admin becomes a member of a role that it administers, able to SET ROLE. From 16 on without INHERIT, so that the
 * admin's own statements gain nothing by it (src/README.md: Owner's membership).
 */
export function holdRole(version: number, role: string, admin: string): Statement {
  const terms = version >= VERSION_16 ? ' WITH INHERIT FALSE, SET TRUE' : ''
  return new Statement(`GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(admin)}${terms}`)
}

/**
 * The opposite of holdRole. From 16 on a membership is its grantor's, and the grantor is named: without it the server
 * chooses one, and removes nothing where it chooses another. The ADMIN-only membership given by the bootstrap superuser
 * stays (src/README.md: Owner's membership).
 */
export function releaseRole(version: number, role: string, admin: string): Statement {
  const grantor = version >= VERSION_16 ? ` GRANTED BY ${quoteIdentifier(admin)}` : ''
  return new Statement(`REVOKE ${quoteIdentifier(role)} FROM ${quoteIdentifier(admin)}${grantor}`)
}

/**
 * Until the transaction ends, what follows runs as this role; null: as the login.
 * https://www.postgresql.org/docs/current/sql-set-role.html
 */
export function actAs(role: string | null): string {
  return role === null ? 'RESET ROLE' : `SET LOCAL ROLE ${quoteIdentifier(role)}`
}

/** `items`: each becomes one quoted item of a list parameter. */
export function setInDatabase(role: string, database: string, parameter: string, items: readonly string[]): Statement {
  const value = items.map(quoteLiteral).join(', ')
  return new Statement(
    `ALTER ROLE ${quoteIdentifier(role)} IN DATABASE ${quoteIdentifier(database)} SET ${quoteIdentifier(parameter)} = ${value}`,
  )
}

export function resetInDatabase(role: string, database: string, parameter: string): Statement {
  return new Statement(
    `ALTER ROLE ${quoteIdentifier(role)} IN DATABASE ${quoteIdentifier(database)} RESET ${quoteIdentifier(parameter)}`,
  )
}

export function resetEverywhere(role: string, parameter: string): Statement {
  return new Statement(`ALTER ROLE ${quoteIdentifier(role)} RESET ${quoteIdentifier(parameter)}`)
}

/** https://www.postgresql.org/docs/current/sql-rollback-prepared.html */
export function rollbackPrepared(transaction: string): Statement {
  return new Statement(`ROLLBACK PREPARED ${quoteLiteral(transaction)}`)
}
