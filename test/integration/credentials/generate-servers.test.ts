/**
 * On random servers what is generated, applied, takes nothing from anybody and gives what it said. RDS_PROVISION_SERVERS
 * says how many of them, RDS_PROVISION_SEED which; a failure prints the seed.
 */
import test from 'ava'
import fc from 'fast-check'
import { toHcl } from '../../../src/generate/hcl.ts'
import { entriesOf, generateOn, runFirst, unforetold } from '../../support/generate.ts'
import { probeCatalogs } from '../../support/messy/catalogs.ts'
import { lost } from '../../support/messy/probe.ts'
import { dropWorld, makeWorld, rolesOf, WORLD, type World } from '../../support/messy/world.ts'
import { type Bed, bedFor, VERSIONS } from '../../support/provision.ts'

const MASTER_SECRET = 'rds!db-master'
const SERVERS = Number(process.env['RDS_PROVISION_SERVERS'] ?? '4')
const SEED = process.env['RDS_PROVISION_SEED']

interface Tried {
  readonly lost: readonly string[]
  readonly unforetold: readonly string[]
  readonly second: string
  readonly blocked: readonly string[]
}

async function tryWorld(bed: Bed, world: World): Promise<Tried> {
  const { server } = bed
  await dropWorld(server)
  await makeWorld(server, world)
  const roles = rolesOf(world)
  const stack = bed.declare({}, { stack: 'random', master_secret_id: MASTER_SECRET })
  const before = await probeCatalogs(server, roles)
  const generated = await generateOn(bed, stack)
  await runFirst(server, generated)
  stack.applications = entriesOf(generated)
  const first = await stack.apply()
  const after = await probeCatalogs(server, roles)
  const second = await stack.apply()
  const found = {
    lost: lost(before, after),
    unforetold: unforetold(lost(after, before), generated, after),
    second: second.audit.run.outcome,
    blocked: [first, second].flatMap(({ audit }) => audit.run.error ?? []),
  }
  const isFine = found.lost.length + found.unforetold.length + found.blocked.length === 0
  if (!isFine || found.second !== 'no_change') console.log(toHcl(generated), JSON.stringify(found, null, 2))
  return found
}

for (const version of VERSIONS) {
  const bed = bedFor(version)

  test.serial(`PostgreSQL ${String(version)}: random servers are taken over`, async (t) => {
    t.timeout(60_000 + SERVERS * 30_000)
    const { user, password } = bed().server.master
    bed().aws.putSecret(MASTER_SECRET, { username: user, password })
    const parameters = { numRuns: SERVERS, endOnFailure: true, includeErrorInReport: true, ...(SEED !== undefined && { seed: Number(SEED) }) }
    let tried = 0
    const property = fc.asyncProperty(WORLD, async (world) => {
      const found = await tryWorld(bed(), world)
      tried += 1
      const wanted: Tried = { lost: [], unforetold: [], second: 'no_change', blocked: [] }
      const told = JSON.stringify(found)
      if (told !== JSON.stringify(wanted)) throw new Error(told)
    })
    await t.notThrowsAsync(fc.assert(property, parameters))
    t.log(`${String(tried)} servers`)
  })
}
