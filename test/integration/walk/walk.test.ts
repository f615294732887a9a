/** Random walks on a real server and on the model of it: after each run both have the same catalogs. */
import test from 'ava'
import * as fc from 'fast-check'
import { bedFor, VERSIONS } from '../../support/provision.ts'
import { walks } from '../../support/walk/generate.ts'
import { cleanUp, forServer, walkOnBoth } from '../../support/walk/real.ts'

/** Another sample: RDS_PROVISION_WALK_SEED, and RDS_PROVISION_WALKS of them. */
const SEED = Number(process.env['RDS_PROVISION_WALK_SEED'] ?? 1)
const WALKS = Number(process.env['RDS_PROVISION_WALKS'] ?? 8)

for (const version of VERSIONS) {
  const bed = bedFor(version)
  test.serial(`PostgreSQL ${version}: the model of the server does what the server does`, async (t) => {
    t.timeout(3_600_000)
    t.log(`seed ${String(SEED)}`)
    const found: string[] = []
    for (const walk of fc.sample(walks(version), { seed: SEED, numRuns: WALKS })) {
      const wrong = await walkOnBoth(bed(), forServer(walk))
      if (wrong.length > 0) found.push([...wrong, JSON.stringify(walk)].join('\n'))
      await cleanUp(bed())
    }
    t.deepEqual(found, [])
  })
}
