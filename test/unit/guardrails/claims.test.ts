import test from 'ava'
import { checkClaim, checkMissingClaim, claimNotices } from '../../../src/guardrails/claims.ts'
import { parseTag } from '../../../src/model/tag.ts'
import { actual, declare, role, tagOf } from '../plan/sample.ts'
import { said } from './sample.ts'

const APPS = { a: { username: 'u' } }

/** What the tag of the role of `a` says of others. */
function claimed(
  fields: object,
  {
    claim = null,
    takesOver = false,
    homeless = [],
    variables = {},
  }: { claim?: string | null; takesOver?: boolean; homeless?: readonly string[]; variables?: object } = {},
): string[] {
  const declaration = { ...declare(APPS, variables), claim }
  const [application] = declaration.applications
  const tag = parseTag(tagOf('a', fields))
  if (application === undefined || tag === null) throw new Error('one application, and a tag')
  return said(checkClaim(declaration, new Set(homeless), { takesOver }, application, tag))
}

test('a role of another stack is taken over only where its stack is listed', (t) => {
  const theirs =
    'a/foreign_claim: the role u belongs to the stack "theirs" (environment dev, application a). Remove it there first, or list "theirs" in accept_tags_from to take it over.'
  t.deepEqual(claimed({}), [])
  t.deepEqual(claimed({ Stack: 'theirs' }), [theirs])
  t.deepEqual(claimed({ Stack: 'theirs' }, { takesOver: true }), [theirs], 'that is for states of one stack')
  t.deepEqual(claimed({ Stack: 'theirs' }, { variables: { accept_tags_from: ['others'] } }), [theirs])
  t.deepEqual(claimed({ Stack: 'theirs' }, { variables: { accept_tags_from: ['theirs'] } }), [])
  t.is(claimed({ Environment: 'prod' }).length, 1, 'nor of another environment')
})

const way = (take: string): string =>
  `If that state is the right one, work there. If it was lost, give this one its claim: terraform state rm module.<name>.terraform_data.stack (where this state has one already), then terraform import module.<name>.terraform_data.stack c2. Or ${take}`

test('a role of another state is taken over only by a run that says so', (t) => {
  const whose = 'a/foreign_claim: the role u belongs to the stack'
  const of = '(environment dev, application a), claimed in build b7 at 2026-01-01T00:00:00.000Z.'
  const tag = { Claim: 'c2', ClaimedByBuildId: 'b7', ClaimedAt: '2026-01-01T00:00:00.000Z' }
  const take = 'set ALLOW_DB_TAKEOVER=true in the environment of one run to take it over.'
  t.deepEqual(claimed(tag, { claim: 'c1' }), [`${whose} "mine" ${of} ${way(take)}`])
  t.deepEqual(claimed(tag, { claim: 'c1', takesOver: true }), [])
  t.deepEqual(claimed(tag, { claim: 'c2' }), [])
  t.deepEqual(claimed(tag, { claim: null }), [], 'it may be looked at')
  const accept = 'list "theirs" in accept_tags_from to take it over.'
  t.deepEqual(claimed({ ...tag, Stack: 'theirs' }, { claim: 'c1' }), [`${whose} "theirs" ${of} ${way(accept)}`])
})

test('a role of another application of the stack is given on only where that one has no need of it', (t) => {
  t.deepEqual(claimed({ Application: 'b' }, { homeless: ['b'] }), [
    'a/foreign_claim: the role u belongs to the application b, which is still declared. Give a another username, or remove b from application_databases.',
  ])
  t.deepEqual(claimed({ Application: 'b' }), [], 'b is gone, or has a login of its own')
  t.deepEqual(claimed({}, { homeless: ['a'] }), [])
  t.is(claimed({ Application: 'b', Stack: 'theirs' }, { homeless: ['b'] }).length, 1, 'one problem a role')
})

/** What an input without a claim may not change; `claims` are those of the roles u1, u2, … */
function missing(
  claims: readonly (string | undefined)[],
  {
    fields = {},
    variables = {},
    claim = null,
    command = 'apply',
  }: { fields?: object; variables?: object; claim?: string | null; command?: 'apply' | 'plan' } = {},
): string[] {
  const names = claims.map((_claim, index) => `u${String(index + 1)}`)
  const declared = declare(Object.fromEntries(names.map((username) => [username, { username }])), variables)
  const roles = names.map((name, index) => role(name, { comment: tagOf(name, { Claim: claims[index], ...fields }) }))
  return said(checkMissingClaim({ ...declared, claim }, actual({ roles }).cluster, { command, takesOver: false }))
}

const give = (claim: string): string =>
  `If the input is of that state (terraform output -raw claim), give --claim ${claim}, or set RDS_PROVISION_CLAIM.`
const belong = (who: string, claim: string): string =>
  `-/missing_claim: ${who} belong to the state with the claim ${claim}, and this input has no claim. ${give(claim)}`

test('an input without a claim changes nothing that a state has claimed', (t) => {
  t.deepEqual(missing([undefined]), [])
  t.deepEqual(missing(['c1']), [belong('u1', 'c1')])
  t.deepEqual(missing(['c1'], { command: 'plan' }), [])
  t.deepEqual(missing(['c1'], { claim: 'c2' }), [], 'what another claim has is told elsewhere')
  t.deepEqual(missing(['c1', 'c2', 'c1']), [belong('u1, u3', 'c1'), belong('u2', 'c2')])
  t.deepEqual(missing(['c1', 'c1', 'c1']), [belong('u1, u2, u3', 'c1')])
  t.deepEqual(missing(['c1', 'c1', 'c1', 'c1', 'c1']), [belong('u1, u2, u3 and 2 more', 'c1')])
  const theirs = { Stack: 'theirs' }
  t.deepEqual(missing(['c1'], { fields: theirs }), [], 'a foreign claim is told as such')
  t.is(missing(['c1'], { fields: theirs, variables: { accept_tags_from: ['theirs'] } }).length, 1)
  const strangers = actual({ roles: [role('u')] }).cluster
  t.deepEqual(checkMissingClaim(declare(APPS), strangers, { command: 'apply', takesOver: false }), [])
})

test('a preview without a claim says what an apply would not change', (t) => {
  const comments = ['c1', 'c2', 'c1', undefined].map((Claim) => tagOf('a', { Claim }))
  const notice = (claim: string): string =>
    `This input has no claim, and something here has ${claim}: nothing is changed without it. ${give(claim)}`
  t.deepEqual(claimNotices(declare({}), [...comments, null, undefined, 'no tag']), [notice('c1'), notice('c2')])
  t.deepEqual(claimNotices({ ...declare({}), claim: 'c3' }, comments), [])
})
