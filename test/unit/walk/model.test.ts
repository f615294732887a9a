/** All that may happen in small scenes, on the program as it is; and rules broken one by one, each of which it finds. */
import test from 'ava'
import { explore } from '../../support/exploration/explore.ts'
import { exploreMutated, MUTATED } from '../../support/exploration/mutated.ts'
import { SCENES } from '../../support/exploration/scenes.ts'

/** No way is begun after that: on a machine that slow the test fails, since it has not seen all. */
const LIMIT_MS = 120_000

for (const version of [14, 16])
  for (const [name, make] of Object.entries(SCENES))
    test.serial(
      `PostgreSQL ${String(version)}: ${name}: every state has a way out, and nobody loses or gains`,
      async (t) => {
        t.timeout(2 * LIMIT_MS)
        const { wrong, way, isCut, worlds } = await explore(await make(version, false), LIMIT_MS)
        t.deepEqual(wrong, [], way.join('\n'))
        t.false(isCut)
        t.true(worlds > 20)
      },
    )

for (const mutated of MUTATED)
  test.serial(`it finds that ${mutated.what}`, async (t) => {
    t.timeout(2 * LIMIT_MS)
    t.regex(await exploreMutated(mutated), mutated.finds)
  })
