/** What `npm run release` refuses, in repositories made for it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { readSections } from '../../support/release/obstacles.ts'
import { compareVersions } from '../../support/release/version.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const MAIN = fileURLToPath(new URL('../../support/release/main.ts', import.meta.url))
const TSX = import.meta.resolve('tsx')
/** Stands for the check of the bundle: a file says whether it is current. */
const CHECK = `if (require('fs').readFileSync('bundle.txt', 'utf8') !== 'new') { console.error('old.mjs is old'); process.exit(1) }`
const lock = (version: string, own = version): string => JSON.stringify({ version, packages: { '': { version: own } } })
const FILES = {
  'package.json': JSON.stringify({ name: 'thing', version: '1.2.0', scripts: { 'build:check': 'node check.cjs' } }),
  'package-lock.json': lock('1.2.0'),
  'check.cjs': CHECK,
  'bundle.txt': 'new',
  'CHANGELOG.md':
    '# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-11-26\n\n- A thing.\n\n## [1.1.0] - 2026-01-01\n\n- B.\n',
}

interface Repository {
  git(...args: string[]): Promise<string>
  commit(files: Readonly<Record<string, string>>): Promise<void>
  write(files: Readonly<Record<string, string>>): Promise<void>
  release(): Promise<{ exitCode?: number; stdout: string; stderr: string }>
}

async function repository(t: ExecutionContext, files: Readonly<Record<string, string>> = {}): Promise<Repository> {
  const cwd = await mkdtemp(join(tmpdir(), 'rds-provision-release-'))
  t.teardown(() => rm(cwd, { recursive: true, force: true }))
  // Run from a hook, git has these set to the repository of the hook.
  const apart = { GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_INDEX_FILE: undefined }
  const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', ...apart }
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await execa('git', [...identity, ...args], { cwd, env })
    return stdout
  }
  const write = async (texts: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(texts)) await writeFile(join(cwd, name), text)
  }
  const commit = async (texts: Readonly<Record<string, string>>): Promise<void> => {
    await write(texts)
    await git('add', '.')
    await git('commit', '--quiet', '--message', 'a commit')
  }
  await git('init', '--quiet', '--initial-branch=main')
  await commit({ ...FILES, ...files })
  return {
    git,
    commit,
    write,
    release: () => execa('node', [`--import=${TSX}`, MAIN], { cwd, env, reject: false }),
  }
}

test('what may be released: the commands are printed, and nothing is done', async (t) => {
  const { release, git } = await repository(t)
  const { exitCode, stdout, stderr } = await release()
  t.is(exitCode, 0, stderr)
  t.true(stdout.endsWith("  git tag --annotate v1.2.0 --message 'thing 1.2.0'\n  git push origin v1.2.0"), stdout)
  t.is(await git('tag'), '')
  t.is(await git('status', '--porcelain'), '')
})

const refusals: Readonly<Record<string, readonly [(repo: Repository) => Promise<unknown>, RegExp]>> = {
  'a changed file': [(repo) => repo.write({ 'check.cjs': `${CHECK}\n` }), /not committed[^]*M check\.cjs/],
  'a new file': [(repo) => repo.write({ 'new.txt': '' }), /not committed[^]*\?\? new\.txt/],
  'another branch': [(repo) => repo.git('switch', '--quiet', '--create', 'topic'), /The branch is topic\./],
  'no branch': [(repo) => repo.git('switch', '--quiet', '--detach'), /The branch is none/],
  'an old bundle': [(repo) => repo.commit({ 'bundle.txt': 'old' }), /The bundle is not what[^]*old\.mjs is old/],
  'a tag that exists': [(repo) => repo.git('tag', 'v1.2.0'), /The tag v1\.2\.0 exists\./],
  'a lock of another version': [
    (repo) => repo.commit({ 'package-lock.json': lock('1.1.0') }),
    /has the version 1\.1\.0/,
  ],
  'a lock whose own package has another version': [
    (repo) => repo.commit({ 'package-lock.json': lock('1.2.0', '1.1.0') }),
    /has the version 1\.1\.0/,
  ],
  'a version before a tag': [(repo) => repo.git('tag', 'v1.10.0'), /1\.2\.0 does not come after v1\.10\.0\. Raise/],
  'a version equal to a tag but for its build': [(repo) => repo.git('tag', 'v1.2.0+1'), /not come after v1\.2\.0\+1\./],
  'a date that is no day': [
    (repo) => repo.commit({ 'CHANGELOG.md': '## [1.2.0] - 2026-02-30\n\n- A thing.\n' }),
    /dates 1\.2\.0 2026-02-30, and there is no such day/,
  ],
  'commits that are not on the remote': [
    async (repo) => {
      await repo.git('remote', 'add', 'origin', '/nowhere')
      await repo.git('update-ref', 'refs/remotes/origin/main', 'HEAD')
      await repo.commit({ 'check.cjs': `${CHECK}\n` })
    },
    /commits are not on origin\.[^]*git push origin main\.\n[0-9a-f]{7,} a commit\n?$/,
  ],
  'no section of the version': [
    (repo) => repo.commit({ 'CHANGELOG.md': '## [Unreleased]\n\n## [1.1.0] - 2026-01-01\n\n- B.\n' }),
    /no section "## \[1\.2\.0\] - <date>"/,
  ],
  'an empty section of the version': [
    (repo) => repo.commit({ 'CHANGELOG.md': '## [1.2.0] - 2026-11-26\n\n## [1.1.0] - 2026-01-01\n\n- B.\n' }),
    /no section/,
  ],
  'a section without its date': [(repo) => repo.commit({ 'CHANGELOG.md': '## [1.2.0]\n\n- A thing.\n' }), /no section/],
  'what is still unreleased': [
    (repo) => repo.commit({ 'CHANGELOG.md': '## [Unreleased]\n\n- C.\n\n## [1.2.0] - 2026-11-26\n\n- A thing.\n' }),
    /still has something under "## \[Unreleased\]"/,
  ],
}

for (const [title, [spoil, says]] of Object.entries(refusals)) {
  test(`refused: ${title}`, async (t) => {
    const repo = await repository(t)
    await spoil(repo)
    const { exitCode, stdout, stderr } = await repo.release()
    t.is(exitCode, 1)
    t.is(stdout, '')
    t.regex(stderr, says)
    t.is(stderr.split('\n\n').length, 2, 'nothing else is in the way')
  })
}

test('earlier tags, tags of something else and a remote that has all are in no way', async (t) => {
  const { release, git } = await repository(t)
  for (const tag of ['v1.1.9', 'v1.2.0-rc.1', 'vendor', '9.0.0']) await git('tag', tag)
  await git('remote', 'add', 'origin', '/nowhere')
  await git('update-ref', 'refs/remotes/origin/main', 'HEAD')
  const { exitCode, stderr } = await release()
  t.is(exitCode, 0, stderr)
})

test('versions have the order of Semantic Versioning', (t) => {
  const order = [
    '0.9.0',
    '1.0.0-1',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
  ]
  const all = [...order, '1.0.0', '1.2.0', '1.10.0', '2.0.0']
  for (const [at, one] of all.entries())
    for (const [other, two] of all.entries()) t.is(compareVersions(one, two), Math.sign(at - other), `${one} ${two}`)
  t.is(compareVersions('1.0.0+a', '1.0.0+b'), 0)
  t.is(compareVersions('1.0', '1.0.0'), null)
})

test('all that stands in the way is said at once', async (t) => {
  const { release, git, write } = await repository(t)
  await git('switch', '--quiet', '--create', 'topic')
  await write({ 'bundle.txt': 'old' })
  const { stderr } = await release()
  for (const says of [/The branch is topic/, /not committed/, /The bundle is not/]) t.regex(stderr, says)
})

test('the changelog has a section with its date for each version, the newest first, and one for what is to come', async (t) => {
  const changelog = await readFile(join(ROOT, 'CHANGELOG.md'), 'utf8')
  const headings = [...changelog.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading)
  t.is(headings[0], '[Unreleased]')
  t.is(readSections(changelog).size, headings.length)
  const versions = [...readSections(changelog).keys()].slice(1)
  t.is(versions.at(-1), '1.0.0')
  const number = (version: string): number => version.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0)
  t.deepEqual(
    versions,
    [...versions].sort((a, b) => number(b) - number(a)),
  )
})
