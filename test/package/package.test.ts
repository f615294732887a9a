/** The npm package: packed, installed into an empty project, and used there as the guide does, by plain Node.js. */
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import ts from 'typescript'
import * as v from 'valibot'
import * as library from '../../src/index.ts'
import { codeBlocks, guide, readDocument, ROOT } from '../support/documents.ts'
import { bedFor } from '../support/provision.ts'
import { ADMIN_SECRET } from '../support/provision/stack.ts'

const Manifest = v.object({ version: v.string() })
const Packed = v.tuple([v.object({ filename: v.string(), files: v.array(v.object({ path: v.string() })) })])
const Ended = v.object({ outcome: v.string(), exit_code: v.number() })
/** Of what the tests need, what nothing else does. */
const TOOLS = ['ava', 'esbuild', 'eslint', 'pg-mem', 'playwright-core', 'prettier', 'tsx', 'typescript']
/** What a caller of the guide's function adds to it. */
const CALLER = `
import { provision } from './example.js'

const { INPUT = '', AUDIT = '' } = process.env
const { run } = await provision(INPUT, '4711', AUDIT)
console.error(JSON.stringify({ outcome: run.outcome, exit_code: run.exit_code }))
`

const manifest = v.parse(Manifest, JSON.parse(readDocument('package.json')))
const example = codeBlocks(readDocument(guide('library'))).find(({ language }) => language === 'ts')?.text ?? ''
const bed = bedFor(16)
let project = ''
let files: readonly string[] = []

test.serial.before('pack, and install into an empty project', async () => {
  project = await mkdtemp(join(tmpdir(), 'rds-provision-package-'))
  const { stdout } = await execa('npm', ['pack', '--json', `--pack-destination=${project}`], { cwd: ROOT })
  // What its script prints comes before it.
  const [packed] = v.parse(Packed, JSON.parse(stdout.slice(stdout.search(/^\[$/m))))
  files = packed.files.map(({ path }) => path)
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
  await execa('npm', ['install', ...options, packed.filename], { cwd: project })
})

test.after.always('remove the project', () => rm(project, { recursive: true, force: true }))

test('it holds the library, the program, and nothing else', (t) => {
  const others = files.filter((path) => !/^lib\/src\/.+(?:\.js|\.d\.ts)$/.test(path))
  t.deepEqual(others.sort(), [
    'LICENSE',
    'README.md',
    'lib/package.json',
    'package.json',
    'terraform-module/dist/THIRD_PARTY_LICENSES.txt',
    'terraform-module/dist/rds-provision.mjs',
  ])
  t.true(files.includes('lib/src/index.d.ts'))
})

test('no tool and no PostgreSQL server comes with it', async (t) => {
  const installed = await readdir(join(project, 'node_modules'))
  t.true(installed.includes('pg'))
  t.deepEqual(
    installed.filter((name) => TOOLS.includes(name) || /^postgres-\d+-/.test(name)),
    [],
  )
})

test('plain Node.js imports what the library exports, and says nothing else', async (t) => {
  const script = "console.log(JSON.stringify(Object.keys(await import('rds-provision'))))"
  const { stdout, stderr } = await execa('node', ['--input-type=module', '--eval', script], { cwd: project })
  t.deepEqual(JSON.parse(stdout), Object.keys(library).sort())
  t.is(stderr, '')
})

test('the program can be run by its name', async (t) => {
  const { stdout } = await execa('rds-provision', ['--version'], { cwd: project, localDir: project, preferLocal: true })
  t.is(stdout, manifest.version)
})

test("the guide's example provisions with plain Node.js, and a second run changes nothing", async (t) => {
  const { server, aws } = bed()
  aws.putLogin('platform/dev/shop/postgres', 'shop_dev_user', 'Pw_shop')
  const { target, module } = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext }
  const { outputText } = ts.transpileModule(example, { compilerOptions: { target, module } })
  await writeFile(join(project, 'example.js'), outputText)
  await writeFile(join(project, 'caller.js'), CALLER)
  const audit = join(project, 'audit.json')
  const input = JSON.stringify({
    environment: 'dev',
    instance: { host: server.host, port: server.port },
    tls: { ca_file: server.caFile },
    admin_secret_id: ADMIN_SECRET,
    application_databases: { shop: {} },
  })
  for (const outcome of ['changed', 'no_change']) {
    const env = { ...aws.env, INPUT: input, AUDIT: audit }
    const { stdout, stderr } = await execa('node', ['caller.js'], { cwd: project, env })
    t.deepEqual(v.parse(Ended, JSON.parse(stderr)), { outcome, exit_code: 0 }, stdout)
    t.regex(stdout, /^done: /m)
    const { run } = v.parse(
      v.object({ run: v.object({ tool_version: v.string() }) }),
      JSON.parse(await readFile(audit, 'utf8')),
    )
    t.is(run.tool_version, manifest.version)
  }
  t.true(await server.canLogin('shop_dev_user', 'Pw_shop', 'shop_dev_db'))
})

test("the compiler accepts the guide's example, in its strictest settings, and no misuse", async (t) => {
  // The types of Node.js, as a project has them that is written in TypeScript.
  await cp(join(ROOT, 'node_modules', '@types', 'node'), join(project, 'node_modules', '@types', 'node'), {
    recursive: true,
  })
  await symlink(join(ROOT, 'node_modules', 'undici-types'), join(project, 'node_modules', 'undici-types'))
  const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--types', 'node']
  const compile = async (name: string, text: string, resolution: readonly string[]): Promise<string> => {
    await writeFile(join(project, name), text)
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    return (await execa('node', [tsc, ...options, ...resolution, name], { cwd: project, reject: false })).stdout
  }
  const settings = [
    ['--module', 'nodenext', '--target', 'es2023'],
    ['--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2023'],
  ]
  for (const resolution of settings) t.is(await compile('example.ts', example, resolution), '')
  const compileCommon = (resolution: readonly string[]): Promise<string> => compile('example.cts', example, resolution)
  t.is(await compileCommon(['--module', 'nodenext', '--target', 'es2023']), '')
  t.regex(await compileCommon(['--module', 'node16', '--target', 'es2023']), /^example\.cts\(1,\d+\): error TS1479/)
  const misuse = "import { start } from 'rds-provision'\nawait start({ command: 'aply', input: '{}' })\n"
  t.regex(await compile('misuse.ts', misuse, settings[0] ?? []), /^misuse\.ts\(2,15\): error TS2820/)
})
