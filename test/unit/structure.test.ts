/** The folders are the stages data flows through: who may import whom, what is pure, and who may touch the process. */
import test from 'ava'
import { longLines } from '../support/lines.ts'
import { COMPUTED, parseSource, readSources, type Source } from '../support/sources.ts'

/** From what all may import to what joins all; a file or folder imports nothing that stands later. */
const ORDER = [
  'model',
  'errors.ts',
  'version.ts',
  'ca-file.ts',
  'group-by.ts',
  'sql',
  'input',
  'ci.ts',
  'guardrails',
  'secrets',
  'snapshot',
  'server',
  'plan',
  'generate',
  'execute',
  'audit',
  'preview',
  'report',
  'run/context.ts',
  'run/outcome.ts',
  'run/interrupt.ts',
  'run/approved-plan-file.ts',
  'run/read-input.ts',
  'run/start.ts',
  'run/end',
  'run/connection',
  'run/access-matrix.ts',
  'run/removal',
  'run/apply',
  'run/plan.ts',
  'run/report.ts',
  'run/review.ts',
  'run/generate.ts',
  'run/destroy',
  'run/upgrade',
  'run/aws.ts',
  'run/dependencies.ts',
  'lambda',
  'index.ts',
  'cli',
  'main.ts',
]
const PURE = ['model', 'input', 'guardrails', 'plan', 'sql', 'generate']
/** Whatever reaches out of the process, or into its environment. */
const IMPURE =
  /^(node:)?(fs|process|child_process|net|tls|dns|dgram|http|https|http2|os|worker_threads|cluster|module|vm)(\/|$)|^pg($|[-/])|^@aws-sdk\/|^@smithy\//
const PROCESS_STATE = ['argv', 'env', 'exit', 'exitCode', 'process', 'globalThis', COMPUTED]
/** The one file outside of src that it reads. */
const MANIFEST = '../package.json'
/** Not modules: declarations of types for a package that has none. */
const sources = readSources().filter(({ path }) => !path.endsWith('.d.ts'))
const byPath = new Map(sources.map((source) => [source.path, source]))

/** The entry of ORDER that a path belongs to; the path itself where it has no place. */
function stageOf(path: string): string {
  return ORDER.find((stage) => path === stage || path.startsWith(`${stage}/`)) ?? path
}

function isPure({ path }: Source): boolean {
  return PURE.includes(stageOf(path))
}

/** Imports of later stages, as `a → b`. */
function backward(all: readonly Source[]): string[] {
  const rank = (path: string): number => ORDER.indexOf(stageOf(path))
  return all.flatMap(({ path, imports }) =>
    imports
      .filter(({ local, target }) => local && stageOf(target) !== '..' && rank(target) > rank(path))
      .map(({ target }) => `${path} → ${target}`),
  )
}

/** Everything impure that a file loads when it runs, itself or through others, as `file → module`. */
function impurities(start: Source, files: ReadonlyMap<string, Source>, seen = new Set<string>()): string[] {
  if (seen.has(start.path)) return []
  seen.add(start.path)
  return start.imports
    .filter(({ typeOnly }) => !typeOnly)
    .flatMap(({ local, target }) => {
      const next = files.get(target)
      if (local) return next === undefined ? [] : impurities(next, files, seen)
      return IMPURE.test(target) ? [`${start.path} → ${target}`] : []
    })
}

/** What a file names of impure modules, types included: a pure stage has no use for those either. */
function impureNames({ path, imports }: Source): string[] {
  return imports.filter(({ local, target }) => !local && IMPURE.test(target)).map(({ target }) => `${path} → ${target}`)
}

/** Ways around the order: this package by its own name, what is outside of src, and modules of no name to read. */
function detours(all: readonly Source[]): string[] {
  return all.flatMap(({ path, imports }) =>
    imports
      .filter(({ local, target }) =>
        local
          ? target.startsWith('..') && target !== MANIFEST
          : /^rds-provision(\/|$)|^#|^\/|^file:|^(node:)?module$/.test(target) || target === COMPUTED,
      )
      .map(({ target }) => `${path} → ${target}`),
  )
}

/** The first cycle found from a file, as the paths along it; null: none. */
function cycle(
  path: string,
  files: ReadonlyMap<string, Source>,
  trail: readonly string[] = [],
  done = new Set<string>(),
): string[] | null {
  if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
  if (done.has(path)) return null
  for (const { local, target } of files.get(path)?.imports ?? []) {
    const found = local ? cycle(target, files, [...trail, path], done) : null
    if (found !== null) return found
  }
  done.add(path)
  return null
}

test('everything in src has its place in the order of the stages', (t) => {
  t.true(sources.length > 0)
  t.deepEqual(
    sources.map(({ path }) => path).filter((path) => !ORDER.includes(stageOf(path))),
    [],
  )
})

test('every local import names a file that exists', (t) => {
  const missing = sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ local, target }) => local && !target.startsWith('..') && !byPath.has(target))
      .map(({ target }) => `${path} → ${target}`),
  )
  t.deepEqual(missing, [])
})

test('no stage imports a later one', (t) => {
  t.deepEqual(backward(sources), [])
})

test('nothing goes around the order: by the own name of the package, out of src, or by a computed name', (t) => {
  t.deepEqual(detours(sources), [])
})

test('pure stages load nothing that reaches out, and name no type of it', (t) => {
  t.deepEqual(
    sources.filter(isPure).flatMap((source) => [...impureNames(source), ...impurities(source, byPath)]),
    [],
  )
  t.deepEqual(
    sources.filter((source) => isPure(source) && source.processUses.length > 0).map(({ path }) => path),
    [],
  )
})

test('only main.ts touches arguments, environment and exit', (t) => {
  const others = sources.filter(
    ({ path, processUses }) => path !== 'main.ts' && processUses.some((name) => PROCESS_STATE.includes(name)),
  )
  t.deepEqual(
    others.map(({ path }) => path),
    [],
  )
})

test('one place knows the number that marks an invalid database', (t) => {
  t.deepEqual(
    sources.filter(({ text }) => /(?:[=!]==|=) -2\b/.test(text)).map(({ path }) => path),
    ['model/catalog.ts'],
  )
})

test('texts of errors are branched on where nothing else tells, and nowhere else', (t) => {
  const branches = /\.(?:test|exec)\(message\)|\bmessage\.(?:includes|startsWith|endsWith|match|search)\(/
  t.deepEqual(
    sources
      .filter(({ text }) => branches.test(text))
      .map(({ path }) => path)
      .sort(),
    [
      'audit/text.ts', // whether a name stands in a text, which is then not said twice
      'execute/transaction.ts', // the server: XX000
      'input/command-line.ts', // yargs
      'report/sources/document.ts', // JSON.parse: the position
      'secrets/aws-failure.ts', // AWS
      'secrets/secret-failure.ts', // AWS
      'server/failure.ts', // pg: errors of its own
    ],
  )
})

test('no circular imports', (t) => {
  t.is(
    sources.map(({ path }) => cycle(path, byPath)).find((found) => found !== null),
    undefined,
  )
})

test('no line is longer than it needs to be: over 120 only a text that cannot be broken, over 160 none', (t) => {
  t.deepEqual(
    sources.flatMap(({ path, text }) => longLines(path, text)),
    [],
  )
})

test('long lines are seen', (t) => {
  const long = 'x'.repeat(100)
  const lines = [
    `const message = '${long}, which is one text'`,
    `const both = ['${long}', '${long.slice(60)}']`,
    `call(${long}, 'a text', which, is, not, most, of, the, line)`,
    `// ${long} ${long.slice(60)}`,
    `// ${long} https://www.postgresql.org/docs/current/`,
    `const message = '${long} ${long}'`,
    'const html = `<p>',
    `<b>${long}\${one.map((item) => \`<i>\${item}</i>\`)}</b>`,
    '</p>`',
  ]
  t.deepEqual(longLines('a.ts', lines.join('\n')), ['a.ts:2', 'a.ts:3', 'a.ts:4', 'a.ts:6'])
})

test('these rules see what they forbid', (t) => {
  const files = [
    parseSource('plan/a.ts', "import { run } from '../run/outcome.ts'\nimport type { B } from './b.ts'"),
    parseSource('plan/b.ts', "export * from './c.ts'"),
    parseSource(
      'plan/c.ts',
      "const a = await import('./a.ts')\nimport { readFile } from 'node:fs/promises'\nif (process.env['X']) globalThis.process.exit(1)",
    ),
    parseSource('sql/quote.ts', "import { c } from '../plan/c.ts'\nimport pg from 'pg'"),
  ]
  const all = new Map(files.map((file) => [file.path, file]))
  t.deepEqual(backward(files), ['plan/a.ts → run/outcome.ts', 'sql/quote.ts → plan/c.ts'])
  t.deepEqual(
    files.slice(2).flatMap((file) => impurities(file, all)),
    ['plan/c.ts → node:fs/promises', 'plan/c.ts → node:fs/promises', 'sql/quote.ts → pg'],
  )
  t.deepEqual(cycle('plan/a.ts', all), ['plan/a.ts', 'plan/b.ts', 'plan/c.ts', 'plan/a.ts'])
  t.deepEqual(files[2]?.processUses, ['env', 'exit'])
})

test('these rules see imports and uses of the process in every form', (t) => {
  const written = parseSource(
    'plan/a.ts',
    [
      "import { apply } from 'rds-provision'",
      "import type { B } from 'rds-provision/lib/b.js'",
      "import { c } from '../../test/support/c.ts'",
      "import type { D } from '../../package.json'",
      'const e = await import(`../run/outcome.ts`)',
      'const f = await import(`../run/${name}.ts`)',
      "import g = require('node:fs')",
      "import { createRequire } from 'node:module'",
      "const h = require('../run/start.ts')",
      "export { i } from '#i'",
    ].join('\n'),
  )
  t.deepEqual(
    detours([written]).map((line) => line.replace('plan/a.ts → ', '')),
    ['rds-provision', 'rds-provision/lib/b.js', '../test/support/c.ts', COMPUTED, 'node:module', '#i'],
  )
  t.deepEqual(backward([written]), ['plan/a.ts → run/outcome.ts', 'plan/a.ts → run/start.ts'])
  t.deepEqual(impurities(written, new Map()), ['plan/a.ts → node:fs', 'plan/a.ts → node:module'])

  const uses = (text: string): readonly string[] => parseSource('plan/a.ts', text).processUses
  t.deepEqual(uses('const { env, argv: words } = process'), ['env', 'argv'])
  t.deepEqual(uses('const { cwd, ...others } = process'), ['cwd', 'process'])
  t.deepEqual(uses("globalThis['process'].env; globalThis[`process`]['argv']"), ['env', 'argv'])
  t.deepEqual(uses('const { process: own } = globalThis; const all = globalThis'), ['process', 'globalThis'])
  t.deepEqual(uses('const own = process; globalThis[word]'), ['process', COMPUTED])
  t.deepEqual(uses('globalThis.fetch(x)'), [])
  t.deepEqual(uses('const read = (process: Own) => print(process)'), [])
})
