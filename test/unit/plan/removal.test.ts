/** What a removal does with those that leave: their access first, what they hold, their databases, themselves. */
import test from 'ava'
import { planClaimEnd } from '../../../src/plan/claim-end.ts'
import { openedBy, planAdmission, planClosingAgain } from '../../../src/plan/admission.ts'
import { planAccessEnd, planClosing, planReopening } from '../../../src/plan/closing.ts'
import { planDrops, planRevocation } from '../../../src/plan/removal.ts'
import { planRequests, planRoleEnds } from '../../../src/plan/removal-ends.ts'
import { judgeRequest } from '../../../src/plan/removal-request.ts'
import { planTemporary } from '../../../src/plan/removal-temporary.ts'
import type { DatabaseState, Membership } from '../../../src/model/catalog.ts'
import type { Departure, Holding, RemovalFacts } from '../../../src/model/removal.ts'
import type { Plan } from '../../../src/model/step.ts'
import { parseTag } from '../../../src/model/tag.ts'
import { LEAVES, NO_FACTS, actual, ADMIN, database, declare, membership, role, type State, tagOf } from './sample.ts'

/** As the admin granted it. */
const granted = (of: string, member: string, fields: Partial<Membership> = {}): Membership =>
  membership(of, member, { grantor: ADMIN, ...fields })

const ADMINISTERED = ['u', 'o'].map((name) => membership(name, ADMIN, { admin: true, inherit: false, set: false }))

interface Case {
  readonly departure?: Partial<Departure>
  readonly facts?: Partial<RemovalFacts>
  readonly state?: State
  readonly memberships?: readonly Membership[]
}

function inputOf({ departure = {}, facts = {}, state = {}, memberships = [] }: Case): Parameters<typeof planDrops>[0] {
  const { cluster } = actual({
    roles: [role('u', { comment: tagOf('a') }), role('o', { comment: tagOf('b') }), role('stranger')],
    databases: [database('d', 'u'), database('e', 'o')],
    ...state,
  })
  return {
    declaration: declare({}),
    cluster: { ...cluster, memberships: [...ADMINISTERED, ...memberships] },
    departures: [{ ...LEAVES, ...departure }],
    facts: { ...NO_FACTS, ...facts },
    startedAt: new Date('2026-06-01T00:00:00Z'),
  }
}

/** `database: statement`, a semicolon where a transaction ends; a bare statement with what stands around it. */
function run({ jobs }: Plan): string[] {
  return jobs.flatMap(({ connectTo, transactions }) =>
    transactions.map((item) => {
      const statements =
        item.kind === 'atomic'
          ? item.steps.flatMap((step) => step.statements)
          : [...item.before, ...item.step.statements, ...item.undo]
      const words = statements.map(({ redacted, runAs }) => (runAs === null ? redacted : `(as ${runAs}) ${redacted}`))
      return `${connectTo === null ? '' : `${connectTo}: `}${words.join(' | ')}`
    }),
  )
}

const HOLD = 'GRANT "o" TO "admin" WITH INHERIT FALSE, SET TRUE'
const RELEASE = 'REVOKE "o" FROM "admin" GRANTED BY "admin"'

const holding = (fields: Partial<Holding> = {}): Holding => ({
  database: 'e',
  keyword: 'TABLE',
  identity: 'public.things',
  grantor: 'o',
  grantee: 'u',
  isTemporary: false,
  ...fields,
})

test('what it holds in databases that stay is taken back by whoever granted it, and nothing of others', (t) => {
  const of = (facts: Partial<RemovalFacts>, policy: Departure['policy'] = 'delete'): string[] =>
    run(planRevocation(inputOf({ facts, departure: { policy } })))
  const revoke = (what: string): string[] => [`e: ${HOLD} | (as o) ${what} | ${RELEASE}`]
  t.deepEqual(of({ holdings: [holding()] }), revoke('REVOKE ALL ON TABLE public.things FROM "u"'))
  t.deepEqual(
    of({ holdings: [holding(), holding({ identity: 'public.more' })] }),
    revoke('REVOKE ALL ON TABLE public.things, public.more FROM "u"'),
  )
  t.deepEqual(of({ holdings: [holding({ grantor: ADMIN })] }), ['e: REVOKE ALL ON TABLE public.things FROM "u"'])
  t.is(of({ holdings: [holding()] }, 'disable').length, 1)
  t.deepEqual(of({ holdings: [holding()] }, 'release'), [])
  for (const other of [{ grantee: 'o' }, { grantor: 'u' }, { isTemporary: true }, { keyword: 'DATABASE' }])
    t.deepEqual(of({ holdings: [holding(other)] }), [], JSON.stringify(other))
  const byDefault = (fields: object): Partial<RemovalFacts> => ({
    defaults: [{ database: 'e', grantee: 'u', creator: 'o', schema: null, keyword: 'TABLES', ...fields }],
  })
  const head = 'ALTER DEFAULT PRIVILEGES FOR ROLE "o"'
  t.deepEqual(of(byDefault({})), revoke(`${head} REVOKE ALL ON TABLES FROM "u"`))
  t.deepEqual(of(byDefault({ schema: 's' })), revoke(`${head} IN SCHEMA "s" REVOKE ALL ON TABLES FROM "u"`))
  t.deepEqual(of(byDefault({ grantee: 'o' })), [])
  t.deepEqual(of(byDefault({ creator: 'u' })), [])
  t.is(of({ holdings: [holding(), holding({ database: 'f', grantor: ADMIN })] }).length, 2, 'each in its database')
})

test('its database goes with the rights of its owner held around it, and no other database', (t) => {
  const of = (fields: Case): string[] => run(planDrops(inputOf(fields)))
  const drop =
    'GRANT "u" TO "admin" WITH INHERIT TRUE, SET TRUE | DROP DATABASE "d" WITH (FORCE) | REVOKE "u" FROM "admin" GRANTED BY "admin"'
  t.deepEqual(of({}), [drop])
  t.deepEqual(of({ departure: { drops: null } }), [])
  const iam = [granted('rds_iam', 'u')]
  t.deepEqual(of({ memberships: iam }), [drop])
  const old = 'GRANT "u" TO "admin" | DROP DATABASE "d" WITH (FORCE) | REVOKE "u" FROM "admin"'
  t.deepEqual(of({ state: { version: 150004 } }), [old])
  t.deepEqual(of({ state: { version: 150004 }, memberships: [granted('rds_iam', 'o')] }), [old])
  t.deepEqual(
    of({ state: { version: 150004 }, memberships: iam }),
    [`REVOKE "rds_iam" FROM "u" | ${old} | GRANT "rds_iam" TO "u"`],
    'below 16 the admin would be asked for a token',
  )
  const [job] = planDrops(inputOf({ facts: { tenants: new Map([['d', ['x', 'y']]]) } })).jobs
  const [transaction] = job?.transactions ?? []
  t.is(transaction?.kind === 'bare' ? transaction.step.message : '', 'database d, with what x, y own in it')
})

test('who leaves may not log in, and nobody may act as it', (t) => {
  const of = (fields: Case): string[] => run(planAccessEnd(inputOf(fields)))
  const close = 'ALTER ROLE "u" NOLOGIN'
  t.deepEqual(of({}), [close])
  t.deepEqual(of({ departure: { policy: 'release' } }), [])
  t.deepEqual(of({ state: { roles: [role('u', { canLogin: false })] } }), [], 'it is closed already')
  const guest = [granted('u', 'o')]
  t.deepEqual(of({ memberships: guest }), [`${close} | REVOKE "u" FROM "o" GRANTED BY "admin" CASCADE`])
  t.deepEqual(of({ memberships: [granted('u', ADMIN), granted('u', 'admin_upgrade')] }), [close])
  const others = inputOf({ memberships: [granted('u', 'o', { grantor: 'maker' })] })
  t.deepEqual(run(planAccessEnd(others)), [close])
  t.deepEqual(
    planAccessEnd(others).findings.map(({ message }) => message),
    [
      'o stays a member of u, and may do what it may, until it is revoked: as maker: REVOKE "u" FROM "o" GRANTED BY "maker" CASCADE;',
    ],
    'from 16 on it is theirs to take back, and told',
  )
  const given = [
    granted('o', 'stranger'),
    granted('o', 'u'),
    granted('rds_iam', 'u'),
    granted('x', 'u', { grantor: 'maker' }),
  ]
  t.deepEqual(of({ memberships: given }), [close], 'it goes with a role that is dropped')
  t.deepEqual(of({ memberships: given, departure: { policy: 'disable' } }), [
    `${close} | REVOKE "o" FROM "u" GRANTED BY "admin" CASCADE`,
  ])
})

const HELD = ['GRANT "u" TO "admin" WITH INHERIT FALSE, SET TRUE', 'REVOKE "u" FROM "admin" GRANTED BY "admin"']
const asOwner = (...sql: readonly string[]): string =>
  [HELD[0], ...sql.map((text) => `(as u) ${text}`), HELD[1]].join(' | ')

test('a database that goes takes no more sessions, and is opened again where it stays after all', (t) => {
  const closing = (fields: Partial<DatabaseState>, departure: Partial<Departure> = {}): string[] =>
    run(planClosing(inputOf({ departure, state: { databases: [database('d', 'u', fields)] } })))
  t.deepEqual(closing({}), [asOwner('ALTER DATABASE "d" ALLOW_CONNECTIONS false')])
  t.deepEqual(closing({ isTemplate: true }), [
    asOwner('ALTER DATABASE "d" IS_TEMPLATE false', 'ALTER DATABASE "d" ALLOW_CONNECTIONS false'),
  ])
  t.deepEqual(closing({ allowConnections: false }), [])
  t.deepEqual(closing({ connectionLimit: -2 }), [], 'an invalid one can only be dropped')
  t.deepEqual(closing({}, { drops: null }), [])
  t.deepEqual(closing({}, { drops: 'gone' }), [])

  const reopening = (state: State, logins: boolean, memberships: readonly Membership[] = []): string[] =>
    run(planReopening(inputOf({ state, memberships }), logins))
  const shut = (fields: Partial<DatabaseState> = {}, owner = 'u'): State => ({
    databases: [database('d', owner, { allowConnections: false, ...fields })],
  })
  t.deepEqual(reopening(shut(), false), [asOwner('ALTER DATABASE "d" ALLOW_CONNECTIONS true')])
  t.deepEqual(reopening(shut({ allowConnections: true }), false), [])
  t.deepEqual(reopening(shut({ connectionLimit: -2 }), false), [])
  t.deepEqual(reopening(shut({}, 'o'), false), [], 'it is another’s by now')
  t.deepEqual(reopening({ databases: [] }, false), [])
  const closed = { roles: [role('u', { canLogin: false })], databases: [database('d', 'u')] }
  t.deepEqual(reopening(closed, true), ['ALTER ROLE "u" LOGIN'])
  t.deepEqual(reopening(closed, false), [])
  t.deepEqual(reopening({}, true), [], 'it was never closed')
  t.deepEqual(reopening({}, false, [granted('u', ADMIN)]), ['REVOKE "u" FROM "admin" GRANTED BY "admin"'])
  t.deepEqual(reopening({}, false, [granted('o', ADMIN)]), [])
})

const request = (fields: object = {}): object => ({
  Removal: { a: { Policy: 'delete', BuildId: 'b7', At: '2026-01-01T00:00:00.000Z', Approved: true, ...fields } },
})

test('the admin is let into databases of this stack that it has to look into', (t) => {
  const of = (fields: Partial<DatabaseState>, owner = 'o', unseen = ['e']): string[] =>
    run(
      planAdmission(
        inputOf({
          facts: { unseen: new Map(unseen.map((name) => [name, ['u']])) },
          state: { databases: [database('e', owner, fields)] },
        }),
      ),
    )
  const asO = (...sql: readonly string[]): string[] => [
    [HOLD, ...sql.map((text) => `(as o) ${text}`), RELEASE].join(' | '),
  ]
  t.deepEqual(of({}), [])
  t.deepEqual(of({ allowConnections: false }), asO('ALTER DATABASE "e" ALLOW_CONNECTIONS true'))
  t.deepEqual(of({ connectionLimit: 0 }), asO('ALTER DATABASE "e" CONNECTION LIMIT -1'))
  t.deepEqual(of({ acl: [] }), asO('GRANT CONNECT ON DATABASE "e" TO "admin"'))
  t.deepEqual(of({ allowConnections: false }, 'stranger'), [])
  t.deepEqual(of({ allowConnections: false }, 'o', []), [])
  t.deepEqual(of({ allowConnections: false }, 'o', ['gone']), [])
})

test('what was opened for the look is closed again, as far as it is as the look left it', (t) => {
  const given = (before: Partial<DatabaseState>, fields: Case = {}): ReturnType<typeof inputOf> =>
    inputOf({
      facts: { unseen: new Map([['e', ['u']]]) },
      state: { databases: [database('e', 'o', before)] },
      ...fields,
    })
  const of = (before: Partial<DatabaseState>, now: Partial<DatabaseState> = {}, fields: Case = {}): string[] => {
    const input = given(before, fields)
    const databases = new Map([['e', database('e', 'o', now)]])
    return run(planClosingAgain(openedBy(input), input.cluster.server, databases))
  }
  const asO = (...sql: readonly string[]): string[] => [
    [HOLD, ...sql.map((text) => `(as o) ${text}`), RELEASE].join(' | '),
  ]
  const [shut, full] = ['ALTER DATABASE "e" ALLOW_CONNECTIONS false', 'ALTER DATABASE "e" CONNECTION LIMIT 0']
  t.deepEqual(of({ allowConnections: false }), asO(shut))
  t.deepEqual(of({ connectionLimit: 0 }), asO(full))
  t.deepEqual(of({ allowConnections: false, connectionLimit: 0 }), asO(shut, full))
  t.deepEqual(of({ allowConnections: false, connectionLimit: 0 }, { connectionLimit: 5 }), asO(shut))
  t.deepEqual(of({ acl: [] }), [], 'the admin keeps the CONNECT that a run gives it anyway')
  t.deepEqual(of({ allowConnections: false }, { allowConnections: false }), [], 'somebody did')
  t.deepEqual(of({ allowConnections: false }, { owner: 'stranger' }), [])
  t.deepEqual(of({ allowConnections: false }, { connectionLimit: -2 }), [])
  t.deepEqual(of({ allowConnections: false }, {}, { departure: { drops: 'e' } }), [], 'it goes, or stays open')
  const asked = (Policy: string, more: object = {}): State => ({
    roles: [role('o', { comment: tagOf('b', request({ Policy, ...more })) })],
    databases: [database('e', 'o', { allowConnections: false })],
  })
  t.deepEqual(of({}, {}, { state: asked('snapshot-and-delete') }), [], 'whoever saves it must see that it was open')
  t.deepEqual(of({}, {}, { state: asked('delete') }), [], 'a removal that was cut off has closed it')
  t.deepEqual(of({}, {}, { state: asked('delete', { NoDatabase: true }) }), asO(shut), 'it does not go with its owner')
  t.deepEqual(of({}, {}, { state: asked('release') }), asO(shut))
  const { cluster, ...input } = given({ allowConnections: false, connectionLimit: 0 })
  const opened = openedBy({ cluster, ...input })
  t.deepEqual(run(planClosingAgain(opened, cluster.server, new Map())), [], 'it is gone')
  t.deepEqual(run(planClosingAgain(opened, cluster.server)), asO(shut, full), 'as a preview prints it')
})

/** The tag that a statement writes. */
const written = (sql: string | undefined): ReadonlyMap<string, string> | null =>
  parseTag(/ IS '(.*)'/.exec(sql ?? '')?.[1] ?? null)

test('in the end the login is dropped, stays closed, or is managed no more', (t) => {
  const of = (fields: Case): string[] => run(planRoleEnds(inputOf(fields)))
  t.deepEqual(of({}), ['DROP ROLE "u"'])
  t.deepEqual(of({ departure: { policy: 'snapshot-and-delete' } }), ['DROP ROLE "u"'])
  const onDatabase = { holdings: [holding({ keyword: 'DATABASE', identity: '"e"' })] }
  const revoked = `${HOLD} | (as o) REVOKE ALL ON DATABASE "e" FROM "u" | ${RELEASE}`
  t.deepEqual(of({ facts: onDatabase }), [`${revoked} | DROP ROLE "u"`])
  t.deepEqual(of({ facts: { holdings: [holding(), holding({ keyword: 'DATABASE', grantee: 'o' })] } }), [
    'DROP ROLE "u"',
  ])
  t.deepEqual(of({ departure: { policy: 'disable' } }), [], 'nobody asked')
  const asked = { roles: [role('u', { comment: tagOf('a', request()) })] }
  const [disabled] = of({ departure: { policy: 'disable' }, state: asked })
  t.deepEqual(JSON.parse(written(disabled)?.get('Removal') ?? ''), {
    a: {
      Policy: 'disable',
      BuildId: 'b7',
      At: '2026-01-01T00:00:00.000Z',
      Approved: true,
      DoneAt: '2026-06-01T00:00:00.000Z',
    },
  })
  t.is(written(disabled)?.get('Application'), 'a', 'it is managed')
  const tagged = (comment: string | null, words?: string): State => ({
    roles: [role('u', { comment: tagOf('a', { Comment: words }) }), role('o')],
    databases: [database('d', 'u', { comment }), database('e', 'o', { comment: tagOf('a') })],
  })
  const release = (state: State, facts: Partial<RemovalFacts> = {}): string[] =>
    of({ departure: { policy: 'release' }, state, facts })
  t.deepEqual(release(tagged('words')), ['COMMENT ON ROLE "u" IS NULL'])
  t.deepEqual(release(tagged('words'), onDatabase), ['COMMENT ON ROLE "u" IS NULL'], 'it keeps what it holds')
  t.deepEqual(release(tagged(tagOf('a', { Comment: 'ours' }), 'theirs')), [
    `${HELD[0] ?? ''} | (as u) COMMENT ON DATABASE "d" IS 'ours' | ${HELD[1] ?? ''} | COMMENT ON ROLE "u" IS 'theirs'`,
  ])
})

test('those that are released come last', (t) => {
  const input = inputOf({})
  const departures = [
    { ...LEAVES, policy: 'release' as const },
    { ...LEAVES, username: 'o', application: 'b' },
  ]
  t.deepEqual(run(planRoleEnds({ ...input, departures })), ['DROP ROLE "o"', 'COMMENT ON ROLE "u" IS NULL'])
})

test('what is asked for stands in the tag, once', (t) => {
  const of = (tag: object, departure: Partial<Departure> = {}): unknown => {
    const { cluster, departures } = inputOf({ departure, state: { roles: [role('u', { comment: tagOf('a', tag) })] } })
    const [sql] = run(
      planRequests(cluster, departures, { marker: 'm1', buildId: 'b8', at: 'now', isApproved: false, doneAt: null }),
    )
    return sql === undefined ? null : JSON.parse(written(sql)?.get('Removal') ?? '')
  }
  const asked = (policy: string, more: object = {}): object => ({
    a: { Policy: policy, Marker: 'm1', BuildId: 'b8', At: 'now', Approved: false, ...more },
  })
  t.deepEqual(of({}), asked('delete'))
  t.deepEqual(of({}, { ownsNone: true }), asked('delete', { NoDatabase: true }))
  t.deepEqual(of({}, { ownsNone: true, policy: 'disable' }), asked('disable'))
  t.is(of(request()), null, 'it is asked for already')
  t.deepEqual(of(request(), { policy: 'disable' }), asked('disable'))
  t.deepEqual(of(request({ DoneAt: 'before' })), asked('delete'), 'it came back since')
  const { cluster, departures } = inputOf({ state: { roles: [role('u')] } })
  const bare = { marker: null, buildId: 'b8', at: 'now', isApproved: true, doneAt: null }
  t.deepEqual(run(planRequests(cluster, departures, bare)), [], 'without a tag it is none of ours')
})

test('the request of a marker stands for nothing where the role is not what it stood for', (t) => {
  const of = (
    fields: object | null,
    {
      claim = null,
      marker = 'm1',
      application = 'a',
    }: { claim?: string | null; marker?: string | null; application?: string } = {},
  ): string => {
    const comment = fields === null ? null : tagOf('a', fields)
    const { cluster } = actual({ roles: [role('u', { comment })] })
    const declaration = { ...declare({ a: { username: 'u', database_name: 'd' } }), claim }
    const judged = judgeRequest({ declaration, cluster, application, marker })
    if (judged.kind === 'nothing') return judged.finding.message
    return judged.kind === 'asked' ? 'asked' : `confirmed by ${judged.claim ?? 'nobody'}`
  }
  const nothing = (why: string): string => `nothing was changed: ${why}`
  t.is(of({}), 'asked')
  t.is(of({ Marker: { a: 'm1' } }), 'asked')
  t.is(of({ Marker: { a: 'm2' } }), nothing('another marker stands for role u by now'))
  t.is(of({ Marker: { b: 'm2' } }), 'asked')
  t.is(of({ Marker: { a: 'm2' } }, { marker: null }), 'asked')
  t.is(of(null), nothing('role u carries no tag of this tool by now'))
  t.is(of({ Application: 'b' }), nothing('role u belongs to the application b by now'))
  t.regex(of({ Claim: 'c2' }, { claim: 'c1' }), /^nothing was changed: role u belongs to the stack "mine"/)
  t.is(of({}, { application: 'z' }), nothing('role  is already gone'))
  const undeclared = { Undeclared: { a: { BuildId: 'b1', At: 'now' } } }
  t.is(of(undeclared), 'confirmed by nobody')
  t.is(of({ ...undeclared, Claim: 'c1' }), 'confirmed by c1')
  t.is(of({ ...undeclared, Claim: 'c1' }, { claim: 'c1' }), 'confirmed by c1')
  t.is(of({ Undeclared: { b: { BuildId: 'b1', At: 'now' } } }), 'asked')
})

test('a state that ends leaves what stays without its claim, and asks for no removal of it', (t) => {
  const of = (claim: string | null, tag: object, memberships = ADMINISTERED): string[] => {
    const comment = tagOf('a', { Claim: 'c1', ClaimedAt: 'now', ClaimedByBuildId: 'b1', TakenOverFrom: 'c0', ...tag })
    const { cluster } = actual({
      roles: [role('u', { comment })],
      databases: [database('d', 'u', { comment }), database('e', 'u'), database('f', 'o', { comment })],
    })
    return run(planClaimEnd({ ...declare({}), claim }, { ...cluster, memberships }))
  }
  const left = tagOf('a')
  const inOne = `${HELD[0] ?? ''} | (as u) COMMENT ON DATABASE "d" IS '${left}' | ${HELD[1] ?? ''}`
  t.deepEqual(of('c1', { Marker: { a: 'm1' } }), [`${inOne} | COMMENT ON ROLE "u" IS '${left}'`])
  t.deepEqual(of('c2', {}), [])
  t.deepEqual(of(null, {}), [])
  t.deepEqual(of('c1', {}, []), [], 'it cannot be written')
  const [asked] = of('c1', request())
  t.true(asked?.endsWith(`COMMENT ON ROLE "u" IS '${left}'`), asked)
  t.is(asked?.split(' | ').length, 5, 'that it is taken back is a step of its own')
})

test('what it holds on temporary tables of others goes at once where all of it is ours to take back', (t) => {
  const of = (holdings: readonly Holding[], policy: Departure['policy'] = 'delete'): string[] =>
    run(planTemporary(inputOf({ facts: { holdings }, departure: { policy } })))
  const temporary = (fields: Partial<Holding> = {}): Holding => holding({ isTemporary: true, ...fields })
  const held = (...roles: readonly string[]): string =>
    [
      ...roles.map((name) => `GRANT "${name}" TO "admin" WITH INHERIT TRUE, SET TRUE`),
      'DROP OWNED BY "u"',
      ...roles.map((name) => `REVOKE "${name}" FROM "admin" GRANTED BY "admin"`),
    ].join(' | ')
  t.deepEqual(of([temporary()]), [`e: ${held('o', 'u')}`])
  t.deepEqual(of([temporary({ grantor: ADMIN })]), [`e: ${held('u')}`])
  t.deepEqual(of([temporary(), temporary({ grantor: 'stranger' })]), [])
  t.deepEqual(of([temporary({ grantee: 'o' })]), [])
  t.deepEqual(of([holding()]), [])
  t.deepEqual(of([temporary()], 'disable'), [])
})
