/** The Terraform tests under each release of `releases.ts`, real major upgrades of PostgreSQL, moto, and the Terraform
 * tests through a Lambda function; see `npm run test:compat`. */
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { motoSuite } from '../suite/moto.ts'
import { conclude, type Count, suite } from '../suite/run.ts'
import { build, RELEASES } from './releases.ts'
import { BOTH_WAYS, filesOf, THROUGH_FUNCTION } from './ways.ts'

const FOLDER = fileURLToPath(new URL('../../../.cache/compat/', import.meta.url))

/** They depend on the order in which a program destroys and makes, so all of them run with each. */
const PROTOCOL = 'test/terraform/module/protocol-*.test.ts'

/** The one case of them that takes an entry out of a call with `for_each`. */
const IN_A_CYCLE = 'an entry that was released moves to another call and loses nothing, consumer: output'

/** About this machine's network, whatever the program. */
const DEMO = '!test/terraform/demo.test.ts'

const names = process.argv.slice(2)
const POSTGRES = 'postgres'
const MOTO = 'moto'
const FUNCTION = 'function'
const isWanted = (name: string): boolean => names.length === 0 || names.includes(name)
const wanted = RELEASES.filter(({ name }) => isWanted(name))
await mkdir(FOLDER, { recursive: true })
const counts: Count[] = []
for (const release of wanted) {
  console.log(`Building ${release.name} ${release.version} from its Go module, if it is not there yet`)
  const env = { RDS_PROVISION_TEST_TERRAFORM: await build(release, FOLDER) }
  const program = `${release.name} ${release.version}`
  counts.push(
    await suite(
      `Terraform tests with ${program}`,
      [
        'test/terraform/**/*.test.ts',
        `!${PROTOCOL}`,
        DEMO,
        ...(release.hasNativeTests ? [] : ['!test/terraform/module/native.test.ts']),
        ...(release.hasChecks ? [] : ['!test/terraform/module/drift.test.ts']),
        ...(release.hasRemovedProvisioners ? [] : ['!test/terraform/module/removed.test.ts']),
      ],
      { env },
    ),
    await suite(`Every case of removal with ${program}`, [PROTOCOL], {
      env: { ...env, RDS_PROVISION_FAULTS: 'whole' },
      options: release.hasCycles ? ['--match', `!${IN_A_CYCLE}`] : [],
    }),
  )
}
if (isWanted(POSTGRES))
  counts.push(await suite('Major upgrades of PostgreSQL, and policies', ['test/compat/**/*.test.ts']))
if (isWanted(MOTO)) counts.push(await motoSuite())
if (isWanted(FUNCTION))
  counts.push(await suite('Terraform tests through a function', filesOf(BOTH_WAYS), { env: THROUGH_FUNCTION }))
const others = [POSTGRES, MOTO, FUNCTION]
if (wanted.length === 0 && !others.some(isWanted)) {
  const known = [...RELEASES.map(({ name }) => name), ...others].join(', ')
  throw new Error(`no such release: ${names.join(', ')}. There are: ${known}.`)
}
conclude(counts)
