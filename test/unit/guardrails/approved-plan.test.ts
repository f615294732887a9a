import test from 'ava'
import { checkApprovedPlan, checkLaterEffects } from '../../../src/guardrails/approved-plan.ts'
import type { Effect } from '../../../src/model/effect.ts'

function effect(text: string): Effect {
  return { application: 'shop', database: null, username: null, object: 'role', rule: 'alter_role', effect: text }
}

const [ONE, TWO, THREE] = [effect('one'), effect('two'), effect('three')] as const

test('the approved plan is no problem; another is told by what is more and what is less', (t) => {
  t.deepEqual(checkApprovedPlan({ digest: 'a', effects: [ONE] }, { digest: 'a', effects: [ONE] }), [])
  const problems = checkApprovedPlan({ digest: 'a', effects: [ONE, TWO] }, { digest: 'b', effects: [TWO, THREE] })
  t.deepEqual(
    problems.map(({ application, code, message }) => [application, code, message]),
    [
      [null, 'approved_plan', 'this run would not do what the approved plan says: plan:a does not approve that.'],
      ['shop', 'approved_plan', '+ three'],
      ['shop', 'approved_plan', '- one'],
    ],
  )
  t.regex(problems[0]?.remedy ?? '', /ALLOW_DB_PROVISION=plan:b$/)
})

test("without the plan's file all that the run would do is told, and no more than fifty lines", (t) => {
  const effects = Array.from({ length: 60 }, (_, index) => effect(String(index)))
  const problems = checkApprovedPlan({ digest: 'a', effects: null }, { digest: 'b', effects })
  t.is(problems.length, 1 + 50 + 1)
  t.is(problems[1]?.message, '0')
  t.is(problems.at(-1)?.message, '… and 10 lines more.')
})

test('a later round may do less, and nothing else', (t) => {
  t.deepEqual(checkLaterEffects([ONE, TWO], []), [])
  t.deepEqual(checkLaterEffects([ONE, TWO], [TWO]), [])
  t.deepEqual(
    checkLaterEffects([ONE], [ONE, TWO])
      .map(({ message }) => message)
      .slice(1),
    ['+ two'],
  )
})
