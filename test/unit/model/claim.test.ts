/** Whose something managed is, by its tag (src/README.md: One application, one state). */
import test from 'ava'
import { describeClaim, isOurOrphan, printClaim, standingOf, wasOurs } from '../../../src/model/claim.ts'
import { parseTag, type Tag } from '../../../src/model/tag.ts'
import { declare, tagOf } from '../plan/sample.ts'

const tag = (fields: object): Tag => parseTag(tagOf('a', fields)) ?? new Map()
const MINE = declare({}, { claim: 'c1', workspace: 'default' })
const BY_HAND = declare({})
const SECOND = declare({}, { stack: null, claim: 'c1', workspace: 'second' })

test('the same claim is ours whatever the stack is called; another one never is', (t) => {
  t.is(standingOf(MINE, tag({ Claim: 'c1', Stack: 'renamed' })), 'ours')
  t.is(standingOf(MINE, tag({ Claim: 'c2' })), 'other_state')
  t.is(standingOf(MINE, tag({ Claim: 'c2', Stack: 'theirs' })), 'other_stack')
  t.is(standingOf(MINE, tag({ Claim: 'c1', Environment: 'prod' })), 'other_stack')
})

test('without a claim the name of the stack tells', (t) => {
  t.is(standingOf(MINE, tag({})), 'ours')
  t.is(standingOf(MINE, tag({ Stack: 'theirs' })), 'other_stack')
  t.is(standingOf(BY_HAND, tag({})), 'ours')
  t.is(standingOf(BY_HAND, tag({ Claim: 'c1' })), 'unproven')
  t.is(standingOf(BY_HAND, tag({ Claim: 'c1', Stack: 'theirs' })), 'other_stack')
})

test('a workspace takes what was made under the name that all workspaces had, as long as nobody has claimed it', (t) => {
  t.is(SECOND.stack, 'c/dev/second')
  t.is(standingOf(SECOND, tag({ Stack: 'c/dev' })), 'ours')
  t.is(standingOf(SECOND, tag({ Stack: 'c/dev', Claim: 'c2' })), 'other_stack')
  t.is(standingOf(declare({}, { claim: 'c1', workspace: 'second' }), tag({ Stack: 'c/dev' })), 'other_stack')
  t.is(standingOf(declare({}, { stack: null, workspace: 'default' }), tag({ Stack: 'c/dev/second' })), 'other_stack')
})

test('an orphan has our claim, or none and our stack by name', (t) => {
  t.true(isOurOrphan(MINE, tag({ Claim: 'c1', Stack: 'renamed' })))
  t.true(isOurOrphan(MINE, tag({})))
  t.false(isOurOrphan(MINE, tag({ Claim: 'c2' })))
  t.false(isOurOrphan(BY_HAND, tag({ Claim: 'c1' })))
  t.false(isOurOrphan(SECOND, tag({ Stack: 'c/dev' })))
})

test('what was taken over from us was ours', (t) => {
  t.true(wasOurs(MINE, tag({ Claim: 'c2', TakenOverFrom: 'c1' })))
  t.false(wasOurs(MINE, tag({ Claim: 'c2' })))
  t.false(wasOurs(BY_HAND, tag({ Claim: 'c2' })))
})

test('who has it is told with workspace, build and time; nothing in a command that a shell would obey', (t) => {
  const claimed = { Claim: 'c2', Workspace: 'second', ClaimedByBuildId: 'b7', ClaimedAt: '2026-01-02T03:04:05.000Z' }
  const stack = '"mine" (environment dev, application a)'
  t.is(describeClaim(tag({})), stack)
  t.is(describeClaim(tag(claimed)), `${stack}, workspace second, claimed in build b7 at 2026-01-02T03:04:05.000Z`)
  t.is(printClaim('2f6113a4-3bb8'), '2f6113a4-3bb8')
  t.is(printClaim('x; rm -rf ~'), '<claim>')
})
