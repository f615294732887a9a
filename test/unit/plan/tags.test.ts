/** What tags of roles and databases say, what of them is kept, and which steps write them (src/README.md: Tags). */
import test from 'ava'
import type { RoleState } from '../../../src/model/catalog.ts'
import type { Declaration } from '../../../src/model/declaration.ts'
import { planSteps, type Step } from '../../../src/model/step.ts'
import { parseTag } from '../../../src/model/tag.ts'
import type { PlanInput } from '../../../src/plan/context.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { database, declare, input, interior, role, type State, tagOf } from './sample.ts'

const RIGHT = { kind: 'password_right', note: null } as const
/** A login without a database. */
const LOGIN = { a: { username: 'u', access_level: 'none' } }
const OWNER = { a: { username: 'u', database_name: 'd' } }
const NOW = new Date('2026-02-03T04:05:06Z')

interface Case {
  readonly applications?: object
  readonly declared?: Partial<Declaration>
  readonly state?: State
  readonly run?: Partial<PlanInput>
}

/** Of the login, by this stack, with these fields in its tag. */
const login = (fields: object = {}, more: Partial<RoleState> = {}): RoleState =>
  role('u', { comment: tagOf('a', { CleanupPolicy: 'disable', ...fields }), ...more })

function stepsOf({ applications = LOGIN, declared = {}, state = {}, run = {} }: Case): readonly Step[] {
  const declaration = { ...declare(applications), ...declared }
  const given = input(declaration, { logins: { a: RIGHT }, ...state })
  return planSteps(makePlan({ ...given, startedAt: NOW, buildId: 'b2', ...run }))
}

/** `kind: message` of each step that writes the role's tag, and what the tag says after the last of them. */
function written(given: Case): { steps: string[]; tag: Record<string, string> } {
  const comments = stepsOf(given).flatMap(({ kind, message, statements }) =>
    statements.flatMap(({ redacted }) => {
      const comment = /^COMMENT ON ROLE "u" IS '(.*)'$/s.exec(redacted)?.[1]
      return comment === undefined ? [] : [{ step: `${kind}: ${message}`, comment: comment.replaceAll("''", "'") }]
    }),
  )
  return {
    steps: comments.map(({ step }) => step),
    tag: Object.fromEntries(parseTag(comments.at(-1)?.comment ?? null) ?? []),
  }
}

const claimOf = ({ tag }: ReturnType<typeof written>): Record<string, string> =>
  Object.fromEntries(
    ['Workspace', 'Claim', 'ClaimedAt', 'ClaimedByBuildId', 'TakenOverFrom'].flatMap((field) =>
      tag[field] === undefined ? [] : [[field, tag[field]]],
    ),
  )

test('whose a role is stands in its tag since when and by which build, and from whom it was taken over', (t) => {
  const of = (tag: object | null, claim: string | null, workspace: string | null = null) =>
    written({
      declared: { claim, workspace },
      state: { roles: tag === null ? [] : [login(tag)] },
    })
  const fresh = { Claim: 'c1', ClaimedAt: '2026-02-03T04:05:06.000Z', ClaimedByBuildId: 'b2' }
  t.deepEqual(claimOf(of(null, null)), {})
  t.deepEqual(claimOf(of(null, 'c1')), fresh)
  t.deepEqual(claimOf(of(null, 'c1', 'w')), { Workspace: 'w', ...fresh })
  const first = of({}, 'c1')
  t.deepEqual(claimOf(first), fresh)
  t.regex(first.steps.join(), /^tag_role: tag of role u: .*Claim none -> c1/)
  const before = { Claim: 'c1', ClaimedAt: 'then', ClaimedByBuildId: 'b0', TakenOverFrom: 'c0' }
  t.deepEqual(of(before, 'c1').steps, [])
  t.deepEqual(of(before, null).steps, [], 'an input without a claim leaves it')
  t.deepEqual(of({ ...before, Workspace: 'w' }, null).steps, [])
  t.deepEqual(claimOf(of({ ...before, Workspace: 'w' }, 'c1', 'x')), { ...before, Workspace: 'x' })
  const taken = of({ ...before, Claim: 'c2', Workspace: 'w' }, 'c1')
  t.deepEqual(claimOf(taken), { ...fresh, TakenOverFrom: 'c2' })
  t.regex(taken.steps.join(), /^take_over_role: role u taken over from the stack "mine" .*Claim c2 -> c1/)
})

test('a tag names the secret’s version whose password the role is known to have', (t) => {
  const version = (fields: object, run: Partial<PlanInput>, state: State = {}) =>
    written({
      applications: { a: { ...LOGIN.a, connection_limit: 3, ...fields } },
      state: { roles: [login()], ...state },
      run,
    }).tag['SecretVersionId']
  const facts = (verifier: PlanInput['secrets']) => ({ secrets: verifier })
  const unknown = facts(new Map([['a', { versionId: 'v2', clone: null, verifier: null }]]))
  t.is(version({}, unknown), 'v2', 'it logged in')
  t.is(version({}, unknown, { logins: { a: { kind: 'not_tried' } } }), 'v1', 'what stood there')
  t.is(version({}, facts(new Map())), undefined, 'no secret, though it logged in')
  t.is(version({}, facts(new Map()), { logins: {} }), 'v1')
  t.is(version({ auth: 'iam' }, {}), undefined)
  const unmanaged = written({ applications: { a: { ...LOGIN.a, auth: 'unmanaged' } }, state: { roles: [login()] } }).tag
  t.deepEqual([unmanaged['SecretVersionId'], unmanaged['Auth']], [undefined, 'unmanaged'])
})

test('what a login has proven is kept where it is read: of this secret, this version and this role', (t) => {
  const proven = ({ kind = 'password_right', secretId = 'one', versionId = 'v2', oid = 1, verify = 'changed' }) =>
    written({
      applications: { a: { ...LOGIN.a, connection_limit: 3, secret_id: secretId } },
      declared: { verifyLogins: verify === 'changed' ? 'changed' : 'all' },
      state: {
        roles: [login({}, { oid })],
        logins: { a: kind === 'password_right' ? RIGHT : kind === 'proven_before' ? { kind } : { kind: 'expired' } },
      },
      run: { secrets: new Map([['a', { versionId, clone: null, verifier: null }]]) },
    }).tag['ProvenSecret']
  const once = proven({})
  t.regex(once ?? '', /^[0-9a-f]{16}$/)
  t.is(proven({ kind: 'proven_before' }), once)
  for (const other of [{ secretId: 'two' }, { versionId: 'v3' }, { oid: 2 }]) {
    t.truthy(proven(other))
    t.not(proven(other), once, JSON.stringify(other))
  }
  for (const none of [{ kind: 'expired' }, { verify: 'all' }]) t.is(proven(none), undefined, JSON.stringify(none))
})

test('what a person wrote stays, of a role and of a database', (t) => {
  const adopted = written({
    applications: { a: { ...LOGIN.a, adopt_existing: true } },
    state: { roles: [role('u', { comment: "Anna's" })] },
  })
  t.deepEqual(adopted.steps, ['adopt_role: role u taken under management'])
  t.is(adopted.tag['Comment'], "Anna's")
  const kept = written({
    applications: { a: { ...LOGIN.a, connection_limit: 3 } },
    state: { roles: [login({ Comment: "Anna's" })] },
  })
  t.is(kept.tag['Comment'], "Anna's")
  const comments = (comment: string | null): string[] =>
    stepsOf({
      applications: OWNER,
      state: {
        roles: [role('u', { comment: tagOf('a', { OwnedDatabase: 'd' }) })],
        databases: [database('d', 'u', { comment })],
        interiors: [interior('d')],
      },
    }).map(({ kind, message }) => `${kind}: ${message}`)
  t.deepEqual(comments('notes'), ['adopt_database: tag of database d, with the words that stood there'])
  t.deepEqual(comments(null), ['adopt_database: tag of database d'])
  t.deepEqual(comments('x'.repeat(1_000_000)), [], 'too long for a tag')
  const tagged = { SecretVersionId: undefined }
  t.deepEqual(comments(tagOf('a', tagged)), [])
  t.deepEqual(comments(tagOf('b', tagged)), ['tag_database: tag of database d'])
})

test('what a role owns, or waits for, stands in its tag', (t) => {
  const of = (tag: object | null, databases: State['databases'] = [], entry: object = {}) => {
    const { tag: after } = written({
      applications: { a: { ...OWNER.a, connection_limit: 3, ...entry } },
      state: {
        roles: tag === null ? [] : [role('u', { comment: tagOf('a', tag) })],
        databases,
        interiors: databases.map(({ name }) => interior(name)),
      },
    })
    return [after['OwnedDatabase'], after['PendingDatabase']]
  }
  const there = [database('d', 'u', { comment: tagOf('a', { SecretVersionId: undefined }) })]
  t.deepEqual(of({}, there), ['d', undefined])
  t.deepEqual(of({ PendingDatabase: 'd' }, there), ['d', undefined])
  t.deepEqual(of({ OwnedDatabase: 'old' }, there), ['d', undefined])
  const theirs = [database('d', 'x')]
  t.deepEqual(of({ OwnedDatabase: 'd' }, theirs), ['d', undefined], 'it is somebody else’s by now')
  t.deepEqual(of({ OwnedDatabase: 'old' }, theirs), ['old', undefined])
  t.deepEqual(of({ PendingDatabase: 'd' }, theirs), [undefined, 'd'])
  t.deepEqual(of({}, theirs), [undefined, undefined], 'an older tag, which says nothing')
  const guest = written({
    applications: { a: { ...OWNER.a, access_level: 'editor' }, b: { username: 'w', database_name: 'd' } },
    state: { roles: [role('u', { comment: tagOf('a', { OwnedDatabase: 'd' }) })] },
  })
  t.is(guest.tag['CleanupPolicy'], 'disable')
  t.deepEqual([guest.tag['OwnedDatabase'], guest.tag['PendingDatabase']], [undefined, undefined])
})

const request = (application: string): object => ({
  Removal: { [application]: { Policy: 'delete', BuildId: 'b7', At: '2026-01-01T00:00:00.000Z', Approved: true } },
})

test('a removal that was asked for is taken back from what is declared, and nothing else of the tag is lost', (t) => {
  const back = written({ state: { roles: [login({ ...request('a'), ApprovedPlan: 'p/done' })] } })
  t.deepEqual(back.steps, [
    'take_back_removal: the removal of a (delete), asked for in build b7 at 2026-01-01T00:00:00.000Z, is taken back, since u is declared',
  ])
  t.is(back.tag['Removal'], undefined)
  t.is(back.tag['UpdatedByBuildId'], 'b2')
  t.deepEqual([back.tag['BuildId'], back.tag['SecretVersionId'], back.tag['Application']], ['b1', 'v1', 'a'])
  const more = written({
    applications: { a: { ...LOGIN.a, cleanup_policy: 'delete' } },
    state: { roles: [login(request('a'))] },
  })
  t.deepEqual(
    more.steps.map((line) => line.split(':')[0]),
    ['take_back_removal', 'tag_role'],
  )
  t.is(more.tag['CleanupPolicy'], 'delete')
})

test('an application under another key with the same login is renamed, with the removal of the old one taken back', (t) => {
  const of = (fields: object) =>
    written({ state: { roles: [role('u', { comment: tagOf('old', { CleanupPolicy: 'disable', ...fields }) })] } })
  const renamed = /^rename_application: old is declared as a by now, with the same login u: .*Application old -> a/
  t.is(of({}).steps.length, 1)
  t.regex(of({}).steps.join(), renamed)
  t.is(of({}).tag['Application'], 'a')
  const asked = of(request('old'))
  t.regex(asked.steps[0] ?? '', /^take_back_removal: the removal of old \(delete\), asked for in build b7 /)
  t.regex(asked.steps[1] ?? '', renamed)
  t.deepEqual([asked.tag['Application'], asked.tag['Removal']], ['a', undefined])
})

test('a step that writes a tag alone says what differs, and names what is for programs', (t) => {
  const [line = ''] = written({
    state: { roles: [login({ CleanupPolicy: 'retain', Team: 'x', Undeclared: { a: {} } })] },
  }).steps
  t.regex(line, /^tag_role: tag of role u: /)
  t.regex(line, /CleanupPolicy retain -> disable/)
  t.regex(line, /Team x -> none/)
  const changed = written({
    applications: { a: { ...LOGIN.a, connection_limit: 3 } },
    state: { roles: [login()] },
  })
  t.deepEqual(changed.steps, ['tag_role: tag of role u: UpdatedByBuildId b1 -> b2'])
  const again = {
    applications: { a: { ...LOGIN.a, connection_limit: 3 } },
    state: { roles: [login()] },
    run: { buildId: 'b1' },
  }
  t.deepEqual(written(again).steps, [], 'of the build that wrote it')
})
