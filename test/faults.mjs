/** `npm run test:faults`: does all of its own set-up, tries everything in test/integration/faults on every version, prints the figures, ends with `N passed, N failed`. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ensureInstalled } from './support/install.mjs'

try {
  ensureInstalled()
  const main = fileURLToPath(new URL('support/faults/main.ts', import.meta.url))
  process.exitCode =
    spawnSync(process.execPath, ['--import=tsx', main], {
      stdio: 'inherit',
      cwd: fileURLToPath(new URL('../', import.meta.url)),
    }).status ?? 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
}
