/** Every problem that the sources can make, read from the sources themselves with TypeScript's parser. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dirname, join } from 'node:path'
import ts from 'typescript'

const SRC = fileURLToPath(new URL('../../../src/', import.meta.url))

/** A text of the sources; what is filled in at run time stands as `…`. */
export interface ProblemText {
  /** The guardrail or field; `…` where the input decides. */
  readonly field: string
  readonly message: string
  readonly remedy: string
  readonly file: string
}

type Bindings = ReadonlyMap<string, ts.Expression>
const FIELDS = ['field', 'message', 'remedy'] as const

/** All of them, without repetitions, by field and message. A helper that makes problems counts once for each call. */
export function readProblems(): ProblemText[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
  const sources = files.map(parse)
  const found = sources.flatMap((source) => literals(source).flatMap((literal) => expand(literal, sources)))
  const byText = new Map(found.map((problem) => [`${problem.field}\n${problem.message}\n${problem.remedy}`, problem]))
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, problem]) => problem)
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(join(SRC, file), 'utf8'), ts.ScriptTarget.Latest, true)
}

/** Object literals with a remedy: problems are made in no other way. */
function literals(source: ts.SourceFile): ts.ObjectLiteralExpression[] {
  const found: ts.ObjectLiteralExpression[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node) && valueOf(node, 'remedy') !== null && valueOf(node, 'message') !== null)
      found.push(node)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function valueOf(literal: ts.ObjectLiteralExpression, name: string): ts.Expression | null {
  for (const property of literal.properties) {
    if (property.name?.getText() !== name) continue
    if (ts.isPropertyAssignment(property)) return property.initializer
    if (ts.isShorthandPropertyAssignment(property)) return property.name
  }
  return null
}

/** One problem a literal, or one for each call of the function that it stands in where a parameter is among its texts. */
function expand(literal: ts.ObjectLiteralExpression, sources: readonly ts.SourceFile[]): ProblemText[] {
  const values = FIELDS.map((name) => valueOf(literal, name))
  const maker = enclosing(literal)
  const parameters = maker?.parameters.map((parameter) => parameter.name.getText()) ?? []
  const isHelper = values.some((value) => value !== null && ts.isIdentifier(value) && parameters.includes(value.text))
  const bindings: Bindings[] =
    maker !== null && isHelper
      ? callsOf(maker, sources).map(
          (call) =>
            new Map(call.arguments.flatMap((argument, index) => [[parameters[index] ?? '', argument] as const])),
        )
      : [new Map<string, ts.Expression>()]
  return bindings.map((binding) => {
    const [field = '…', message = '…', remedy = '…'] = values.map((value) =>
      value === null ? '…' : textOf(value, binding),
    )
    return { field, message, remedy, file: literal.getSourceFile().fileName }
  })
}

function enclosing(node: ts.Node): ts.FunctionDeclaration | null {
  return ts.findAncestor(node, ts.isFunctionDeclaration) ?? null
}

/** Calls by name: in the helper's own file, and in those that import it when it is exported. */
function callsOf(maker: ts.FunctionDeclaration, sources: readonly ts.SourceFile[]): ts.CallExpression[] {
  const name = maker.name?.text ?? ''
  const own = maker.getSourceFile()
  const isExported = maker.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) === true
  const calls: ts.CallExpression[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === name) calls.push(node)
    ts.forEachChild(node, visit)
  }
  for (const source of sources)
    if (source === own || (isExported && importOf(source, name) !== undefined)) visit(source)
  return calls
}

function importOf(source: ts.SourceFile, name: string): ts.ImportDeclaration | undefined {
  return source.statements
    .filter(ts.isImportDeclaration)
    .find(({ importClause }) => new RegExp(`\\b${name}\\b`).test(importClause?.getText() ?? ''))
}

/** A literal's text, `…` for what is filled in; of a choice both texts. */
function textOf(node: ts.Expression, bindings: Bindings): string {
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression, bindings)
  if (ts.isConditionalExpression(node))
    return [...new Set([textOf(node.whenTrue, bindings), textOf(node.whenFalse, bindings)])]
      .filter((text) => text !== '')
      .join(' / ')
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map((span) => `…${span.literal.text}`).join('')
  if (!ts.isIdentifier(node)) return '…'
  const bound = bindings.get(node.text)
  return bound === undefined ? constant(node) : textOf(bound, new Map())
}

/** The text of a constant: of the function that it stands in, else of the file, else of the file that it is imported from. */
function constant(name: ts.Identifier): string {
  const maker = enclosing(name)
  const inside = maker === null ? null : initializerIn(maker, name)
  const value = inside ?? initializerIn(name.getSourceFile(), name) ?? importedInitializer(name)
  return value === null ? '…' : textOf(value, new Map())
}

function importedInitializer(name: ts.Identifier): ts.Expression | null {
  const source = name.getSourceFile()
  const statement = importOf(source, name.text)
  if (
    statement === undefined ||
    !ts.isStringLiteral(statement.moduleSpecifier) ||
    !statement.moduleSpecifier.text.startsWith('.')
  )
    return null
  return initializerIn(parse(join(dirname(source.fileName), statement.moduleSpecifier.text)), name)
}

function initializerIn(scope: ts.FunctionDeclaration | ts.SourceFile, name: ts.Identifier): ts.Expression | null {
  let value: ts.Expression | null = null
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionDeclaration(node) && node !== scope) return
    if (
      ts.isVariableDeclaration(node) &&
      node.name.getText() === name.text &&
      node.initializer !== undefined &&
      !ts.isIdentifier(node.initializer)
    )
      value = node.initializer
    ts.forEachChild(node, visit)
  }
  visit(scope)
  return value
}

/** The members of a constant that holds one text a key, such as the remedies of failed connections. */
export function readTexts(file: string, name: string): ReadonlyMap<string, string> {
  const source = parse(file)
  const texts = new Map<string, string>()
  const visit = (node: ts.Node): void => {
    if (
      ts.isVariableDeclaration(node) &&
      node.name.getText() === name &&
      node.initializer !== undefined &&
      ts.isObjectLiteralExpression(node.initializer)
    ) {
      for (const property of node.initializer.properties)
        if (ts.isPropertyAssignment(property))
          texts.set(property.name.getText(), textOf(property.initializer, new Map()))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return texts
}
