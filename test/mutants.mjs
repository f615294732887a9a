/**
 * `npm run test:mutants -- guardrails/concern.ts:33-62`: StrykerJS over folders, files or lines of `src`, by the unit
 * tests that run through each mutant, all in one process (`test/support/mutants`). Mutants of what runs only while a
 * module loads are left out, since each would need a process. `--walks` lets the walks try too, `--tests plan` only
 * tests below `test/unit` whose path begins so, and may be given more than once, `--processes 1` takes one process and
 * not two. Its packages are 70 MB and serve nothing else, so they come by npx, in the version named here.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

const PACKAGE = '@stryker-mutator/core@9.6.1'
const { values, positionals } = parseArgs({
  options: {
    walks: { type: 'boolean', default: false },
    tests: { type: 'string', multiple: true, default: [] },
    processes: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
if (values.help || positionals.length === 0) {
  console.log(
    'npm run test:mutants -- [--tests FOLDER]... [--walks] [--processes 1] FOLDER|FILE[:FIRST-LAST]..., of src: guardrails, plan/tags.ts:10-40',
  )
  process.exit(values.help ? 0 : 2)
}
// A range of lines is of a file; what is no TypeScript of src has no mutants, which StrykerJS calls a success.
const isTarget = (target) =>
  /^[\w/-]+(?:\.ts(?::\d+-\d+)?)?$/.test(target) && existsSync(`src/${target.replace(/:\d+-\d+$/, '')}`)
const unknown = positionals.filter((target) => !isTarget(target))
if (unknown.length > 0) throw new Error(`no folder or file of src: ${unknown.join(', ')}`)
const temporary = mkdtempSync(`${tmpdir()}/mutants-`)
/** Of the program; the repository and the tests' own tools are no concern here. Walks come last: they take longest. */
const files = readdirSync('test/unit', { recursive: true })
  .filter((name) => /\/.*\.test\.ts$/.test(name) && !/^(docs|support|walk)\W/.test(name))
  .filter((name) => values.tests.length === 0 || values.tests.some((folder) => name.startsWith(folder)))
  .sort()
  .map((name) => `test/unit/${name}`)
if (values.walks) files.push('test/unit/walk/walk.test.ts')
const config = {
  testRunner: 'unit-tests',
  plugins: [new URL('support/mutants/runner.mjs', import.meta.url).href],
  testRunnerNodeArgs: ['--import=tsx'],
  // StrykerJS shows nothing of what its workers print.
  unitTests: { files, leftOut: `${temporary}/left-out` },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  // Its types are stripped by tsx; npx leaves out the compiler, which the project has.
  tsconfigFile: 'none.json',
  mutate: positionals.map((target) => (target.includes('.ts') ? `src/${target}` : `src/${target}/**/*.ts`)),
  concurrency: Number(values.processes),
  reporters: ['clear-text', 'json', 'progress-append-only'],
  // No longer than a file's name may be.
  jsonReporter: {
    fileName: `node_modules/.cache/mutants/${positionals.join(' ').replaceAll(/\W+/g, '-').slice(0, 200)}.json`,
  },
  ignorePatterns: ['test/bench', 'test/demo', 'test/terraform', 'test/integration', 'test/examples'],
  tempDirName: `${temporary}/sandbox`,
  timeoutMS: 60_000,
}
writeFileSync(`${temporary}/stryker.json`, JSON.stringify(config))
const { status } = spawnSync('npx', ['--yes', '--package', PACKAGE, 'stryker', 'run', `${temporary}/stryker.json`], {
  stdio: 'inherit',
})
if (existsSync(config.unitTests.leftOut)) {
  const left = new Set(readFileSync(config.unitTests.leftOut, 'utf8').trim().split('\n'))
  console.log(`Left out, since they fail without a mutant, all in one process:\n${[...left].join('\n')}`)
}
rmSync(temporary, { recursive: true })
process.exitCode = status ?? 1
