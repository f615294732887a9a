import test from 'ava'
import { checkApprovedPlan, checkLaterEffects } from '../../../src/guardrails/approved-plan.ts'
import type { Begun, Effect } from '../../../src/model/effect.ts'

function effect(text: string): Effect {
  const about = { application: 'shop', database: null, username: null, object: 'role', rule: 'alter_role' }
  return { ...about, effect: text, detail: null }
}

const [ONE, TWO, THREE] = [effect('one'), effect('two'), effect('three')] as const

test('the approved plan is no problem; another is told by what is more and what is less', (t) => {
  t.deepEqual(checkApprovedPlan({ digest: 'a', effects: [ONE] }, { digest: 'a', effects: [ONE], begun: null }), [])
  const problems = checkApprovedPlan(
    { digest: 'a', effects: [ONE, TWO] },
    { digest: 'b', effects: [TWO, THREE], begun: null },
  )
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
  const problems = checkApprovedPlan({ digest: 'a', effects: null }, { digest: 'b', effects, begun: null })
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

test('a run goes on with what one before it has begun where its file proves all of it, and not with anything else', (t) => {
  const plan = { digest: 'a', effects: [ONE, TWO] }
  const check = (found: readonly Effect[], begun: Begun, effects: readonly Effect[] | null = plan.effects): string[] =>
    checkApprovedPlan({ ...plan, effects }, { digest: 'b', effects: found, begun }).map(({ message }) => message)
  t.deepEqual(check([TWO], 'begun'), [])
  t.deepEqual(check([TWO, THREE], 'begun').slice(1), ['+ three'], 'what is less is done')
  t.regex(check([TWO], 'begun', null)[0] ?? '', /only the plan's file proves\.$/)
  t.regex(check([TWO], 'done')[0] ?? '', /A run before has carried it out; it approves nothing more\.$/)
  t.regex(check([TWO], 'changed')[0] ?? '', /when something else was declared\.$/)
  t.is(check([TWO], null).length, 2)
  for (const effects of [plan.effects, null]) {
    t.deepEqual(check([], 'begun', effects), [], 'nothing is left: its answer was lost')
    t.deepEqual(check([], 'done', effects), [])
    t.true(check([], 'changed', effects).length > 0)
    t.true(check([], null, effects).length > 0)
  }
})
