/** The one place where names and values become SQL text. */

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
