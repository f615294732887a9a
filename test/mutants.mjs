/**
 * `npm run test:mutants -- guardrails/concern.ts:33-62`: StrykerJS over a folder, a file or lines of `src`, by the unit
 * tests of that folder. Its packages are 70 MB and serve nothing else, so they come by npx, in the version named here.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'

const PACKAGE = '@stryker-mutator/core@9.6.1'
const [target] = process.argv.slice(2)
if (target === undefined) throw new Error('name a folder or file of src, such as guardrails or plan/tags.ts')
const [folder] = target.split('/')
const temporary = mkdtempSync(`${tmpdir()}/mutants-`)
const config = {
  testRunner: 'command',
  // Its types are stripped by tsx; npx leaves out the compiler, which the project has.
  tsconfigFile: 'none.json',
  commandRunner: { command: `npx ava "test/unit/${folder}/**/*.test.ts"` },
  mutate: [target.includes('.ts') ? `src/${target}` : `src/${target}/**/*.ts`],
  concurrency: 2,
  reporters: ['clear-text'],
  ignorePatterns: [
    'terraform-module',
    'test/bench',
    'test/demo',
    'test/terraform',
    'test/integration',
    'test/examples',
  ],
  incremental: true,
  incrementalFile: `node_modules/.cache/mutants-${folder}.json`,
  tempDirName: `${temporary}/sandbox`,
  timeoutMS: 60_000,
}
writeFileSync(`${temporary}/stryker.json`, JSON.stringify(config))
const { status } = spawnSync('npx', ['--yes', '--package', PACKAGE, 'stryker', 'run', `${temporary}/stryker.json`], {
  stdio: 'inherit',
})
rmSync(temporary, { recursive: true })
process.exitCode = status ?? 1
