/** The one place where names and values become SQL text. */
import { RUNNER_COMMAND, UNPRINTABLE } from '../model/printable.ts'

/**
 * A quoted identifier, spelled exactly as given: no folding, no keyword surprises.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
 * @throws RangeError for names that PostgreSQL cannot hold: empty or with NUL.
 */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\0')) throw new RangeError('an identifier is not empty and has no NUL')
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * A string literal. With a backslash the escape form is used, which means the same whatever
 * standard_conforming_strings says.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS-ESCAPE
 * @throws RangeError for text with NUL, which PostgreSQL cannot hold.
 */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new RangeError('text has no NUL')
  const quoted = text.replaceAll("'", "''")
  return quoted.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`
}

/** `schema.name`, both quoted. */
export function quoteQualified(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}

/** Whom a GRANT names: '' is PUBLIC, as in the catalogs, where PUBLIC has no name. */
export function quoteGrantee(role: string): string {
  return role === '' ? 'PUBLIC' : quoteIdentifier(role)
}

/** The end of a REVOKE: with or without what the grantee granted on to others. */
export function cascade(passedOn: boolean): string {
  return passedOn ? ' CASCADE' : ''
}

/** `expression IN (…)`, and false for no names: SQL has no empty list. */
export function isOneOf(expression: string, names: readonly string[]): string {
  return names.length === 0 ? 'false' : `${expression} IN (${names.map(quoteLiteral).join(', ')})`
}

/** A literal with escapes, a plain one, a quoted identifier: all that the builders quote, and what the server does. */
const QUOTED = /\bE'((?:[^'\\]|\\.|'')*)'|'((?:[^']|'')*)'|"((?:[^"]|"")*)"/gsu
/** The first sign of what a CI runner would obey. */
const RUNNER_SIGN = /#(?=#\w*\[)/g

/**
 * The same statement as one line that may be printed: a name or value with a line break or another character that may
 * not be printed is written with Unicode escapes, so that it stays the same name. Not for sending: a database of
 * SQL_ASCII takes escapes of ASCII only.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
 */
export function printableSql(sql: string): string {
  return sql.replace(QUOTED, (text, escaped?: string, plain?: string, name?: string) => {
    if (isPrintable(text)) return text
    if (name !== undefined) return `U&"${escapeWith('', '+', name.replaceAll('\\', '\\\\'))}"`
    return `E'${escapeWith('u', 'U00', escaped ?? plain?.replaceAll('\\', '\\\\') ?? '')}'`
  })
}

/**
 * A name in a sentence for people: as it is, or as a statement would have to name it, where it could be taken for more
 * than a name.
 */
export function printName(name: string): string {
  return /^[\p{L}\p{N}_.$-]+$/u.test(name) && isPrintable(name) ? name : printableSql(quoteIdentifier(name))
}

function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) === -1 && text.search(RUNNER_COMMAND) === -1
}

/** `short` before four digits, `long` before six. */
function escapeWith(short: string, long: string, body: string): string {
  const escape = (character: string): string => {
    const digits = (character.codePointAt(0) ?? 0).toString(16)
    return digits.length > 4 ? `\\${long}${digits.padStart(6, '0')}` : `\\${short}${digits.padStart(4, '0')}`
  }
  return body.replace(UNPRINTABLE, escape).replace(RUNNER_SIGN, escape)
}
