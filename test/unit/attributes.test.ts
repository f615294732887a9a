/** What git does with line ends: a checkout on any machine has the bytes that the bundle's check and the triggers hash. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const BUNDLE = 'terraform-module/dist/rds-provision.mjs'

/** Git in a repository of its own that has the attributes of this one, and converts line ends as Windows does by default. */
async function repository(t: ExecutionContext): Promise<(...args: string[]) => Promise<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-attributes-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const git = async (...args: string[]): Promise<string> => {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false']
    // Run from a hook, git has these set to the repository of the hook.
    const apart = { GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_INDEX_FILE: undefined }
    const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', ...apart }
    const { stdout } = await execa('git', [...identity, ...args], { cwd: folder, env })
    return stdout
  }
  await git('init', '--quiet')
  await git('config', 'core.autocrlf', 'true')
  await copyFile(join(ROOT, '.gitattributes'), join(folder, '.gitattributes'))
  await mkdir(join(folder, 'terraform-module', 'dist'), { recursive: true })
  await copyFile(join(ROOT, BUNDLE), join(folder, BUNDLE))
  await writeFile(join(folder, 'terraform-module', 'main.tf'), 'locals {\n}\n')
  await writeFile(join(folder, 'terraform-module', 'dist', 'odd.mjs'), 'const a = `\r\n`\n')
  await git('add', '.')
  await git('commit', '--quiet', '--message', 'all')
  return git
}

test('the bundle is bytes to git, and everything else has LF', async (t) => {
  const git = await repository(t)
  const attributes = async (path: string): Promise<Record<string, string>> => {
    const lines = (await git('check-attr', 'text', 'eol', 'linguist-generated', '--', path)).split('\n')
    return Object.fromEntries(lines.map((line) => line.split(': ')).map(([, name = '', value = '']) => [name, value]))
  }
  const bytes = { text: 'unset', eol: 'unspecified', 'linguist-generated': 'set' }
  t.deepEqual(await attributes(BUNDLE), bytes)
  t.deepEqual(await attributes('terraform-module/dist/THIRD_PARTY_LICENSES.txt'), bytes)
  t.deepEqual(await attributes('package-lock.json'), { text: 'auto', eol: 'lf', 'linguist-generated': 'set' })
  for (const path of ['terraform-module/main.tf', 'src/main.ts', 'README.md'])
    t.deepEqual(await attributes(path), { text: 'auto', eol: 'lf', 'linguist-generated': 'unspecified' }, path)
  for (const path of ['.ci/run', 'a/b.sh'])
    t.deepEqual(await attributes(path), { text: 'set', eol: 'lf', 'linguist-generated': 'unspecified' }, path)
})

test('a checkout by a git that converts line ends has the same bytes', async (t) => {
  const git = await repository(t)
  const root = await git('rev-parse', '--show-toplevel')
  await git('rm', '--quiet', '-r', '--cached', '.')
  await git('reset', '--quiet', '--hard')
  t.deepEqual(await readFile(join(root, BUNDLE)), await readFile(join(ROOT, BUNDLE)))
  t.is(await readFile(join(root, 'terraform-module', 'dist', 'odd.mjs'), 'utf8'), 'const a = `\r\n`\n')
  t.is(await readFile(join(root, 'terraform-module', 'main.tf'), 'utf8'), 'locals {\n}\n')
})
