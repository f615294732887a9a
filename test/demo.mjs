/** `npm run demo`: does all of its own set-up, then shows and checks what the module does; see test/demo. */
import { ensureInstalled } from './support/install.mjs'

/** Seconds and MB as measured on a machine of two cores; they tell a newcomer the order of magnitude. */
const INTRODUCTION = `
rds-provision, tried out on this machine in 20 to 60 seconds.

It starts a PostgreSQL 17 made like RDS and a stand-in for AWS, both reached from this machine only, runs a real
terraform apply of the module against them, and logs in as each login to show what it may do. It needs Terraform or
OpenTofu, and no AWS account. At the end it stops the servers, and leaves only these in this folder: node_modules and
.cache, for the next time, and .rds-provision/demo, to look at. Ctrl-C ends it and cleans up too.`
const FIRST_TIME = `
The first time takes about as long again, on a fast network: npm brings 77 packages, 50 MB to download and 110 MB on
disk, and Terraform its null provider, which is built with Go where the registry cannot be reached.

Downloading packages`

try {
  console.log(INTRODUCTION)
  ensureInstalled('test/demo', (command) => console.log(`${FIRST_TIME} (${command})`))
  const { register } = await import('tsx/esm/api')
  register()
  await import('./demo/main.ts')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
