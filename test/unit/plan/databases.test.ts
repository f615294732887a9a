/** What a database lets in, keeps and loses, and what is said of the rest. */
import test from 'ava'
import type { AclItem, DatabaseState, RoleState } from '../../../src/model/catalog.ts'
import { planSteps } from '../../../src/model/step.ts'
import type { PlanInput } from '../../../src/plan/context.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { ADMIN, database, declare, input, interior, role, type State, tagOf } from './sample.ts'

const RIGHT = { kind: 'password_right', note: null } as const
const OWNER = { username: 'o', database_name: 'd' }
const GUEST = { username: 'g', database_name: 'd', access_level: 'reader' }
const TAGGED = { comment: tagOf('o', { SecretVersionId: undefined }) }
const acl = (grantee: string, privileges: readonly string[], grantor = 'o'): AclItem[] =>
  privileges.map((privilege) => ({ grantor, grantee, privilege }))

interface Case {
  readonly owner?: object
  readonly guest?: object
  readonly others?: object
  readonly fields?: Partial<DatabaseState>
  /** Beside what a run leaves. */
  readonly acl?: readonly AclItem[]
  readonly roles?: readonly RoleState[]
  readonly state?: State
  readonly run?: Partial<PlanInput>
  readonly variables?: object
}

function planned({
  owner = {},
  guest,
  others = {},
  fields = {},
  acl: more = [],
  roles = [],
  state,
  run,
  variables,
}: Case) {
  const applications = {
    o: { ...OWNER, ...owner },
    ...(guest !== undefined && { g: { ...GUEST, ...guest } }),
    ...others,
  }
  const d = database('d', 'o', { ...TAGGED, ...fields })
  const given = input(declare(applications, variables), {
    roles: [
      role('o', { comment: tagOf('o', { OwnedDatabase: 'd' }) }),
      ...(guest === undefined ? [] : [role('g', { comment: tagOf('g', { CleanupPolicy: 'disable' }) })]),
      ...roles,
    ],
    databases: [{ ...d, acl: [...d.acl, ...more] }],
    interiors: [interior('d')],
    logins: { o: RIGHT, g: RIGHT },
    ...state,
  })
  return makePlan({ ...given, ...run })
}

/** Statements on the database itself. */
const statements = (given: Case): string[] =>
  planSteps(planned(given)).flatMap((step) =>
    step.statements.map(({ redacted }) => redacted).filter((text) => text.includes(' DATABASE "d"')),
  )
const messages = (given: Case): string[] => planSteps(planned(given)).map(({ message }) => message)
const told = (given: Case): string[] =>
  planned(given)
    .findings.filter(({ status }) => status !== 'no_change')
    .map(({ status, message }) => `${status}: ${message}`)

test('a database of ours is shut to PUBLIC and open to the admin, but for what is kept', (t) => {
  const open = acl('', ['CONNECT', 'TEMPORARY'])
  t.deepEqual(statements({}), [])
  t.deepEqual(statements({ acl: open }), ['REVOKE CONNECT, TEMPORARY ON DATABASE "d" FROM PUBLIC'])
  t.deepEqual(statements({ acl: open, owner: { undeclared: 'keep' } }), [])
  t.deepEqual(statements({ acl: acl('', ['CONNECT'], 'x') }), [], 'what another granted')
  t.deepEqual(statements({ fields: { acl: acl('o', ['CONNECT', 'CREATE']) } }), [
    `GRANT CONNECT ON DATABASE "d" TO "${ADMIN}"`,
    'GRANT TEMPORARY ON DATABASE "d" TO "o"',
  ])
})

test('a limit, a closed database and a template are as declared, and stay where they are kept', (t) => {
  const unusual = { connectionLimit: 3, allowConnections: false, isTemplate: true }
  const all = [
    'ALTER DATABASE "d" ALLOW_CONNECTIONS true',
    'ALTER DATABASE "d" CONNECTION LIMIT -1',
    'ALTER DATABASE "d" IS_TEMPLATE false',
  ]
  t.deepEqual(statements({ fields: unusual }), all)
  for (const [index, fields] of [{ allowConnections: false }, { connectionLimit: 3 }, { isTemplate: true }].entries())
    t.deepEqual(statements({ fields }), [all[index]])
  t.deepEqual(statements({ fields: { connectionLimit: 3 }, owner: { database_connection_limit: 3 } }), [])
  t.deepEqual(statements({ fields: unusual, owner: { undeclared: 'keep' } }), [])
  const room = { rooms: new Map([['d', 'made'] as const]) }
  t.deepEqual(statements({ fields: { connectionLimit: 3 }, run: room }), [], 'it is given back when room is made')
  const later = statements({ fields: { connectionLimit: 3 }, run: { buildId: 'b2' } })
  t.is(later.length, 2)
  t.regex(later[1] ?? '', /^COMMENT ON DATABASE "d" IS '.*"UpdatedByBuildId":"b2"/)
  const opened = statements({ acl: acl('', ['CONNECT']), run: { buildId: 'b2' } })
  t.regex(opened[1] ?? '', /^COMMENT ON DATABASE "d" IS '.*"UpdatedByBuildId":"b2"/)
  t.deepEqual(statements({ run: { buildId: 'b2' } }), [])
})

test('what a guest has on the database is its level’s', (t) => {
  const of = (level: string, held: readonly string[], more: object = {}, items: readonly AclItem[] = []): string[] =>
    statements({ guest: { access_level: level, ...more }, acl: [...acl('g', held), ...items] })
  t.deepEqual(of('reader', ['CONNECT']), [])
  t.deepEqual(of('reader', []), ['GRANT CONNECT ON DATABASE "d" TO "g"'])
  t.deepEqual(of('editor', ['CONNECT']), ['GRANT TEMPORARY ON DATABASE "d" TO "g"'])
  t.deepEqual(of('none', []), [])
  t.deepEqual(of('none', ['CONNECT']), ['REVOKE CONNECT ON DATABASE "d" FROM "g"'])
  t.deepEqual(of('none', [], { member_of: ['o'] }), ['GRANT CONNECT ON DATABASE "d" TO "g"'], 'it works by another')
  t.deepEqual(of('reader', ['CONNECT', 'TEMPORARY']), ['REVOKE TEMPORARY ON DATABASE "d" FROM "g"'])
  t.deepEqual(of('reader', ['CONNECT', 'TEMPORARY'], { undeclared: 'keep' }), [])
  t.deepEqual(of('reader', ['CONNECT'], {}, acl('g', ['CREATE'], 'x')), [], 'what another granted')
  t.deepEqual(of('reader', ['CONNECT', 'CREATE'], {}, acl('x', ['CREATE'], 'g')), [
    'REVOKE CREATE ON DATABASE "d" FROM "g" CASCADE',
  ])
  t.deepEqual(of('reader', ['CONNECT', 'CREATE'], {}, acl('x', ['CONNECT'], 'g')), [
    'REVOKE CREATE ON DATABASE "d" FROM "g"',
  ])
  const passedOn = messages({
    guest: {},
    acl: [...acl('g', ['CONNECT', 'CREATE']), ...['x', ''].flatMap((name) => acl(name, ['CREATE'], 'g'))],
  })
  t.true(passedOn.includes('g has more on d than declared; what it granted on to PUBLIC, x goes too'))
})

test('from a full database, which nobody sees inside, who is to lose something loses all', (t) => {
  const plan = (isFull: boolean, held = acl('g', ['CONNECT', 'TEMPORARY'])): string[] => {
    const declaration = declare({ o: OWNER, g: GUEST })
    const d = database('d', 'o', TAGGED)
    const base = input(declaration, {
      roles: [role('o', { comment: tagOf('o', { OwnedDatabase: 'd' }) }), role('g', { comment: tagOf('g') })],
      databases: [{ ...d, acl: [...d.acl, ...held] }],
    })
    const unseen = new Map([['d', { reason: 'full', isFull }]])
    return planSteps(makePlan({ ...base, actual: { ...base.actual, unseen } })).flatMap((step) =>
      step.kind === 'revoke_privileges'
        ? [step.message, ...step.statements.map(String).filter((text) => text.includes('DATABASE'))]
        : [],
    )
  }
  t.deepEqual(plan(true), [
    'g has more on d than declared, and may not connect before a run has looked inside',
    'REVOKE CONNECT, TEMPORARY ON DATABASE "d" FROM "g"',
  ])
  t.deepEqual(plan(false), ['g has more on d than declared', 'REVOKE TEMPORARY ON DATABASE "d" FROM "g"'])
  t.deepEqual(plan(true, acl('g', ['CONNECT'])), [])
})

test('a declared login of another database loses what it holds here, unless nobody knows whose it is', (t) => {
  const others = { x: { username: 'x', database_name: 'other' } }
  const of = (comment: string, leftOut: readonly string[] = []): string[] =>
    statements({
      others,
      acl: acl('x', ['CONNECT']),
      roles: [role('x', { comment })],
      run: { leftOut: new Set(leftOut) },
    })
  const revoked = ['REVOKE CONNECT ON DATABASE "d" FROM "x"']
  t.deepEqual(of(tagOf('x')), revoked)
  t.deepEqual(of(tagOf('x'), ['x']), revoked, 'it is ours, and only left as it is')
  t.deepEqual(of(tagOf('y'), ['x']), [])
  t.deepEqual(of(tagOf('x', { Stack: 'theirs' }), ['x']), [])
  const guest = { guest: {}, acl: acl('g', ['CONNECT', 'CREATE']), run: { leftOut: new Set(['g']) } }
  t.deepEqual(statements(guest), [], 'a guest that is left out keeps what it has')
})

test('who holds something that nobody declares is named, where that is reported', (t) => {
  const holders = new Map([['d', new Set(['y', 'g', ADMIN, ''])]])
  const given: Case = {
    guest: {},
    acl: [...acl('g', ['CONNECT']), ...acl('x', ['CONNECT']), ...acl('b', ['CONNECT'])],
    roles: [role('x'), role('y'), role('b')],
    state: { cluster: { holders } },
  }
  const left = (where: string, names: string): string =>
    `skipped: granted outside of this declaration ${where} d, left alone: ${names}`
  t.deepEqual(told(given), [left('on', 'b, x'), left('inside', 'y')])
  t.deepEqual(
    told({ ...given, owner: { undeclared: 'revoke' } }).filter((line) => line.includes('left alone:')),
    [],
  )
  const foreign = {
    guest: {},
    acl: [...acl('g', ['CONNECT']), ...acl('g', ['CREATE'], 'x'), ...acl('', ['TEMPORARY'], 'x')],
  }
  t.deepEqual(told(foreign), [
    'warning: g holds CREATE on d from x, who alone can revoke it',
    'warning: PUBLIC holds TEMPORARY on d from x, who alone can revoke it',
  ])
  t.deepEqual(
    told({ ...foreign, guest: { undeclared: 'revoke' } }).filter((line) => line.includes('who alone can')),
    ['warning: PUBLIC holds TEMPORARY on d from x, who alone can revoke it'],
  )
})

test('who came along from a stack that is taken over, and is not declared, is a warning', (t) => {
  const of = (stack: string, variables: object): string[] =>
    told({
      acl: acl('x', ['CONNECT']),
      roles: [role('x', { comment: tagOf('x', { Stack: stack }) })],
      variables,
    })
  const accepted = { accept_tags_from: ['old'] }
  t.deepEqual(of('old', accepted), [
    'warning: x came from the stack old and is not declared here: it keeps its password and what it holds on d; declare it, or take its login away (ALTER ROLE … NOLOGIN)',
  ])
  t.regex(of('other', accepted)[0] ?? '', /^skipped: granted outside of this declaration on d/)
  t.regex(of('old', {})[0] ?? '', /^skipped: granted outside of this declaration on d/)
})

test('a comment that is too long for a tag is told of', (t) => {
  t.deepEqual(told({ fields: { comment: 'x'.repeat(1_000_000) } }), [
    "warning: the comment on database d is too long for a tag to keep, and is left as it is; teardown knows the database by its owner's tag",
  ])
  t.deepEqual(told({ fields: { comment: 'short' } }), [])
})

test('a database that a login made for itself is shut to PUBLIC and told of, and those of the instance are not', (t) => {
  const made = (name: string, fields: Partial<DatabaseState> = {}): DatabaseState => {
    const own = database(name, 'o', fields)
    return { ...own, acl: [...own.acl, ...acl('', ['CONNECT', 'TEMPORARY'])] }
  }
  const of = (others: readonly DatabaseState[], owner: object = {}, roles: readonly RoleState[] = []): string[] => {
    const plan = planned({
      owner: { can_create_databases: true, ...owner },
      roles,
      state: { databases: [database('d', 'o', TAGGED), ...others] },
    })
    const about = new Set(others.map(({ name }) => name))
    return [
      ...planSteps(plan).flatMap((step) =>
        about.has(step.database ?? '') ? step.statements.map(String).filter((text) => text.includes('DATABASE')) : [],
      ),
      ...plan.findings
        .filter(
          ({ object, database: where, status }) => object === 'database' && where === null && status !== 'no_change',
        )
        .map(({ status, message }) => `${status}: ${message}`),
    ]
  }
  const shut = 'REVOKE CONNECT, TEMPORARY ON DATABASE "own" FROM PUBLIC'
  const told = 'skipped: o made for itself 1 database(s), which nobody declares: own'
  t.deepEqual(of([made('own')]), [shut, told])
  t.deepEqual(of([made('own')], { undeclared: 'keep' }), [told])
  t.deepEqual(of([database('own', 'o')]), [told], 'it is shut already')
  t.deepEqual(of([made('own', { connectionLimit: -2 })]), [told], 'one that is invalid')
  t.deepEqual(of([made('own', TAGGED)]).slice(0, 1), [shut])
  t.deepEqual(of([made('postgres')]), [])
  t.deepEqual(of([{ ...made('own'), owner: 'x' }]), [])
  t.deepEqual(of([made('own')], {}, [role('o')]).slice(0, 1), [], 'a role that is not ours yet')
  const closed = made('own')
  const withoutAdmin = { ...closed, acl: closed.acl.filter(({ grantee }) => grantee !== ADMIN) }
  t.deepEqual(of([withoutAdmin]).slice(0, 2), [`GRANT CONNECT ON DATABASE "own" TO "${ADMIN}"`, shut])
  t.deepEqual(of([made('x\udc80')]).slice(1), [
    'warning: PUBLIC may connect to x\\x80, which o made: the name is no text in UTF-8, so no statement can shut it; let its owner rename it, over a connection in the encoding that it was named in',
  ])
})

test('with * a guest works in the owner’s schemas and in public, and in nobody else’s', (t) => {
  const of = (owner: string, name = 's', guest: object = { schemas: ['*'] }): string[] => {
    const plan = planned({
      guest,
      acl: acl('g', ['CONNECT']),
      state: {
        interiors: [
          interior('d', { schemas: new Map([[name, { name, owner, acl: [], objects: 0, foreignObjects: 0 }]]) }),
        ],
      },
    })
    return planSteps(plan).flatMap(({ statements }) =>
      statements.map(String).filter((text) => text === `GRANT USAGE ON SCHEMA "${name}" TO "g"`),
    )
  }
  t.deepEqual(of('o'), ['GRANT USAGE ON SCHEMA "s" TO "g"'])
  t.deepEqual(of('pg_database_owner'), ['GRANT USAGE ON SCHEMA "s" TO "g"'])
  t.deepEqual(of('x'), [])
  t.deepEqual(of('pg_database_owner', 'public'), ['GRANT USAGE ON SCHEMA "public" TO "g"'])
  t.deepEqual(
    of('o', 's', { schemas: ['other'] }).filter((text) => text.includes('"s"')),
    [],
  )
})
