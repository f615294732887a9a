/** The sources as data: which file imports what, and what it asks of the process. Read with TypeScript's own parser. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const SRC = fileURLToPath(new URL('../../src', import.meta.url))

export interface Import {
  /** A file of src (`plan/roles.ts`), or a package's or Node's module as written. */
  readonly target: string
  readonly local: boolean
  /** Erased by the compiler: loads nothing when the program runs. */
  readonly typeOnly: boolean
}

export interface Source {
  /** Relative to src, with forward slashes. */
  readonly path: string
  readonly imports: readonly Import[]
  /** Names read from `process`: `argv`, `env`, … */
  readonly processUses: readonly string[]
  readonly text: string
}

/** All TypeScript files below src. */
export function readSources(): Source[] {
  const files = readdirSync(SRC, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith('.ts'),
  )
  return files.map((entry) => {
    const file = `${entry.parentPath}${sep}${entry.name}`
    return parseSource(relative(SRC, file).replaceAll(sep, '/'), readFileSync(file, 'utf8'))
  })
}

/** One file; `path` relative to src. */
export function parseSource(path: string, text: string): Source {
  const imports: Import[] = []
  const processUses: string[] = []
  const visit = (node: ts.Node): void => {
    const found = importOf(node)
    if (found !== null) imports.push(resolve(path, found))
    if (found?.specifier.replace('node:', '') === 'process') processUses.push('process')
    if ((ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) && isProcess(node.expression))
      processUses.push(memberOf(node))
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest))
  return { path, imports, processUses, text }
}

interface Found {
  readonly specifier: string
  readonly typeOnly: boolean
}

/** Of `import`, `export … from`, `import()` and `import('…').Type`. */
function importOf(node: ts.Node): Found | null {
  if (ts.isImportDeclaration(node))
    return found(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword)
  if (ts.isExportDeclaration(node)) return found(node.moduleSpecifier, node.isTypeOnly)
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return found(node.argument.literal, true)
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return found(node.arguments[0], false)
  return null
}

function found(specifier: ts.Node | undefined, typeOnly: boolean): Found | null {
  return specifier !== undefined && ts.isStringLiteral(specifier) ? { specifier: specifier.text, typeOnly } : null
}

function resolve(path: string, { specifier, typeOnly }: Found): Import {
  const local = specifier.startsWith('.')
  return { target: local ? join(dirname(path), specifier) : specifier, local, typeOnly }
}

/** `process`, `globalThis.process`. */
function isProcess(node: ts.Expression): boolean {
  return ts.isIdentifier(node)
    ? node.text === 'process'
    : ts.isPropertyAccessExpression(node) && node.name.text === 'process'
}

function memberOf(node: ts.PropertyAccessExpression | ts.ElementAccessExpression): string {
  if (ts.isPropertyAccessExpression(node)) return node.name.text
  return ts.isStringLiteral(node.argumentExpression) ? node.argumentExpression.text : '[…]'
}
