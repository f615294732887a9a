/** What `npm test` counts: nothing that went wrong may look like a pass. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const RUN = new URL('../../support/suite/run.ts', import.meta.url).href

/** Runs an expression over `check` and `suite` in a project with these test files. @returns its output, and the count it came to */
async function count(
  t: ExecutionContext,
  expression: string,
  files: Readonly<Record<string, string>> = {},
): Promise<{ output: string; count: unknown }> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-suite-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'test'))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir')
  const script = `import { check, conclude, suite } from '${RUN}'\nconsole.log(JSON.stringify(await ${expression}))`
  const all = {
    'package.json': '{"type":"module"}',
    'run.mjs': script,
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`test/${name}`, text])),
  }
  for (const [name, content] of Object.entries(all)) await writeFile(join(folder, name), content)
  const { stdout } = await execa('node', ['--import=tsx', 'run.mjs'], { cwd: folder, env: { CI: '1' } })
  const lines = stdout.split('\n')
  return { output: lines.slice(0, -1).join('\n'), count: JSON.parse(lines.at(-1) ?? '') }
}

const IMPORT = "import test from 'ava'\n"
const GOOD = "test('good one', (t) => t.pass())\n"

test('passed and failed tests are counted, failures shown with their difference, skipped ones left out', async (t) => {
  const text = `${IMPORT}${GOOD}test('bad one', (t) => t.is(41, 42))\ntest.skip('left out', (t) => t.pass())`
  const { output, count: counted } = await count(t, "suite('Tests', ['test/**'])", { 'a.test.js': text })
  t.like(counted, { passed: 1, failed: 1, failures: [{ name: 'Tests: bad one' }] })
  t.regex(output, /✔ good one/)
  t.regex(output, /✘ bad one\n[\s\S]*41[\s\S]*42/)
  t.regex(output, /- left out/)
})

test('what is no test result fails too: a crash, a file that does not load, process.exit, no tests at all', async (t) => {
  const crash = `${IMPORT}test('waits', async (t) => { setTimeout(() => { throw new Error('later') }, 1); await new Promise((done) => setTimeout(done, 1000)); t.pass() })`
  const broken = {
    crash,
    unloadable: "throw new Error('no')",
    exiting: `${IMPORT}${GOOD}process.exit(0)`,
    empty: IMPORT,
  }
  for (const [name, text] of Object.entries(broken)) {
    const { output } = await count(t, "suite('Tests', ['test/**'])", { 'a.test.js': text })
    t.notRegex(output, / 0 failed/, name)
    t.regex(output, /✘/, name)
  }
  t.deepEqual((await count(t, "suite('Tests', ['none/**'])")).count, {
    passed: 0,
    failed: 1,
    failures: [{ name: 'Tests: ava: exit code 1', details: [] }],
  })
})

test('a check counts as one, and speaks only when it fails', async (t) => {
  const good = await count(t, "check('fine', 'node', ['-e', 'console.log(12345)'])")
  t.deepEqual(good.count, { passed: 1, failed: 0, failures: [] })
  t.notRegex(good.output, /12345/)
  const bad = await count(t, "check('broken', 'node', ['-e', 'console.error(12345); process.exit(2)'])")
  t.deepEqual(bad.count, { passed: 0, failed: 1, failures: [{ name: 'broken', details: ['12345'] }] })
  t.regex(bad.output, /✘ broken .*\n12345/)
  const missing = await count(t, "check('absent', 'no-such-program', [])")
  t.like(missing.count, { passed: 0, failed: 1, failures: [{ name: 'absent' }] })
  t.regex(missing.output, /no-such-program/)
})

/** What a run that failed prints from its last count on. */
async function endOf(
  t: ExecutionContext,
  expression: string,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { output } = await count(t, expression, files).catch((error: unknown) => ({
    output: error instanceof Error && 'stdout' in error ? String(error.stdout) : '',
  }))
  return output.slice(output.lastIndexOf(' s)\n') + ' s)\n'.length)
}

test('what failed stands once more at the end, where a long output is cut: its name and why', async (t) => {
  const text = `${IMPORT}${GOOD}test('bad one', () => { throw new Error('a reason') })\ntest('worse', (t) => t.is(41, 42))`
  const end = await endOf(t, "conclude([await suite('Tests', ['test/**'])])", { 'a.test.js': text })
  t.regex(end, /^\n✘ Tests: bad one\n[^✘]*a reason[^✘]*\n✘ Tests: worse\n[^✘]*41[^✘]*42[^✘]*\n\n1 passed, 2 failed/)
})

test('of what failed so many lines stand there as help, and how many more there were', async (t) => {
  const check = "check('broken', 'node', ['-e', 'for (let i = 1; i <= 17; i += 1) console.log(i); process.exit(1)'])"
  const lines = Array.from({ length: 15 }, (_, index) => `  ${String(index + 1)}\n`).join('')
  const [, end = ''] = (await endOf(t, `conclude([await ${check}])`)).split('\n\n')
  t.is(end, `✘ broken\n${lines}  … and 2 lines above`)
})
