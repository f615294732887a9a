/** The Terraform tests under each release of `releases.ts`, and real major upgrades of PostgreSQL; see `npm run test:compat`. */
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { suite } from '../suite/run.ts'
import { build, RELEASES } from './releases.ts'

const FOLDER = fileURLToPath(new URL('../../../.cache/compat/', import.meta.url))

/** They depend on the order in which a program destroys and makes, so all of them run with each. */
const PROTOCOL = 'test/terraform/module/protocol-*.test.ts'

const names = process.argv.slice(2)
const POSTGRES = 'postgres'
const wanted = RELEASES.filter(({ name }) => names.length === 0 || names.includes(name))
await mkdir(FOLDER, { recursive: true })
const total = { passed: 0, failed: 0 }
for (const release of wanted) {
  console.log(`Building ${release.name} ${release.version} from its Go module, if it is not there yet`)
  process.env['RDS_PROVISION_TEST_TERRAFORM'] = await build(release, FOLDER)
  const program = `${release.name} ${release.version}`
  const counts = [
    await suite(`Terraform tests with ${program}`, [
      'test/terraform/**/*.test.ts',
      `!${PROTOCOL}`,
      ...(release.hasNativeTests ? [] : ['!test/terraform/module/native.test.ts']),
      ...(release.hasChecks ? [] : ['!test/terraform/module/drift.test.ts']),
      ...(release.hasRemovedProvisioners ? [] : ['!test/terraform/module/removed.test.ts']),
    ]),
    await suite(`Every case of removal with ${program}`, [PROTOCOL], { env: { RDS_PROVISION_FAULTS: 'whole' } }),
  ]
  for (const { passed, failed } of counts) {
    total.passed += passed
    total.failed += failed
  }
}
const upgrades = names.length === 0 || names.includes(POSTGRES)
if (upgrades) {
  const { passed, failed } = await suite('Major upgrades of PostgreSQL, and policies', ['test/compat/**/*.test.ts'])
  total.passed += passed
  total.failed += failed
}
if (wanted.length === 0 && !upgrades) {
  const known = [...RELEASES.map(({ name }) => name), POSTGRES].join(', ')
  throw new Error(`no such release: ${names.join(', ')}. There are: ${known}.`)
}
console.log(`\n${String(total.passed)} passed, ${String(total.failed)} failed`)
process.exitCode = total.failed === 0 ? 0 : 1
