/** Random walks on the model of the server, and those that found something before. */
import test from 'ava'
import * as fc from 'fast-check'
import { FOUND } from '../../support/walk/found.ts'
import { walks } from '../../support/walk/generate.ts'
import { walkOn } from '../../support/walk/walk.ts'

const WALKS = 75
const SEED = 7
/** Walks that end blocked show less; these show 41 and 20 on 16. */
const LEAST = { compared: 30, removals: 10 }

for (const version of [14, 16]) {
  test(`PostgreSQL ${String(version)}: random walks end as declared, and nobody loses anything`, async (t) => {
    t.timeout(900_000)
    const seen = { compared: 0, removals: 0 }
    const property = fc.asyncProperty(walks(version), async (walk) => {
      const { wrong, isCompared, removals } = await walkOn(walk)
      seen.compared += Number(isCompared)
      seen.removals += removals
      if (wrong.length > 0) throw new Error(wrong.join('\n'))
    })
    const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns: WALKS, seed: SEED })
    t.false(failed, `${String(errorInstance)} ${JSON.stringify(counterexample)}`)
    t.log(JSON.stringify(seen))
    t.true(seen.compared >= LEAST.compared && seen.removals >= LEAST.removals, JSON.stringify(seen))
  })

  for (const [name, walk] of Object.entries(FOUND)) {
    test(`PostgreSQL ${String(version)}: ${name}`, async (t) => {
      t.deepEqual((await walkOn(walk(version))).wrong, [])
    })
  }
}
