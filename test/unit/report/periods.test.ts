import test from 'ava'
import type { AuditRecord } from '../../../src/model/audit.ts'
import { accessHistorySection } from '../../../src/report/sections/access-history.ts'
import { followAccess } from '../../../src/audit/governance/periods.ts'
import type { RecordedRun } from '../../../src/audit/governance/entry.ts'
import { auditRecord, auditRun, EVERYTHING } from './sample.ts'

/** A run on a day in October; the build is the day. */
function runOn(day: number, ...records: readonly Partial<AuditRecord>[]): RecordedRun {
  const at = `2026-10-${String(day).padStart(2, '0')}T12:00:00.000Z`
  const ids = { run_id: `run-${day}`, build_id: `build-${day}` }
  return {
    run: auditRun({ ...ids, started_at: at }),
    records: records.map((record) => auditRecord({ ...ids, at, ...record })),
  }
}

const GUEST = { application: 'guest', username: 'guest_dev_user' }

function defaults(verb: 'GRANT' | 'REVOKE', privileges: string, schema: string): Partial<AuditRecord> {
  const link = verb === 'GRANT' ? 'TO' : 'FROM'
  const statements = [
    `ALTER DEFAULT PRIVILEGES FOR ROLE "shop_dev_user" IN SCHEMA "${schema}" ${verb} ${privileges} ON TABLES ${link} "guest_dev_user"`,
  ]
  return {
    ...GUEST,
    object: 'default_privileges',
    action: verb.toLowerCase(),
    status: verb === 'GRANT' ? 'created' : 'removed',
    statements,
  }
}

function periods(...entries: readonly RecordedRun[]): (string | null)[][] {
  return followAccess(entries).map(({ username, may, sinceBuild, untilBuild }) => [
    username,
    may,
    sinceBuild,
    untilBuild,
  ])
}

test('an owner, from its role and database in one run', (t) => {
  t.deepEqual(periods(runOn(1, {}, { object: 'database' })), [
    ['shop_dev_user', 'own it: create objects, read and write rows', 'build-1', null],
  ])
})

test('an editor becomes a reader, then goes with its role', (t) => {
  const found = periods(
    runOn(1, { ...GUEST }, defaults('GRANT', 'SELECT, INSERT, UPDATE, DELETE', 'public')),
    runOn(5, defaults('REVOKE', 'INSERT, UPDATE, DELETE', 'public')),
    runOn(9, { ...GUEST, database: null, status: 'removed', action: 'drop' }),
  )
  t.deepEqual(found, [
    ['guest_dev_user', 'read and write rows in public', 'build-1', 'build-5'],
    ['guest_dev_user', 'read in public', 'build-5', 'build-9'],
  ])
})

test('schemas are told apart, with their odd names', (t) => {
  t.deepEqual(
    periods(
      runOn(
        1,
        defaults('GRANT', 'SELECT, INSERT, UPDATE, DELETE', 'my ""odd""'),
        defaults('GRANT', 'SELECT', 'public'),
      ),
    ),
    [['guest_dev_user', 'read and write rows in my "odd"; read in public', 'build-1', null]],
  )
})

test('what was there before the audit has no build', (t) => {
  t.deepEqual(periods(runOn(3, { object: 'database', action: 'check', status: 'no_change' })), [
    ['shop_dev_user', 'own it: create objects, read and write rows', null, null],
  ])
})

test('a guest that was there before the audit: what it was granted before is not told as nothing', (t) => {
  const found = periods(
    runOn(3, { ...GUEST, action: 'check', status: 'no_change' }),
    runOn(4, defaults('GRANT', 'SELECT', 'mart')),
  )
  const before = 'and what it was granted before this audit begins'
  t.deepEqual(found, [
    ['guest_dev_user', `log in; ${before}`, null, 'build-4'],
    ['guest_dev_user', `read in mart; ${before}`, 'build-4', null],
  ])
})

test('what failed or was not reached gave nobody anything', (t) => {
  t.deepEqual(
    periods(runOn(1, { status: 'failed' }, { object: 'database', status: 'skipped' }, { ...GUEST, status: 'blocked' })),
    [],
  )
})

const CLOSED = { ...GUEST, database: null, object: 'login', action: 'close', status: 'updated' } as const

/** What a removal takes of a login that stays: all that it has on the database. */
function taken(level: 'reader' | null, revoked: readonly string[]): Partial<AuditRecord> {
  const access = { level, changes: [{ on: 'database', schema: null, revoked }] } as const
  return { ...GUEST, object: 'grant', action: 'revoke', status: 'removed', statements: [], access }
}

const TAKEN = { ...defaults('REVOKE', 'ALL', 'public'), access: allOfTables() }

function allOfTables(): NonNullable<AuditRecord['access']> {
  return { level: null, changes: [{ on: 'table', schema: 'public', revoked: ['ALL'] }] }
}

test('a login that is disabled has no access from the moment it is closed, until it is declared again', (t) => {
  const role = { ...GUEST, status: 'updated' } as const
  const found = periods(
    runOn(1, GUEST, defaults('GRANT', 'SELECT', 'public')),
    runOn(2, { ...role, action: 'requested' }),
    runOn(5, CLOSED, TAKEN, taken(null, ['ALL']), { ...role, database: null, action: 'disabled' }),
    runOn(6, { ...role, action: 'requested' }),
    runOn(9, { ...role, action: 'alter' }, defaults('GRANT', 'SELECT', 'public')),
  )
  t.deepEqual(found, [
    ['guest_dev_user', 'read in public', 'build-1', 'build-5'],
    ['guest_dev_user', 'read in public', 'build-9', null],
  ])
})

test('an owner that is closed and opened again owns what it owned', (t) => {
  const login = { database: null, object: 'login', status: 'updated' } as const
  const own = 'own it: create objects, read and write rows'
  const made = runOn(1, {}, { object: 'database' })
  const closed = runOn(3, { ...login, action: 'close' })
  for (const back of [
    { ...login, action: 'reopen' },
    { action: 'alter', status: 'updated' },
  ] as const)
    t.deepEqual(periods(made, closed, runOn(4, back)), [
      ['shop_dev_user', own, 'build-1', 'build-3'],
      ['shop_dev_user', own, 'build-4', null],
    ])
})

test('a guest that is given nothing on a database any more could use it until then', (t) => {
  const made = runOn(1, GUEST, defaults('GRANT', 'SELECT', 'public'))
  t.deepEqual(periods(made, runOn(4, taken(null, ['CONNECT', 'TEMPORARY']), TAKEN)), [
    ['guest_dev_user', 'read in public', 'build-1', 'build-4'],
  ])
  t.deepEqual(periods(made, runOn(4, taken('reader', ['TEMPORARY']))), [
    ['guest_dev_user', 'read in public', 'build-1', null],
  ])
})

test('a dropped database ends the access of all', (t) => {
  const found = periods(
    runOn(1, {}, { object: 'database' }, { ...GUEST }),
    runOn(2, { object: 'database', status: 'removed' }),
  )
  t.deepEqual(
    found.map(([username, , , until]) => [username, until]),
    [
      ['guest_dev_user', 'build-2'],
      ['shop_dev_user', 'build-2'],
    ],
  )
})

test('time: what ended before, or began after, is left out; an application brings in all logins of its databases', (t) => {
  const entries = [
    runOn(1, {}, { object: 'database' }, { ...GUEST }, defaults('GRANT', 'SELECT, INSERT, UPDATE, DELETE', 'public')),
    runOn(5, defaults('REVOKE', 'INSERT, UPDATE, DELETE', 'public')),
    runOn(1, { application: 'other', database: 'other_dev_db', username: 'other_dev_user', object: 'database' }),
  ]
  const logins = (since: string, until: string): unknown[] =>
    accessHistorySection(entries, {
      ...EVERYTHING,
      application: 'shop',
      since: new Date(since),
      until: new Date(until),
    }).rows.map(({ cells }) => [cells[3], cells[5]])
  const owner = ['shop_dev_user', 'own it: create objects, read and write rows']
  t.deepEqual(logins('2026-10-06', '2026-10-07'), [['guest_dev_user', 'read in public'], owner])
  t.deepEqual(logins('2026-10-02', '2026-10-03'), [['guest_dev_user', 'read and write rows in public'], owner])
  t.deepEqual(logins('2026-09-01', '2026-10-01'), [])
})

test('privileges that are no level are told by name, those in all schemas as such', (t) => {
  const changes = [{ on: 'table', schema: null, granted: ['SELECT', 'TRUNCATE'] }] as const
  const everywhere = { ...defaults('GRANT', 'SELECT', 'x'), access: { level: 'reader', changes } } as const
  t.deepEqual(
    periods(runOn(1, defaults('GRANT', 'SELECT, INSERT', 'app'), defaults('GRANT', 'SELECT', 'mart'), everywhere)),
    [['guest_dev_user', 'SELECT, TRUNCATE in all schemas; SELECT, INSERT in app; read in mart', 'build-1', null]],
  )
})
