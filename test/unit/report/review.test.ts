/** Decisions beside what the server has: what is said of each, and what is left open. */
import test from 'ava'
import { sectionCsv } from '../../../src/report/formats/csv.ts'
import { reportHtml } from '../../../src/report/formats/html.ts'
import { decisionsSection, openSentences } from '../../../src/report/review/decisions-section.ts'
import { lastChanges } from '../../../src/report/review/history.ts'
import { type Line, lineSection, linesOf, makeLine, NOT_SEEN, PUBLIC } from '../../../src/report/review/line.ts'
import { linesInScope } from '../../../src/report/review/scope.ts'
import { paperSection, sheetSection } from '../../../src/report/review/sheet.ts'
import { parseSigned } from '../../../src/report/review/signed.ts'
import { judge } from '../../../src/report/review/states.ts'
import type { Surroundings } from '../../../src/report/review/surroundings.ts'
import { decide, fromSpreadsheet } from '../../support/review.ts'
import { auditRecord, auditRun, EVERYTHING, sampleReport } from './sample.ts'

type Facts = Partial<Omit<Line, 'id'>>

function line(login: string, right: string, database: string, over: Facts = {}): Line {
  return makeLine(login === PUBLIC ? '' : login, {
    environment: 'dev',
    instance: 'db-1',
    stack: 'shop/dev',
    database,
    database_owner: database === '' ? '' : 'shop',
    login,
    application: '',
    right,
    details: 'CONNECT',
    via: 'direct',
    declared: 'yes',
    logs_in_by: 'password',
    tags: '',
    valid_until: '',
    granted_by: '',
    remedy: `undo ${right}`,
    ...over,
  })
}

const READER = line('ann', 'reader', 'shop')
const OWNER = line('app', 'owner', 'shop', { via: 'owner' })
const NOTHING: Surroundings = { databases: new Map([['shop', true]]), roles: new Map(), memberships: [] }

/** What is said of the first line of a sheet that was decided so, and of those that are not on it. */
function said(
  [decision, before]: readonly [string, readonly Line[]],
  now: readonly Line[],
  surroundings: Partial<Surroundings> = {},
): string[] {
  const lookedAt = new Date('2026-10-01T08:00:00Z')
  const text = sectionCsv(sheetSection({ lines: before, lookedAt, scope: '', lastChange: () => null }))
  const rows = decide(text, () => (decision === '' ? null : decision))
  const expected = { environment: 'dev', instance: 'db-1', stack: 'shop/dev', scope: '' }
  const sheet = parseSigned(fromSpreadsheet(rows), expected)
  const judged = judge(sheet, { lines: now, scoped: now, surroundings: { ...NOTHING, ...surroundings } })
  const section = decisionsSection(sheet, judged, 'dev')
  return [
    ...section.rows.map(({ cells }) => `${String(cells[0])}: ${String(cells[4])}`),
    ...openSentences(sheet, judged),
  ]
}

test('a right that is there as it was', (t) => {
  t.deepEqual(said(['keep', [READER]], [READER]), ['kept as decided: ann'])
  const open = ['not carried out yet: ann', '1 decision is not carried out yet.']
  t.deepEqual(said(['revoke', [READER]], [READER]), open)
  t.deepEqual(said(['change', [READER]], [READER]), open)
  t.deepEqual(said(['', [READER]], [READER]), ['not decided: ann', '1 line is not decided.'])
})

test('a right that is more or less than it was', (t) => {
  const more = line('ann', 'reader', 'shop', { details: 'CONNECT, TEMP' })
  t.is(more.id, READER.id)
  t.deepEqual(said(['keep', [READER]], [more]), ['kept, and changed since: ann'])
  t.deepEqual(said(['change', [READER]], [more]), ['changed since: ann'])
  t.deepEqual(said(['revoke', [READER]], [more])[0], 'not carried out yet: ann')
})

test('a right that is gone', (t) => {
  t.deepEqual(said(['revoke', [READER]], []), ['carried out: ann'])
  t.deepEqual(said(['change', [READER]], []), ['carried out: ann'])
  t.deepEqual(said(['keep', [READER]], []), ['decided keep, and gone: ann'])
  t.deepEqual(said(['', [READER]], []), ['no longer there: ann'])
})

test('another right of the same login there, of everybody there, or on the instance, stands in its place', (t) => {
  const others = [
    line('ann', 'editor', 'shop'),
    line(PUBLIC, 'grants on the database', 'shop'),
    line('ann', 'member of team', ''),
  ]
  for (const other of others) {
    t.deepEqual(said(['revoke', [READER]], [other]), [
      'not carried out yet: ann',
      `not on the sheet: ${other.login}`,
      '1 decision is not carried out yet.',
    ])
    t.is(said(['change', [READER]], [other]).includes('changed since: ann'), true)
    t.deepEqual(said(['revoke', [READER, other]], [other]).slice(1), [
      'carried out: ann',
      '1 decision is not carried out yet.',
    ])
  }
  for (const other of [line('ann', 'reader', 'blog'), line('bob', 'reader', 'shop'), line('ann', 'LOGIN', '')])
    t.true(said(['revoke', [READER]], [other]).includes('carried out: ann'), other.right)
})

test('so does what a role has got of which the login is a member, through others too', (t) => {
  const memberships = [
    ['team', 'ann'],
    ['staff', 'team'],
    ['other', 'bob'],
  ] as const
  for (const [login, state] of [
    ['team', 'not carried out yet: ann'],
    ['staff', 'not carried out yet: ann'],
    ['other', 'carried out: ann'],
  ] as const)
    t.true(said(['revoke', [READER]], [line(login, 'reader', 'shop')], { memberships }).includes(state), login)
})

test('and what was to be kept of the same kind, and is more or less by now', (t) => {
  const right = 'grants on tables in schema app'
  const [own, everybody] = [
    line('ann', right, 'shop'),
    line(PUBLIC, right, 'shop', { details: 'SELECT on table app.a' }),
  ]
  const lookedAt = new Date('2026-10-01T08:00:00Z')
  const text = sectionCsv(sheetSection({ lines: [own, everybody], lookedAt, scope: '', lastChange: () => null }))
  const expected = { environment: 'dev', instance: 'db-1', stack: 'shop/dev', scope: '' }
  const judged = (kept: string, now: Line): string => {
    const rows = decide(text, (of) => (of.startsWith('ann') ? 'revoke' : kept))
    const held = { lines: [now], scoped: [now], surroundings: NOTHING }
    return (
      judge(parseSigned(fromSpreadsheet(rows), expected), held).find(({ signed }) => signed?.id === own.id)?.state ?? ''
    )
  }
  const more = { ...everybody, details: 'SELECT on 2 tables of schema app' }
  t.is(judged('keep', everybody), 'carried out')
  t.is(judged('keep', more), 'not carried out yet')
  t.is(judged('change', more), 'carried out', 'it was to change')
})

test('a sheet of a part has not all of a login: what it has got elsewhere counts all the same', (t) => {
  const lookedAt = new Date('2026-10-01T08:00:00Z')
  const text = sectionCsv(
    sheetSection({ lines: [READER], lookedAt, scope: 'application shop', lastChange: () => null }),
  )
  const expected = { environment: 'dev', instance: 'db-1', stack: 'shop/dev', scope: 'application shop' }
  const sheet = parseSigned(fromSpreadsheet(decide(text, () => 'revoke')), expected)
  const state = (now: Line): unknown => judge(sheet, { lines: [now], scoped: [], surroundings: NOTHING })[0]?.state
  t.is(state(line('ann', 'member of app', '')), 'not carried out yet')
  t.is(state(line(PUBLIC, 'grants on the database', 'shop')), 'carried out', 'it was none of that part')
})

test('where nobody looked nothing is carried out', (t) => {
  const unseen = [
    line('-', NOT_SEEN, 'shop', { details: 'who may do what inside is not known' }),
    line('ann', 'reader', 'shop', { details: 'CONNECT; in its schemas: not known' }),
  ]
  const databases = new Map([['shop', false]])
  const sentence = '2 lines are not known: nobody could look.'
  t.deepEqual(said(['revoke', [READER]], unseen.slice(0, 1), { databases }).slice(-1), [sentence])
  t.deepEqual(said(['keep', [READER]], unseen, { databases }).slice(-1), [sentence])
  t.is(said(['revoke', [READER]], unseen, { databases })[0], 'not carried out yet: ann', 'it is seen that it is there')
  t.deepEqual(said(['revoke', [READER]], [], { databases }).slice(0, 1), ['not known: ann'])
})

test('an attribute or a membership that the server has is there, whatever the lines say', (t) => {
  const roles = new Map([['ann', ['LOGIN', 'CREATEDB']]])
  t.is(said(['revoke', [line('ann', 'CREATEDB', '')]], [], { roles })[0], 'not carried out yet: ann')
  t.is(said(['revoke', [line('ann', 'CREATEROLE', '')]], [], { roles })[0], 'carried out: ann')
  t.is(said(['keep', [line('ann', 'LOGIN', '')]], [], { roles })[0], 'kept, and changed since: ann')
  const membership = line('ann', 'member of a "b"', '')
  t.is(said(['revoke', [membership]], [], { memberships: [['a "b"', 'ann']] })[0], 'not carried out yet: ann')
  t.is(said(['revoke', [membership]], [], { memberships: [['a "b"', 'bob']] })[0], 'carried out: ann')
})

test('an owner that was disabled owns still, and nobody can use it but members', (t) => {
  const closed = line('app', 'owner', 'shop', { via: 'owner', logs_in_by: 'no' })
  t.deepEqual(said(['revoke', [OWNER]], [closed]), ['carried out: app'])
  t.is(said(['revoke', [closed]], [closed])[0], 'not carried out yet: app', 'a role that never logged in')
  t.is(said(['revoke', [OWNER]], [closed, line('ann', 'member of app', '')])[0], 'not carried out yet: app')
})

test('a decision without a name, and a line that was taken out', (t) => {
  const lookedAt = new Date('2026-10-01T08:00:00Z')
  const text = sectionCsv(sheetSection({ lines: [READER, OWNER], lookedAt, scope: '', lastChange: () => null }))
  const rows = decide(text, () => 'keep').map((row) => ({ ...row, reviewer: ' ' }))
  const expected = { environment: 'dev', instance: 'db-1', stack: 'shop/dev', scope: '' }
  const sheet = parseSigned(fromSpreadsheet(rows.slice(0, 1)), expected)
  const held = { lines: [READER, OWNER], scoped: [READER, OWNER], surroundings: NOTHING }
  t.deepEqual(openSentences(sheet, judge(sheet, held)), [
    '1 decision has no reviewer.',
    '1 line of the sheet is missing in the file.',
  ])
})

test('ids: of the right and its place, not of its details; names that look alike are told apart', (t) => {
  const ids = [
    READER,
    line('ann', 'editor', 'shop'),
    line('bob', 'reader', 'shop'),
    line('ann', 'reader', 'blog'),
    line('a\nb', 'reader', 'shop'),
    line('a\\u{a}b', 'reader', 'shop'),
  ].map(({ id }) => id)
  t.is(new Set(ids).size, ids.length)
  t.true(ids.every((id) => /^r[0-9a-f]{20}$/.test(id)))
  t.is(line('ann', 'reader', 'shop', { details: 'x', remedy: 'y', tags: 'z' }).id, READER.id)
})

test('lines come through a section as they were', (t) => {
  t.deepEqual(linesOf(lineSection([READER, OWNER])), [READER, OWNER])
})

test('of one application: its databases, its login, and what those logins have on the instance', (t) => {
  const lines = [
    READER,
    line('ann', 'member of team', ''),
    line('eve', 'CREATEROLE', ''),
    line('eve', 'owner', 'blog', { database_owner: 'blog', application: 'blog' }),
    line('app', 'CONNECT', 'blog', { database_owner: 'blog', application: 'shop' }),
  ]
  t.deepEqual(
    linesInScope(lines, { ...EVERYTHING, application: 'shop' }).map(({ login, right }) => `${login} ${right}`),
    ['ann reader', 'ann member of team', 'app CONNECT'],
  )
  t.is(linesInScope(lines, EVERYTHING).length, lines.length)
})

test('the last change is that of the login on that database, done on that instance', (t) => {
  const done = (over: Partial<Parameters<typeof auditRecord>[0]>): ReturnType<typeof auditRecord> =>
    auditRecord({ username: 'ann', database: 'shop', ...over })
  const of = lastChanges({ environment: 'dev', instance: 'db-1' }, [
    { run: auditRun(), records: [done({ at: '2026-01-01T00:00:00Z', object: 'grant' })] },
    { run: auditRun(), records: [done({ at: '2026-02-01T00:00:00Z', object: 'password', status: 'updated' })] },
    { run: auditRun(), records: [done({ at: '2026-03-01T00:00:00Z', object: 'grant', status: 'no_change' })] },
    { run: auditRun(), records: [done({ at: '2026-04-01T00:00:00Z', object: 'grant', environment: 'prod' })] },
    { run: auditRun({ instance: { identifier: 'db-2', host: 'h', port: 1 } }), records: [done({ object: 'grant' })] },
  ])
  t.deepEqual(of({ login: 'ann', database: 'shop' }), {
    at: '2026-01-01T00:00:00Z',
    build: 'build-1',
    actor: 'arn:aws:iam::1:user/ann',
  })
  t.is(of({ login: 'ann', database: 'blog' }), null)
  t.is(of({ login: 'ann', database: '' })?.at, '2026-01-01T00:00:00Z')
})

test('on paper each line has boxes to tick, and room for a name, though all say the same', (t) => {
  const lookedAt = new Date('2026-10-01T08:00:00Z')
  const lines = [READER, OWNER, line('bob', 'reader', 'shop')]
  const section = paperSection({ lines, lookedAt, scope: '', lastChange: () => null })
  const page = reportHtml(sampleReport({ sections: [section] }))
  t.is(page.split('☐\u00a0keep ☐\u00a0revoke ☐\u00a0change').length - 1, 3)
  t.true(page.includes('>Reviewer, date</th>'))
  t.true(page.includes('3 lines, as the server had it at 2026-10-01T08:00:00Z.'))
})
