/** Lines of the sources that are longer than they need to be. Read with TypeScript's own parser. */
import ts from 'typescript'

/** What the formatter keeps to, and what nothing may pass. */
const WIDTH = 120
const LIMIT = 160
/** What may stand around a text that cannot be broken: `const message = `, a condition, a comma. */
const SURROUNDINGS = 60

interface Range {
  readonly start: number
  readonly end: number
}

/**
 * Lines over 160 characters, and those over 120 that are not one string, template or regular expression with its
 * surroundings, or a comment that holds a URL; as `path:line`.
 */
export function longLines(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
  const literals = literalsOf(file)
  const found: string[] = []
  let start = 0
  for (const [index, line] of text.split('\n').entries()) {
    if (line.length > LIMIT || (line.length > WIDTH && !isUnbreakable(line, start, literals)))
      found.push(`${path}:${String(index + 1)}`)
    start += line.length + 1
  }
  return found
}

function isUnbreakable(line: string, start: number, literals: readonly Range[]): boolean {
  const end = start + line.length
  const on = literals.filter((literal) => literal.start < end && literal.end > start)
  if (on.length === 0) return isComment(line) && line.includes('https://')
  const covered = on.map((literal) => Math.min(end, literal.end) - Math.max(start, literal.start))
  return on.length === 1 && line.length - Math.max(...covered) <= SURROUNDINGS
}

export function isComment(line: string): boolean {
  return /^\s*(\/\/|\/\*|\*)/.test(line)
}

/** Literals that stand in no other. */
function literalsOf(file: ts.SourceFile): Range[] {
  const found: Range[] = []
  const visit = (node: ts.Node): void => {
    if (
      ts.isStringLiteral(node) ||
      ts.isNoSubstitutionTemplateLiteral(node) ||
      ts.isTemplateExpression(node) ||
      ts.isRegularExpressionLiteral(node)
    )
      found.push({ start: node.getStart(file), end: node.end })
    else ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}
