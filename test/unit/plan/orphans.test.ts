/** What is told and remembered of roles and databases of ours that nobody declares any more (src/README.md: Removal). */
import test from 'ava'
import type { AclItem } from '../../../src/model/catalog.ts'
import type { Declaration } from '../../../src/model/declaration.ts'
import { parseTag } from '../../../src/model/tag.ts'
import { planContext, type PlanInput } from '../../../src/plan/context.ts'
import { planOrphans } from '../../../src/plan/orphans.ts'
import { ADMIN, database, declare, input, role, type State, tagOf } from './sample.ts'

interface Case {
  readonly applications?: object
  readonly declared?: Partial<Declaration>
  readonly state?: State
  readonly run?: Partial<PlanInput>
}

function orphans({ applications = {}, declared = {}, state = {}, run = {} }: Case): ReturnType<typeof planOrphans> {
  const given = input({ ...declare(applications), ...declared }, state)
  return planOrphans(planContext({ ...given, startedAt: new Date('2026-02-03T04:05:06Z'), buildId: 'b2', ...run }))
}

/** Whose tag now says that a run did not find it declared. */
const noted = (given: Case): string[] =>
  orphans(given).steps.flatMap(({ kind, username }) =>
    kind === 'note_undeclared' && username !== null ? [username] : [],
  )

const GOES = { CleanupPolicy: 'delete' }
const gone = (fields: object = GOES): State => ({ roles: [role('u', { comment: tagOf('gone', fields) })] })

test('what a policy would remove is noted as undeclared, by which build and when', (t) => {
  const { steps } = orphans({ state: gone() })
  t.is(steps.length, 1)
  const [sql] = steps[0]?.statements ?? []
  const tag = parseTag(/^COMMENT ON ROLE "u" IS '(.*)'$/.exec(sql?.redacted ?? '')?.[1] ?? null)
  t.deepEqual(JSON.parse(tag?.get('Undeclared') ?? ''), { gone: { BuildId: 'b2', At: '2026-02-03T04:05:06.000Z' } })
  t.is(tag?.get('Application'), 'gone')
  t.deepEqual(noted({ state: gone({ CleanupPolicy: 'disable' }) }), ['u'])
})

test('whoever destroys a marker trusts the note: none where it is retained, said already, or may not be so', (t) => {
  const none: readonly (readonly [string, Case])[] = [
    ['retained', { state: gone({ CleanupPolicy: 'retain' }) }],
    ['without a policy', { state: gone({ CleanupPolicy: undefined }) }],
    ['retained by this run', { state: gone(), run: { cleanupPolicy: 'retain' } }],
    ['by hand', { state: gone(), declared: { isByHand: true } }],
    ['noted before', { state: gone({ ...GOES, Undeclared: { gone: { BuildId: 'b1', At: 'then' } } }) }],
    [
      'asked to go',
      { state: gone({ ...GOES, Removal: { gone: { Policy: 'delete', BuildId: 'b1', At: 'then', Approved: true } } }) },
    ],
    ['of another stack', { state: gone({ ...GOES, Stack: 'theirs' }) }],
    ['of no application', { state: gone({ ...GOES, Application: undefined }) }],
    ['left out', { state: gone(), run: { leftOut: new Set(['gone']) } }],
    ['declared by another role', { state: gone(), applications: { gone: { username: 'v', access_level: 'none' } } }],
    [
      'it owns what is declared',
      {
        state: { ...gone(), databases: [database('d', 'u')] },
        applications: { a: { username: 'v', database_name: 'd' } },
      },
    ],
    ['not ours to change', { state: { ...gone(), cluster: { memberships: [] } } }],
  ]
  for (const [what, given] of none) t.deepEqual(noted(given), [], what)
  t.deepEqual(noted({ state: gone({ CleanupPolicy: 'retain' }), run: { cleanupPolicy: 'disable' } }), ['u'])
  t.deepEqual(noted({ state: gone(), applications: { a: { username: 'v', database_name: 'd' } } }), ['u'])
  const others = { ...GOES, Undeclared: { other: { BuildId: 'b1', At: 'then' } } }
  t.deepEqual(noted({ state: gone(others) }), ['u'], 'what was said of another application')
})

/** `object action status: message` of each finding. */
const told = (given: Case): string[] =>
  orphans(given).findings.map(({ object, action, status, message }) => `${object} ${action} ${status}: ${message}`)

test('a role that is not declared is told with what removes it, one that is disabled since when it is so', (t) => {
  t.deepEqual(told({ state: gone() }), [
    'role orphan warning: role u is no longer declared, and its policy is delete: rds-provision destroy --application gone',
  ])
  t.deepEqual(told({ state: gone(), declared: { claim: 'c1' } }), [
    'role orphan warning: role u is no longer declared, and its policy is delete: rds-provision destroy --application gone --claim c1',
  ])
  t.deepEqual(told({ state: gone({ CleanupPolicy: undefined }) }), [
    'role orphan warning: role u is no longer declared, and its policy is unknown: rds-provision destroy --application gone',
  ])
  t.deepEqual(told({ state: gone({ CleanupPolicy: 'retain' }) }), [
    'role retained skipped: role u is no longer declared and is retained',
  ])
  const asked = { Policy: 'disable', BuildId: 'b1', At: 'then', Approved: true }
  const removal = (fields: object, canLogin: boolean): Case => ({
    state: {
      roles: [role('u', { canLogin, comment: tagOf('gone', { ...GOES, Removal: { gone: { ...asked, ...fields } } }) })],
    },
  })
  t.deepEqual(told(removal({}, true)), [], 'whoever removes it tells of it')
  t.deepEqual(told(removal({}, false)), [])
  t.deepEqual(told(removal({ DoneAt: '2026-01-01' }, true)), [], 'it may log in again')
  t.deepEqual(told(removal({ DoneAt: '2026-01-01' }, false)), [
    'role retained skipped: role u is no longer declared, and is disabled since 2026-01-01',
  ])
})

test('what carries the tag of an application that is declared otherwise is told as that, with no command against it', (t) => {
  const now = { gone: { username: 'v', database_name: 'e' } }
  const old = {
    roles: [role('u', { comment: tagOf('gone', GOES) })],
    databases: [database('d', 'u', { comment: tagOf('gone', GOES) })],
  }
  const of = (roles: readonly string[], databases: readonly string[], applications: object = now): string[] =>
    told({
      applications,
      state: {
        roles: [...old.roles, ...roles.map((name) => role(name))],
        databases: [...old.databases, ...databases.map((name) => database(name, 'v'))],
      },
    })
  t.deepEqual(of([], []), [
    'role keep warning: role u carries the tag of gone, whose role v is not there: nothing was changed in it',
    'database keep warning: database d carries the tag of gone, whose database e is not there: nothing was changed in it',
  ])
  const left = 'and its removal leaves this one as it is'
  const declared = (what: string): string =>
    `no longer declared, and its policy is delete: gone is declared ${what} by now, ${left}`
  t.deepEqual(of(['v'], ['e']), [
    `role orphan warning: role u is ${declared('with the role v')}`,
    `database orphan warning: database d is ${declared('with the database e')}`,
  ])
  t.deepEqual(of(['v'], [], { gone: { username: 'v', access_level: 'none' } }), [
    `role orphan warning: role u is ${declared('with the role v')}`,
    `database orphan warning: database d is ${declared('without a database')}`,
  ])
})

test('a database is ours by its owner’s tag, and logins that may still connect to it are named', (t) => {
  const connects = (grantee: string): AclItem => ({ grantor: 'u', grantee, privilege: 'CONNECT' })
  const owned = (
    comment: string | null,
    acl: readonly AclItem[] = [],
    tag: object = { CleanupPolicy: 'retain' },
  ): Case => ({
    applications: { a: { username: 'v', access_level: 'none' } },
    state: { ...gone(tag), databases: [database('d', 'u', { comment, acl })] },
  })
  const ofDatabase = (given: Case): string[] => told(given).filter((text) => text.includes('database d'))
  const retained = 'database retained skipped: database d is no longer declared and is retained'
  t.deepEqual(ofDatabase(owned(tagOf('gone'))), [retained])
  t.deepEqual(ofDatabase(owned(null)), [], 'it was made by hand')
  t.deepEqual(ofDatabase(owned(tagOf('gone'), [], { Stack: 'theirs' })), [], 'the tag of the owner decides')
  const users = 'grant keep warning: v may still connect to database d, which is no longer declared'
  t.deepEqual(ofDatabase(owned(tagOf('gone'), [connects('v'), connects('v'), connects('x'), connects('u')])), [
    retained,
    users,
  ])
  const asked = { Removal: { gone: { Policy: 'delete', BuildId: 'b1', At: 'then', Approved: true } } }
  t.deepEqual(ofDatabase(owned(tagOf('gone'), [connects('v')], asked)), [users], 'whoever removes it tells the rest')
  const declares = { ...owned(tagOf('gone')), applications: { a: { username: 'v', database_name: 'd' } } }
  t.deepEqual(ofDatabase(declares), [])
})

test('a database that is withheld belongs to whom it waits for', (t) => {
  const withheld = tagOf('gone', { CleanupPolicy: 'retain', WithheldFor: 'u' })
  const { findings } = orphans({ state: { databases: [database('d', ADMIN, { comment: withheld })] } })
  t.deepEqual(
    findings.map(({ application, username, database: name, status }) => [application, username, name, status]),
    [['gone', 'u', 'd', 'skipped']],
  )
})
