import test from 'ava'

import { toDraft } from '../../../src/execute/draft.ts'
import type { AuditRecord } from '../../../src/model/audit.ts'
import { Statement } from '../../../src/model/statement.ts'
import type { Step } from '../../../src/model/step.ts'
import { DONE, DRAFT, documentOf, problem, recorder } from './sample.ts'

test('a draft becomes a record with time and run identity, and reaches every sink at once', (t) => {
  const seen: AuditRecord[] = []
  const book = recorder({ sinks: [(record) => seen.push(record), (record) => seen.push(record)] })
  book.record(DRAFT)
  const expected: AuditRecord = {
    at: '2026-03-01T10:00:00.700Z',
    run_id: 'run-1',
    build_id: '100',
    environment: 'dev',
    application: 'keycloak',
    database: 'keycloak_dev_db',
    username: 'keycloak_dev_user',
    object: 'role',
    action: 'create',
    status: 'created',
    duration_ms: 12,
    message: 'The role did not exist.',
    statements: ['CREATE ROLE "keycloak_dev_user" LOGIN'],
  }
  t.deepEqual(seen, [expected, expected])
  t.deepEqual(book.finish(DONE).records, [expected])
})

test('a record has a change of access only where its draft has one', (t) => {
  const access = { level: 'reader', changes: [{ on: 'schema', schema: 'app', granted: ['USAGE'] }] } as const
  const { records } = documentOf([{}, { access }])
  t.deepEqual(
    records.map((record) => ['access' in record, record.access]),
    [
      [false, undefined],
      [true, access],
    ],
  )
})

test('a step that did not take effect changed no access', (t) => {
  const access = { level: null, changes: [{ on: 'database', schema: null, revoked: ['CONNECT'] }] } as const
  const { durationMs: _durationMs, ...about } = DRAFT
  const statements = [new Statement('REVOKE CONNECT ON DATABASE "d" FROM "g"')]
  const step: Step = { ...about, kind: 'revoke_privileges', target: null, status: 'removed', statements, access }
  t.deepEqual(toDraft(step, statements, 1, '').access, access)
  t.false('access' in toDraft(step, [], 0, ''))
})

test('the document names who, where, when and how it ended', (t) => {
  const book = recorder()
  book.setActor({ arn: 'arn:aws:sts::1:assumed-role/x', account: '1' })
  book.setServer({ login: 'platform_provisioner', versionText: '16.4' })
  t.deepEqual(book.finish({ outcome: 'failed', exitCode: 1, problems: [problem('…')] }).run, {
    run_id: 'run-1',
    build_id: '100',
    command: 'apply',
    environment: 'dev',
    cluster_name: 'shared',
    instance: { identifier: 'shared', host: 'shared.example.com', port: 5432 },
    actor: { arn: 'arn:aws:sts::1:assumed-role/x', account: '1' },
    approval: 'approved',
    approved_plan: null,
    database_login: 'platform_provisioner',
    server_version: '16.4',
    tool_version: '1.0.0',
    input_sha256: 'ab'.repeat(32),
    started_at: '2026-03-01T10:00:00.000Z',
    finished_at: '2026-03-01T10:00:00.700Z',
    duration_ms: 700,
    outcome: 'failed',
    exit_code: 1,
    error_codes: ['statement_failed'],
    error: 'keycloak: role: …',
    applications: null,
    governance: null,
  })
})

test('the summary counts every status', (t) => {
  const { summary } = documentOf([{}, {}, { status: 'no_change' }, { status: 'warning' }])
  t.deepEqual(summary, {
    created: 2,
    updated: 0,
    removed: 0,
    no_change: 1,
    blocked: 0,
    failed: 0,
    skipped: 0,
    warning: 1,
  })
})

test('an unreadable input has an audit: what is unknown is null', (t) => {
  const { run, records } = recorder({ environment: null, clusterName: null, instance: null }).finish({
    outcome: 'failed',
    exitCode: 3,
    problems: [problem('…')],
  })
  t.deepEqual(
    [run.environment, run.cluster_name, run.instance, run.actor, run.database_login, run.server_version],
    [null, null, null, null, null, null],
  )
  t.deepEqual(records, [])
})

test('a clock that is set back gives no negative duration', (t) => {
  const { run } = recorder({ now: () => new Date('2026-03-01T09:00:00Z') }).finish(DONE)
  t.is(run.duration_ms, 0)
  t.is(run.finished_at, run.started_at)
})

test('finish is a snapshot: it may be asked again with another end', (t) => {
  const book = recorder()
  book.record(DRAFT)
  const first = book.finish(DONE)
  book.record(DRAFT)
  t.is(first.records.length, 1)
  t.is(book.finish({ outcome: 'failed', exitCode: 1, problems: [problem('x')] }).summary.created, 2)
})
