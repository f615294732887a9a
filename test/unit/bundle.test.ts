/** The build, on a program small enough to know what must come out; the real bundle is held current by build:check. */
import { cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import ts from 'typescript'
import { bundle, LICENCES, SCRIPT } from '../support/build/bundle.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Shows what was loaded before and after a module was asked for, and uses a CommonJS package. */
const PROGRAM = {
  'src/main.ts': `
    import { TOOL_VERSION } from './version.ts'
    const loaded = () => process.moduleLoadList.includes('NativeModule http2')
    const before = [loaded(), 'evaluated' in globalThis]
    const { client } = await import('./lazy.ts')
    console.log(JSON.stringify({ version: TOOL_VERSION, before, after: [loaded(), 'evaluated' in globalThis], client }))`,
  'src/lazy.ts': `
    import { constants } from 'node:http2'
    import pg from 'pg'
    Object.assign(globalThis, { evaluated: true })
    export const client = [typeof pg.Client, typeof constants]`,
  'package.json': JSON.stringify({ name: 'program', version: '7.8.9', type: 'module', engines: { node: '>=20.19.0' } }),
}

/** A folder with these files, the checkout's licence and the true src/version.ts. */
async function makeRoot(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'rds-provision-build-'))
  t.teardown(() => rm(root, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), content)
  }
  for (const name of ['LICENSE', 'src/version.ts']) await cp(join(ROOT, name), join(root, name))
  return root
}

/** As makeRoot, with the checkout's packages. */
async function makeProgram(t: ExecutionContext): Promise<string> {
  const root = await makeRoot(t, PROGRAM)
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'), 'dir')
  return root
}

/** A program that bundles one package, described by its manifest and other files. */
function withPackage(manifest: object, files: Readonly<Record<string, string>> = {}): Record<string, string> {
  const inPackage = Object.entries({
    'package.json': JSON.stringify({ name: 'made-up', version: '1.0.0', main: 'index.js', ...manifest }),
    'index.js': 'module.exports = 1',
    ...files,
  })
  return {
    'package.json': PROGRAM['package.json'],
    'src/main.ts': "import one from 'made-up'\nconsole.log(one)",
    ...Object.fromEntries(inPackage.map(([name, content]) => [`node_modules/made-up/${name}`, content])),
  }
}

test('the same sources give the same bytes in any folder, without its path and without a source map', async (t) => {
  const roots = [await makeProgram(t), await makeProgram(t)]
  const [one, two] = await Promise.all(roots.map((root) => bundle(root)))
  t.deepEqual(one, two)
  const script = one?.get(SCRIPT) ?? ''
  t.true(script.startsWith('#!/usr/bin/env node\n'))
  for (const trace of [...roots, ROOT, 'sourceMappingURL']) t.false(script.includes(trace))
})

test('the one file runs alone, knows its version, and loads lazily what the sources load lazily', async (t) => {
  const artefacts = await bundle(await makeProgram(t))
  const elsewhere = await makeRoot(t, { [SCRIPT]: artefacts.get(SCRIPT) ?? '' })
  const { stdout, stderr } = await execa('node', [join(elsewhere, SCRIPT)], { cwd: elsewhere })
  t.is(stderr, '')
  t.deepEqual(JSON.parse(stdout), {
    version: '7.8.9',
    before: [false, false],
    after: [true, true],
    client: ['function', 'object'],
  })
})

/** Puts another version of Node.js in place of the true one, before anything else runs. */
function asNode(version: string): string {
  const versions = `{ ...process.versions, node: '${version}' }`
  return `--import=data:text/javascript,Object.defineProperty(process,'versions',{value:${versions}})`
}

test('a Node.js that is too old is told so in one sentence, with exit 3, before anything else runs', async (t) => {
  const root = await makeProgram(t)
  await writeFile(join(root, 'src/main.ts'), "import 'yargs'\nconsole.log('it runs')")
  const script = join(root, SCRIPT)
  await writeFile(script, (await bundle(root)).get(SCRIPT) ?? '')
  const run = (version: string): Promise<unknown> => execa('node', [asNode(version), script], { reject: false })
  for (const old of ['14.21.3', '16.20.2', '18.20.8', '20.18.3']) {
    const stderr = `rds-provision needs Node.js 20.19 or newer, and this is ${old} (${process.execPath}). Install a newer one on the runner, or name it in node_command. Nothing was read or changed.`
    t.like(await run(old), { exitCode: 3, stdout: '', stderr })
  }
  for (const known of ['20.19.0', '22.1.0', '100.0.0'])
    t.like(await run(known), { exitCode: 0, stdout: 'it runs', stderr: '' })
})

/** What is younger than Node.js 14, as the compiler's parser names it; nothing of a file runs that cannot be parsed. */
const YOUNGER: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.QuestionQuestionEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
  ts.SyntaxKind.ClassStaticBlockDeclaration,
  ts.SyntaxKind.ImportAttributes,
])

function youngerSyntax(script: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const isYoungRegExp = ts.isRegularExpressionLiteral(node) && /\/[a-z]*[dv][a-z]*$/.test(node.text)
    const isBrandCheck = ts.isBinaryExpression(node) && ts.isPrivateIdentifier(node.left)
    if (YOUNGER.has(node.kind) || isYoungRegExp || isBrandCheck) found.push(node.getText().slice(0, 80))
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(SCRIPT, script, ts.ScriptTarget.Latest, true))
  return found
}

test('Node.js 14 can parse the bundle, and so be told that it is too old', async (t) => {
  t.deepEqual(youngerSyntax('a ??= 1; /a/v; class B { #c; static { 1 }; is(d) { return #c in d } }').length, 4)
  t.deepEqual(youngerSyntax((await bundle(ROOT)).get(SCRIPT) ?? 'a ??= 1'), [])
})

test('every bundled package stands in the licence file, with its text; others do not', async (t) => {
  const licences = (await bundle(await makeProgram(t))).get(LICENCES) ?? ''
  t.regex(licences, /^pg \d+\.\d+\.\d+ \(MIT\)$/m)
  t.regex(licences, /^pgpass \d+\.\d+\.\d+ \(MIT\)$/m)
  t.regex(licences, /^split2 \d+\.\d+\.\d+ \(ISC\)$/m)
  t.true(licences.includes('Copyright (c) 2010 - 2021 Brian Carlson'))
  t.false(licences.includes('esbuild'))
})

test('a licence outside the list, or none, ends the build and is named', async (t) => {
  for (const license of ['GPL-3.0-only', '(MIT AND GPL-2.0-only)', 'SEE LICENSE IN LICENSE', undefined]) {
    const root = await makeRoot(t, withPackage({ license }, { LICENSE: 'text' }))
    await t.throwsAsync(bundle(root), {
      message: `made-up 1.0.0: the licence ${license ?? 'not given'} may not go into the bundle. Use another package.`,
    })
  }
})

test('a package without a licence text ends the build', async (t) => {
  const root = await makeRoot(t, withPackage({ license: 'MIT' }))
  await t.throwsAsync(bundle(root), {
    message: 'made-up 1.0.0: no licence text comes with it. Use another package or version.',
  })
})

test('a choice of licences, a licence in the README and a notice are accepted and kept', async (t) => {
  const readme = await bundle(
    await makeRoot(
      t,
      withPackage(
        { license: '(GPL-2.0-only OR MIT)' },
        { 'README.md': '# made-up\nHello\n\n## License\n\nDo as you like.\n' },
      ),
    ),
  )
  t.true(readme.get(LICENCES)?.includes('made-up 1.0.0 ((GPL-2.0-only OR MIT))\n\n## License\n\nDo as you like.\n'))
  const notice = await bundle(
    await makeRoot(t, withPackage({ license: 'Apache-2.0' }, { 'LICENSE.txt': 'the licence', NOTICE: 'the notice' })),
  )
  t.true(notice.get(LICENCES)?.includes('the licence\n\nthe notice'))
  const bare = await bundle(await makeRoot(t, withPackage({ license: 'Apache-2.0' })))
  t.true(bare.get(LICENCES)?.includes('Version 2.0, January 2004'))
})

test('build writes what build:check accepts, until a source changes', async (t) => {
  const root = await makeProgram(t)
  await cp(join(ROOT, 'test', 'support', 'build'), join(root, 'test', 'support', 'build'), { recursive: true })
  const run = (...args: string[]): Promise<{ exitCode?: number; stderr: string }> =>
    execa('node', ['--import=tsx', 'test/support/build/main.ts', ...args], { cwd: root, reject: false })
  const stale = `terraform-module/dist is not what the sources give (${SCRIPT}, ${LICENCES}). Run \`npm run build\` and commit the folder.`
  t.like(await run('--check'), { exitCode: 1, stderr: stale })
  t.like(await run(), { exitCode: 0, stderr: '' })
  t.like(await run('--check'), { exitCode: 0, stderr: '' })
  const script = join(root, 'terraform-module', 'dist', SCRIPT)
  t.is((await stat(script)).mode & 0o111, 0o111)
  t.true((await readFile(script, 'utf8')).includes('7.8.9'))
  await writeFile(join(root, 'src', 'main.ts'), 'console.log(2)')
  t.like(await run('--check'), { exitCode: 1 })
})
