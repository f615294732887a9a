const TOKEN =
  /[eE]'(?:\\.|''|[^'\\])*'|'(?:''|[^'])*'|"(?:""|[^"])*"|(\$[A-Za-z_]*\$).*?\1|--[^\n]*|\/\*.*?\*\/|;|\s+|./gs
const CHANGING = /^(CREATE|ALTER|DROP|GRANT|REVOKE|COMMENT|REASSIGN|SECURITY|DO|CALL|TRUNCATE|INSERT|UPDATE|DELETE)\b/i
const PASSWORD = /\bPASSWORD\s+(?:E?'(?:''|[^'])*'|[^\s;]+)/gi

/** The statements of an SQL text: white space folded outside of literals, comments dropped. */
export function splitStatements(text: string): string[] {
  const statements: string[] = []
  let current = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === ';') {
      statements.push(current)
      current = ''
    } else if (/^(?:--|\/\*|\s)/.test(token)) {
      current += current.endsWith(' ') ? '' : ' '
    } else {
      current += token
    }
  }
  return [...statements, current].map((statement) => statement.trim()).filter((statement) => statement !== '')
}

/** The statements of a text that change something, passwords and verifiers redacted. */
export function changingStatements(text: string): string[] {
  return splitStatements(text)
    .filter((statement) => CHANGING.test(statement))
    .map((statement) => statement.replace(PASSWORD, 'PASSWORD <redacted>'))
}
