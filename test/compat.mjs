/**
 * `npm run test:compat`: the Terraform tests with the oldest Terraform that the module promises and with OpenTofu, real
 * major upgrades of PostgreSQL, the AWS tests against moto, and the Terraform tests through a Lambda function. Does all of its
 * own set-up; needs Go, to build both, and Python with pip. `-- terraform`, `-- tofu`, `-- postgres`, `-- moto` or
 * `-- function` runs one of them.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ensureInstalled } from './support/install.mjs'

try {
  ensureInstalled()
  const suite = fileURLToPath(new URL('support/compat/main.ts', import.meta.url))
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
