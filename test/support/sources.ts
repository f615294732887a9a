/** The sources as data: which file imports what, and what it asks of the process. Read with TypeScript's own parser. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const SRC = fileURLToPath(new URL('../../src', import.meta.url))

export interface Import {
  /** A file of src (`plan/roles.ts`), or a package's or Node's module as written; COMPUTED where no one text is it. */
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
    if (isProcess(node)) processUses.push(...membersOf(node, 'process'))
    if (ts.isIdentifier(node) && node.text === 'globalThis')
      processUses.push(...membersOf(node, 'globalThis').filter((name) => ['globalThis', COMPUTED].includes(name)))
    ts.forEachChild(node, visit)
  }
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  visit(file)
  // A parameter of that name is what the caller hands in (src/cli): no part of it is known to be the process.
  const handedIn = /[(,]\s*process: /.test(text)
  return { path, imports, processUses: processUses.filter((name) => !handedIn || name !== 'process'), text }
}

/** What a name is that is made when the program runs: of a module, or of a member. */
export const COMPUTED = '[…]'

interface Found {
  readonly specifier: string
  readonly typeOnly: boolean
}

/** Of `import`, `export … from`, `import()`, `import('…').Type`, `import x = require()` and `require()`. */
function importOf(node: ts.Node): Found | null {
  if (ts.isImportDeclaration(node))
    return found(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword)
  if (ts.isExportDeclaration(node))
    return node.moduleSpecifier === undefined ? null : found(node.moduleSpecifier, node.isTypeOnly)
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return found(node.argument.literal, true)
  if (ts.isExternalModuleReference(node)) return found(node.expression, false)
  return ts.isCallExpression(node) && isLoader(node.expression) ? found(node.arguments[0], false) : null
}

function isLoader(node: ts.Expression): boolean {
  return node.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node) && node.text === 'require')
}

function found(specifier: ts.Node | undefined, typeOnly: boolean): Found {
  const isKnown = specifier !== undefined && ts.isStringLiteralLike(specifier)
  return { specifier: isKnown ? specifier.text : COMPUTED, typeOnly }
}

function resolve(path: string, { specifier, typeOnly }: Found): Import {
  const local = specifier.startsWith('.')
  return { target: local ? join(dirname(path), specifier) : specifier, local, typeOnly }
}

/** `process`, `globalThis.process`, `globalThis['process']`; not where the word only names a parameter or a property. */
function isProcess(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'process'
  if (ts.isElementAccessExpression(node)) return memberOf(node) === 'process'
  if (!ts.isIdentifier(node) || node.text !== 'process') return false
  const { parent } = node
  return !(
    ts.isParameter(parent) ||
    ts.isPropertySignature(parent) ||
    (ts.isPropertyAccessExpression(parent) && parent.name === node)
  )
}

/** What is read of an object where it stands: a member, all that a pattern takes, or the `whole`. */
function membersOf(node: ts.Node, whole: string): string[] {
  const { parent } = node
  if ((ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent)) && parent.expression === node)
    return [memberOf(parent)]
  if (ts.isVariableDeclaration(parent) && parent.initializer === node && ts.isObjectBindingPattern(parent.name))
    return parent.name.elements.map(({ dotDotDotToken, propertyName, name }) =>
      dotDotDotToken === undefined ? (propertyName ?? name).getText() : whole,
    )
  return [whole]
}

function memberOf(node: ts.PropertyAccessExpression | ts.ElementAccessExpression): string {
  if (ts.isPropertyAccessExpression(node)) return node.name.text
  return ts.isStringLiteralLike(node.argumentExpression) ? node.argumentExpression.text : COMPUTED
}
