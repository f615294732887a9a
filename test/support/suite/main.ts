/** Everything that must hold before a change is merged; see `npm test`. */
import { availableParallelism } from 'node:os'
import { filesOf, SAMPLE, THROUGH_FUNCTION } from '../compat/ways.ts'
import { SPARING } from '../terraform/program.ts'
import { builtSuite } from './built.ts'
import { motoSuite } from './moto.ts'
import { check, conclude } from './run.ts'

/** Tests of servers wait for locks and limits of time two fifths of their time. */
const ONE_MORE = ['--concurrency', String(availableParallelism() + 1)]

// Each of the first four keeps one core busy, and none waits for another.
const results = [
  ...(await Promise.all([
    check('types', 'tsc', []),
    check('lint', 'npm', ['run', '--silent', 'lint']),
    check('the bundle is what the sources give', 'tsx', ['test/support/build/main.ts', '--check']),
    check('terraform and its null provider', 'tsx', ['test/support/terraform/prepare.ts']),
  ])),
  await builtSuite('Unit tests', ['test/unit/**/*.test.ts']),
  await builtSuite('Integration tests', ['test/integration/**/*.test.ts'], { options: ONE_MORE }),
  await builtSuite('Package tests', ['test/package/**/*.test.ts']),
  await builtSuite('Terraform tests', ['test/terraform/**/*.test.ts'], { env: SPARING }),
  await builtSuite('A sample of them through a function', filesOf(SAMPLE), {
    env: { ...SPARING, ...THROUGH_FUNCTION },
  }),
  await builtSuite('Upgrade tests', ['test/upgrade/**/*.test.ts'], { env: SPARING }),
  ...(process.argv.includes('--examples')
    ? [await builtSuite('Modules and examples', ['test/examples/**/*.test.ts'], { env: SPARING })]
    : []),
  ...(process.argv.includes('--moto') ? [await motoSuite()] : []),
  ...(process.argv.includes('--browser') ? [await builtSuite('Browser tests', ['test/browser/**/*.test.ts'])] : []),
]

conclude(results)
