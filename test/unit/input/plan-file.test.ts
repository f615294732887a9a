/** The file of an approved plan, and a plan that is only looked at. */
import test from 'ava'
import { InvalidInputError } from '../../../src/errors.ts'
import { packPlan, parsePlan, parsePlanFile, unpackPlan } from '../../../src/input/plan-file.ts'
import type { Effect } from '../../../src/model/effect.ts'
import { previewJson } from '../../../src/preview/json.ts'
import { samplePreview } from '../report/sample.ts'

const DIGEST = 'a'.repeat(64)
const EFFECT: Effect = {
  application: 'shop',
  database: null,
  username: 'shop_u',
  object: 'role',
  rule: 'alter_role',
  effect: 'limit 1 -> 2',
  detail: null,
}

test('a plan that would be stopped, or is of a part, has no digest: it can be looked at, and not approved', (t) => {
  const text = previewJson(samplePreview({ effects: [EFFECT], digest: null, stopped: true }))
  t.deepEqual(parsePlan(text), { digest: null, effects: [EFFECT] })
  t.throws(() => parsePlanFile(text, DIGEST), { instanceOf: InvalidInputError, message: /is a plan without a digest/ })
})

test('the plan of the approved digest is taken, packed or not, and no other', (t) => {
  const text = previewJson(samplePreview({ effects: [EFFECT], digest: DIGEST }))
  const plan = { digest: DIGEST, effects: [EFFECT] }
  t.deepEqual(parsePlanFile(text, DIGEST), plan)
  t.deepEqual(parsePlanFile(unpackPlan(packPlan(plan)), DIGEST), plan)
  t.throws(() => parsePlanFile(text, 'b'.repeat(64)), { message: /is the plan a{64}, and another one is approved/ })
  for (const none of ['', '{}', '[]', '{"digest":"a"}']) t.is(parsePlan(none), null, none)
})
