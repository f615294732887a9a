import test from 'ava'
import type { Membership } from '../../../src/model/catalog.ts'
import { type Plan, type Step, stepKey } from '../../../src/model/step.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { ADMIN, database, declare, input, interior, role, type State, tagOf, told } from './sample.ts'

const RIGHT = { kind: 'password_right', note: null } as const
/** An owner `o` with its database `d`, as a run left them. */
const ONE = { o: { username: 'o', database_name: 'd' } }
const DONE: State = {
  roles: [role('o', { comment: tagOf('o', { OwnedDatabase: 'd' }) })],
  databases: [database('d', 'o', { comment: tagOf('o', { SecretVersionId: undefined }) })],
  interiors: [interior('d')],
  logins: { o: RIGHT },
}

const stepsOf = (plan: Plan): Step[] =>
  plan.jobs.flatMap((job) =>
    job.transactions.flatMap((transaction) => (transaction.kind === 'atomic' ? transaction.steps : [transaction.step])),
  )

test('from nothing: role with tag, database with its membership around it, then its inside, stage by stage', (t) => {
  const plan = makePlan(input(declare({ o: { ...ONE.o, schemas: ['public', 'app'] } })))
  t.deepEqual(
    plan.jobs.map(({ stage, connectTo }) => [stage, connectTo]),
    [
      ['roles', null],
      ['databases', null],
      ['interiors', 'd'],
    ],
  )
  const [creation] = plan.jobs[1]?.transactions ?? []
  t.is(creation?.kind, 'bare')
  if (creation?.kind === 'bare') {
    t.deepEqual(
      [creation.before, creation.undo].map((part) => part.map(String)),
      [['GRANT "o" TO "admin" WITH INHERIT FALSE, SET TRUE'], ['REVOKE "o" FROM "admin" GRANTED BY "admin"']],
    )
  }
  t.deepEqual(told(stepsOf(plan)), [
    [
      'role create created',
      `CREATE ROLE "o" LOGIN PASSWORD '[redacted]'`,
      `COMMENT ON ROLE "o" IS '${tagOf('o', { PendingDatabase: 'd' })}'`,
    ],
    ['database create created', 'CREATE DATABASE "d" OWNER "o" TEMPLATE template0 ALLOW_CONNECTIONS false'],
    ['grant admit created', 'GRANT CONNECT ON DATABASE "d" TO "admin"'],
    [
      'grant restrict updated',
      'REVOKE CONNECT, TEMPORARY ON DATABASE "d" FROM PUBLIC',
      'ALTER DATABASE "d" ALLOW_CONNECTIONS true',
    ],
    [
      'tag tag created',
      `COMMENT ON DATABASE "d" IS '${tagOf('o', { SecretVersionId: undefined })}'`,
      `COMMENT ON ROLE "o" IS '${tagOf('o', { OwnedDatabase: 'd' })}'`,
      'REVOKE "o" FROM "admin" GRANTED BY "admin"',
    ],
    [
      'schema create created',
      'GRANT "o" TO "admin" WITH INHERIT FALSE, SET TRUE',
      'CREATE SCHEMA "app"',
      'REVOKE "o" FROM "admin" GRANTED BY "admin"',
    ],
  ])
})

test('what is as declared needs no job, and is said of role, database and password', (t) => {
  const plan = makePlan(input(declare(ONE), DONE))
  t.deepEqual(plan.jobs, [])
  t.deepEqual(
    plan.findings.map(({ object, status }) => [object, status]),
    [
      ['role', 'no_change'],
      ['password', 'no_change'],
      ['database', 'no_change'],
    ],
  )
})

test('another build alone rewrites no tag; a change writes who made it', (t) => {
  t.deepEqual(makePlan({ ...input(declare(ONE), DONE), buildId: 'b2' }).jobs, [])
  const changed = makePlan({ ...input(declare({ o: { ...ONE.o, connection_limit: 5 } }), DONE), buildId: 'b2' })
  t.deepEqual(told(stepsOf(changed)), [
    ['role alter updated', 'ALTER ROLE "o" CONNECTION LIMIT 5'],
    ['tag tag updated', `COMMENT ON ROLE "o" IS '${tagOf('o', { OwnedDatabase: 'd', UpdatedByBuildId: 'b2' })}'`],
  ])
})

test('the same state gives the same plan', (t) => {
  const given = input(declare({ ...ONE, z: {}, a: {} }))
  t.is(JSON.stringify(makePlan(given)), JSON.stringify(makePlan(given)))
})

test('a database that nobody could look into is told of with the reason, and nothing in it is planned', (t) => {
  const given = input(declare({ o: { ...ONE.o, schemas: ['app'] } }), { ...DONE, interiors: [] })
  const plan = makePlan({
    ...given,
    actual: { ...given.actual, unseen: new Map([['d', { reason: 'too many connections', isFull: true }]]) },
  })
  t.deepEqual(plan.jobs, [])
  t.deepEqual(
    plan.findings
      .filter(({ object }) => object === 'database')
      .map(({ status, message }) => [status, message.split(':')[0]]),
    [['warning', 'could not look inside d (too many connections)']],
  )
})

test('one that the owner closed is opened first; what takes access away needs no look inside, the rest waits for it', (t) => {
  const closed = database('d', 'o', { allowConnections: false, connectionLimit: 0, isTemplate: true, acl: [] })
  const steps = stepsOf(
    makePlan(input(declare({ o: { ...ONE.o, schemas: ['app'] } }), { ...DONE, databases: [closed], interiors: [] })),
  )
  t.deepEqual(
    steps.map(({ action }) => action),
    ['admit', 'restrict', 'reopen', 'limit', 'template'],
  )
})

for (const [version, revoked] of [
  [150000, 'REVOKE "o" FROM "admin"'],
  [160000, 'REVOKE "o" FROM "admin" GRANTED BY "admin"'],
] as const) {
  test(`${version}: a membership left behind is revoked; ADMIN alone stays from 16 on`, (t) => {
    const mine = { role: 'o', member: ADMIN, grantor: ADMIN, admin: false, inherit: true, set: true }
    const given = { role: 'o', member: ADMIN, grantor: 'bootstrap', admin: true, inherit: false, set: false }
    const memberships = version < 160000 ? [mine] : [given, mine]
    t.deepEqual(told(stepsOf(makePlan(input(declare(ONE), { ...DONE, version, cluster: { memberships } })))), [
      ['grant revoke leftover removed', revoked],
    ])
    t.deepEqual(
      makePlan(
        input(declare(ONE), {
          ...DONE,
          version,
          cluster: { memberships: memberships.filter((item) => item !== mine) },
        }),
      ).jobs,
      [],
    )
  })
}

test('of what is left out nothing is done, but what the admin gave itself in a role of ours is given back', (t) => {
  const mine = { role: 'o', member: ADMIN, grantor: ADMIN, admin: false, inherit: true, set: true }
  const given = { role: 'o', member: ADMIN, grantor: 'bootstrap', admin: true, inherit: false, set: false }
  const plan = (memberships: readonly Membership[], some: Partial<Parameters<typeof input>[1]> = {}): string[][] =>
    told(
      stepsOf(
        makePlan({
          ...input(declare(ONE), { ...DONE, databases: [], version: 160000, cluster: { memberships }, ...some }),
          leftOut: new Set(['o']),
        }),
      ),
    )
  t.deepEqual(plan([given, mine]), [['grant revoke leftover removed', 'REVOKE "o" FROM "admin" GRANTED BY "admin"']])
  t.deepEqual(plan([given]), [])
  t.deepEqual(plan([mine]), [], 'without ADMIN the server would refuse')
  t.deepEqual(plan([given, mine], { roles: [role('o')] }), [], 'it has no tag of ours')
})

test('roles come a hundred in a transaction', (t) => {
  const many = Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`a${index}`, {}]))
  const [roles] = makePlan(input(declare(many))).jobs
  t.deepEqual(
    roles?.transactions.map((transaction) => (transaction.kind === 'atomic' ? transaction.steps.length : 0)),
    [100, 100, 1],
  )
})

test('every step of a plan has a key of its own, by which a later plan finds it again', (t) => {
  const applications = {
    o: { ...ONE.o, schemas: ['a', 'b'], settings: { work_mem: '8MB', search_path: ['a', 'b'] } },
    r: { username: 'r', database_name: 'd', access_level: 'reader' },
    e: { username: 'e', database_name: 'd', access_level: 'editor', settings: { work_mem: '8MB' } },
    p: { username: 'p', database_name: 'q', auth: 'iam', schemas: ['a'] },
  }
  const there = declare(applications)
  const fresh = makePlan(input(there))
  const seen = makePlan(input(there, { ...DONE, databases: [...(DONE.databases ?? []), database('q', 'p')] }))
  const open = { allowConnections: false, isTemplate: true, connectionLimit: 3 }
  const damaged = makePlan(
    input(there, {
      roles: ['o', 'r', 'e', 'p'].map((name) => role(name, { comment: tagOf(name), canLogin: false, createDb: true })),
      databases: [database('d', 'o', open), database('q', 'p', open)],
      interiors: [interior('d'), interior('q')],
    }),
  )
  for (const plan of [fresh, seen, damaged]) {
    const keys = stepsOf(plan).map(stepKey)
    t.true(keys.length > 10)
    t.deepEqual(
      keys.filter((key, index) => keys.indexOf(key) !== index),
      [],
    )
  }
})
