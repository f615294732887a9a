/** Runs one after another under attack: 20 s of it here, ten minutes by `npm run test:soak`. */
import test from 'ava'
import { memoryOf, median, soak } from '../../support/hostile/soak.ts'
import { Bed, IS_THOROUGH, VERSIONS } from '../../support/provision.ts'

const SECONDS = Number(process.env['RDS_PROVISION_SOAK_SECONDS'] ?? '20')
/** Nobody waits longer than this for a run. */
const LONGEST_MS = 60_000
/** What a heap may take before it is collected. */
const GROWTH_MIB = 64

for (const version of IS_THOROUGH ? VERSIONS : VERSIONS.filter((item) => item >= 16))
  test.serial(`PostgreSQL ${version}: runs one after another, while three logins do all at once`, async (t) => {
    t.timeout((SECONDS + 240) * 1000)
    const bed = await Bed.start({ version })
    try {
      const runs = await soak(bed, SECONDS)
      const { first, last } = memoryOf(runs)
      const times = runs.map(({ ms }) => ms)
      t.log(
        `${runs.length} runs in ${SECONDS} s: ${median(times).toFixed()} ms each, ${Math.max(...times).toFixed()} ms at most; ` +
          `${runs.filter(({ left }) => left > 0).length} left something of the three as it was; memory ${first.toFixed()} MiB, then ${last.toFixed()} MiB`,
      )
      t.deepEqual(
        runs.flatMap(({ kind, faults }, number) => faults.map((fault) => `run ${number}, ${kind}: ${fault}`)),
        [],
      )
      t.deepEqual(
        times.filter((ms) => ms > LONGEST_MS),
        [],
      )
      t.true(last - first < GROWTH_MIB, `${first.toFixed()} MiB, then ${last.toFixed()} MiB`)
    } finally {
      await bed.stop()
    }
  })
