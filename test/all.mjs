/**
 * `npm test`: does all of its own set-up, runs every check and test, ends with `N passed, N failed`. With `--browser` also
 * the tests that need Chromium, with `--moto` also those that need Python, with `--examples` those that hold the examples against AWS's provider and need Go. With `--versions` instead: the integration tests
 * on every version of PostgreSQL.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ensureInstalled } from './support/install.mjs'

try {
  ensureInstalled()
  const suite = fileURLToPath(
    new URL(
      process.argv.includes('--versions') ? 'support/suite/versions.ts' : 'support/suite/main.ts',
      import.meta.url,
    ),
  )
  process.exitCode =
    spawnSync(process.execPath, ['--import=tsx', suite, ...process.argv.slice(2)], {
      stdio: 'inherit',
      cwd: fileURLToPath(new URL('../', import.meta.url)),
    }).status ?? 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
}
