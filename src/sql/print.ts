/** The one place where statements become text that a person is asked to run (src/README.md: Printed statements). */
import type { Statement } from '../model/statement.ts'
import { joinRole, leaveRole } from './owner.ts'
import { printableSql } from './quote.ts'
import { actAs } from './role.ts'

/** Statements on one line, each with its semicolon. What belongs to the instance runs from whichever database. */
export function printStatements(statements: readonly Statement[]): string {
  return join(statements.map(({ redacted }) => redacted))
}

/**
 * Statements that run inside a database, where its owner may have planted objects and settings. The first names no
 * object, so nothing can stand in for it; what is planted as a time limit, as read-only or isolation or as `role` is
 * put right by those that follow, and all take effect or none.
 * @param role that they run as; null: the login itself
 */
export function printInside(statements: readonly Statement[], role: string | null): string {
  return join([
    'SET search_path = pg_catalog, pg_temp',
    ...NO_TIME_LIMIT,
    'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE',
    NO_TRANSACTION_LIMIT,
    role === null ? NO_ROLE : actAs(role),
    ...statements.map(({ redacted }) => redacted),
    'COMMIT',
  ])
}

/** Statements on what belongs to the instance, all or none of them. */
export function printInTransaction(statements: readonly Statement[]): string {
  return join(['BEGIN', ...statements.map(({ redacted }) => redacted), 'COMMIT'])
}

/** Statements on what belongs to the instance, as a role that whoever runs them becomes a member of meanwhile. */
export function printAsMember(role: string, statements: readonly Statement[]): string {
  return join([
    'BEGIN',
    joinRole(role).redacted,
    actAs(role),
    ...statements.map(({ redacted }) => redacted),
    NO_ROLE,
    leaveRole(role).redacted,
    'COMMIT',
  ])
}

/** A limit of a millisecond would end every statement. */
const NO_TIME_LIMIT = [
  'SET statement_timeout = 0',
  'SET lock_timeout = 0',
  'SET idle_in_transaction_session_timeout = 0',
]

/**
 * Before 17 nobody knows it, and SET would fail. It comes after BEGIN, since where all is sent in one message, that
 * must come before any query. https://www.postgresql.org/docs/current/runtime-config-client.html
 */
const NO_TRANSACTION_LIMIT =
  "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_show_all_settings() WHERE name = 'transaction_timeout'"

/** RESET ROLE would take what the database's owner set. https://www.postgresql.org/docs/current/sql-set-role.html */
const NO_ROLE = 'SET LOCAL ROLE NONE'

function join(texts: readonly string[]): string {
  return texts.map((text) => `${printableSql(text)};`).join(' ')
}
