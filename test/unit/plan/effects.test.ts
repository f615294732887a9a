/** What is approved of a plan, and what changes its digest (src/README.md: What was approved). */
import test from 'ava'
import type { PrivilegeChange } from '../../../src/model/access-change.ts'
import { approvalOf } from '../../../src/model/approved-effects.ts'
import type { AccessLevel } from '../../../src/model/declaration.ts'
import { describeEffect } from '../../../src/model/effect.ts'
import { Statement } from '../../../src/model/statement.ts'
import type { Plan, PrivilegeStatement, Step } from '../../../src/model/step.ts'
import { digestOf, effectsOf } from '../../../src/plan/effects.ts'

const ABOUT = { application: 'ro', database: 'shop_db', username: 'ro_user' }
const WHERE = {
  environment: 'prod',
  stack: 's',
  instance: { host: 'h', port: 5432, database: 'postgres', identifier: 'i' },
} as const

function grant(objects: readonly string[], over: Partial<Step> = {}): Step {
  const change = { on: 'table', schema: 'app', granted: ['SELECT'] } as const
  const list = { head: 'GRANT SELECT ON', objects, tail: 'TO "ro_user"' }
  const statement = Statement.ofList(list, null)
  return {
    ...ABOUT,
    object: 'grant',
    kind: 'grant_privileges',
    target: 'app',
    action: 'grant',
    status: 'created',
    message: `${String(objects.length)} tables`,
    statements: [statement],
    access: { level: 'reader', changes: [change] },
    privileges: [{ statement, change }],
    ...over,
  }
}

function plain(kind: Step['kind'], message: string): Step {
  return { ...ABOUT, object: 'role', kind, target: null, action: 'a', status: 'updated', message, statements: [] }
}

function planOf(...steps: readonly Step[]): Plan {
  return {
    findings: [],
    jobs: [{ stage: 'roles', connectTo: null, transactions: [{ kind: 'atomic', steps }] }],
  }
}

const digest = (...steps: readonly Step[]): string => digestOf(WHERE, effectsOf(planOf(...steps)))

test('a grant is approved by its rule, whichever tables there are and in how many parts', (t) => {
  const effects = effectsOf(planOf(grant(['a']), grant(['b', 'c'])))
  t.deepEqual(effects.map(describeEffect), ['grant SELECT on tables of app, as reader (ro_user in shop_db)'])
  t.is(digest(grant(['a'])), digest(grant(['b', 'c']), grant(['d'])))
})

test('what somebody loses is approved by name', (t) => {
  const revoke = (objects: readonly string[]): Step => {
    const change = { on: 'table', schema: 'app', revoked: ['SELECT'] } as const
    const statement = Statement.ofList({ head: 'REVOKE SELECT ON', objects, tail: 'FROM "ro_user"' }, null)
    return grant([], {
      kind: 'revoke_privileges',
      access: { level: 'reader', changes: [change] },
      privileges: [{ statement, change }],
    })
  }
  t.not(digest(revoke(['a'])), digest(revoke(['a', 'b'])))
  t.regex(effectsOf(planOf(revoke(['b', 'a'])))[0]?.effect ?? '', /^revoke SELECT on tables of app, as reader: a, b$/)
})

test('what is approved with an effect is read out of it as it is written', (t) => {
  const change = { on: 'table', schema: 'app', granted: ['SELECT'] } as const
  const later = grant([], {
    kind: 'grant_default_privileges',
    object: 'default_privileges',
    access: { level: 'reader', changes: [change] },
  })
  t.is(digest(later), digest(later, grant(['a'])), 'what is granted by default is granted on what is there too')
  const revoked = { on: 'table', schema: 'app', revoked: ['SELECT'] } as const
  const revoke = (...objects: readonly string[]): Step => {
    const statement = Statement.ofList({ head: 'REVOKE SELECT ON', objects, tail: 'FROM "ro_user"' }, null)
    return grant([], {
      kind: 'revoke_privileges',
      access: { level: 'reader', changes: [revoked] },
      privileges: [{ statement, change: revoked }],
    })
  }
  const isApproved = (approved: Step, found: Step): boolean =>
    effectsOf(planOf(found)).every(approvalOf(effectsOf(planOf(approved))))
  t.true(isApproved(revoke('"app"."a"', '"app"."b"'), revoke('"app"."b"')))
  t.false(isApproved(revoke('"app"."b"'), revoke('"app"."a"', '"app"."b"')))
  const loses = { loses: [{ who: 'anna', what: 'CONNECT on database shop_db' }] }
  const made = { ...plain('create_database', 'database shop_db'), object: 'database' } as const
  const open = { ...plain('open_database', 'PUBLIC may not connect'), object: 'database' } as const
  t.true(isApproved(made, open))
  t.false(isApproved(made, { ...open, ...loses }), 'nobody loses anything by what was not approved')
})

test('tags, transient memberships and a rotated password are no effects; the password of an adopted role is', (t) => {
  const nothing = digest()
  for (const kind of ['tag_role', 'tag_database', 'hold_membership', 'release_membership', 'make_room'] as const)
    t.is(digest(plain(kind, 'version 1 -> 2')), nothing, kind)
  const password = plain('set_password', 'password of ro_user set from x, version 7 (before: none)')
  t.is(digest(password), nothing)
  t.not(digest(plain('adopt_role', 'taken')), nothing)
  t.not(digest(plain('adopt_role', 'taken'), password), digest(plain('adopt_role', 'taken')))
  t.is(
    digest(plain('adopt_role', 'taken'), password),
    digest(plain('adopt_role', 'taken'), { ...password, message: 'version 8' }),
  )
})

test('another effect, environment, stack or instance is another digest; the order of steps is none', (t) => {
  const [a, b] = [plain('alter_role', 'limit 1 -> 2'), plain('set_setting', 'x = 1')]
  t.is(digest(a, b), digest(b, a))
  t.not(digest(a), digest(b))
  const effects = effectsOf(planOf(a))
  const others = [
    { ...WHERE, environment: 'staging' as const },
    { ...WHERE, stack: 't' },
    { ...WHERE, instance: { ...WHERE.instance, identifier: 'j' } },
  ]
  for (const other of others) t.not(digestOf(other, effects), digestOf(WHERE, effects))
  t.is(digestOf({ ...WHERE, instance: { ...WHERE.instance, host: 'k' } }, effects), digestOf(WHERE, effects))
})

test('what others lose by a step is approved by name, what its own login loses is the effect', (t) => {
  const open = plain('restrict_public', 'PUBLIC may not connect')
  const what = 'CONNECT on database shop_db'
  const effects = (who: string): string[] =>
    effectsOf(planOf({ ...open, loses: [{ who, what }] })).map(({ effect }) => effect)
  t.deepEqual(effects('anna'), [`LOSES anna: ${what}`, 'PUBLIC may not connect'])
  t.deepEqual(effects('ro_user'), ['PUBLIC may not connect'])
})

test('an effect says privileges in one order, on what, and of which level', (t) => {
  const of = (
    change: PrivilegeChange,
    level: AccessLevel | null,
    kind: Step['kind'] = 'grant_privileges',
  ): string[] => {
    const statement = Statement.ofList({ head: 'GRANT', objects: [], tail: 'TO "ro_user"' }, null)
    const step = grant([], { kind, access: { level, changes: [change] }, privileges: [{ statement, change }] })
    return effectsOf(planOf(step)).map(({ effect }) => effect)
  }
  const both = ['USAGE', 'CREATE']
  t.deepEqual(of({ on: 'schema', schema: 'app', granted: both }, 'editor'), [
    'grant CREATE, USAGE on schema app, as editor',
  ])
  t.deepEqual(of({ on: 'schema', schema: 'app', revoked: both }, null, 'revoke_privileges'), [
    'revoke CREATE, USAGE on schema app',
  ])
  t.deepEqual(of({ on: 'database', schema: null, granted: ['CONNECT'] }, null), ['grant CONNECT on the database'])
  t.deepEqual(of({ on: 'schema', schema: null, granted: ['USAGE'] }, 'reader', 'grant_default_privileges'), [
    'grant USAGE on schemas that are created later, as reader',
  ])
})

test('what nobody declares is approved by objects and by whose it is', (t) => {
  const change = { on: 'table', schema: 'app', revoked: ['SELECT'] } as const
  const item = (objects: readonly string[], grantee: string): PrivilegeStatement => ({
    statement: Statement.ofList({ head: 'REVOKE SELECT ON', objects, tail: 'FROM x' }, null),
    change,
    grantee,
  })
  const of = (...privileges: readonly PrivilegeStatement[]): string[] =>
    effectsOf(planOf({ ...plain('revoke_privileges', 'x holds what nobody declares'), privileges })).map(
      ({ effect }) => effect,
    )
  t.deepEqual(of(item(['b'], 'x'), item(['a'], 'x')), [
    'revoke SELECT on tables of app: a, b',
    'x holds what nobody declares, a, b',
  ])
  t.deepEqual(of(item(['a'], ''), item(['b'], 'x')), [
    'revoke SELECT on tables of app from PUBLIC: a',
    'revoke SELECT on tables of app: b',
    'x holds what nobody declares, a, b',
  ])
})
