/** Random walks on the model of the server, and those that found something before. */
import test from 'ava'
import * as fc from 'fast-check'
import { FOUND } from '../../support/walk/found.ts'
import { walks } from '../../support/walk/generate.ts'
import { walkOn } from '../../support/walk/walk.ts'

const WALKS = 15
const SEEDS = [7, 8, 9, 10, 11]

for (const version of [14, 16]) {
  for (const seed of SEEDS)
    test(`PostgreSQL ${String(version)}, seed ${String(seed)}: random walks end as declared, and nobody loses anything`, async (t) => {
      t.timeout(900_000)
      const property = fc.asyncProperty(walks(version), async (walk) => {
        const { wrong } = await walkOn(walk)
        if (wrong.length > 0) throw new Error(wrong.join('\n'))
      })
      const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns: WALKS, seed })
      t.false(failed, `${String(errorInstance)} ${JSON.stringify(counterexample)}`)
    })

  for (const [name, walk] of Object.entries(FOUND)) {
    test(`PostgreSQL ${String(version)}: ${name}`, async (t) => {
      t.deepEqual((await walkOn(walk(version))).wrong, [])
    })
  }
}
