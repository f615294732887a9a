/** Everything that was thought of to break it, on every version, and the figures of what was tried; see `npm run test:faults`. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, suite } from '../suite/run.ts'
import { figuresTable, readFigures } from './figures.ts'

const started = Date.now()
const folder = await mkdtemp(join(tmpdir(), 'rds-provision-figures-'))
const file = join(folder, 'figures.jsonl')
Object.assign(process.env, {
  RDS_PROVISION_FAULTS: 'whole',
  RDS_PROVISION_TEST_VERSIONS: 'all',
  RDS_PROVISION_FIGURES: file,
})
try {
  const results = [
    await check('the bundle is what the sources give', 'tsx', ['test/support/build/main.ts', '--check']),
    // A cut-off run waits more than it works: two more than there are processors.
    await suite('What was tried to break it', ['test/integration/faults/**/*.test.ts'], {
      options: ['--concurrency', '4'],
    }),
  ]
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  const failed = results.reduce((sum, result) => sum + result.failed, 0)
  console.log(
    `\n${figuresTable(readFigures(file))}\n\n${((Date.now() - started) / 60_000).toFixed(1)} minutes\n${String(passed)} passed, ${String(failed)} failed`,
  )
  process.exitCode = failed === 0 ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
