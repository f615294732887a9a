/**
 * One table of cases for our stub and for moto, through the program's own reader, identity, roles and snapshots, so that
 * both are held to one behaviour (src/README.md: The test bed). Where moto is laxer than AWS, the case says why.
 */
import test from 'ava'
import { SIDE, Side } from '../../support/aws/sides.ts'
import { ALIKE } from './alike-cases.ts'

let side: Side
test.before(async () => {
  side = await Side.start()
  Object.assign(process.env, side.env)
})
test.after.always(() => side.stop())

for (const { title, play, expected, moto } of ALIKE) {
  const lax = SIDE === 'moto' ? moto : undefined
  test.serial(lax === undefined ? title : `moto is laxer: ${title}: ${lax.why}`, async (t) => {
    t.deepEqual(await play(side), lax === undefined ? expected : lax.expected)
  })
}
