import type { AuditRecord, AuditRun } from '../../../src/model/audit.ts'
import type { Criteria } from '../../../src/input/report-options.ts'
import { Statement } from '../../../src/model/statement.ts'
import type { Step } from '../../../src/model/step.ts'
import type { Preview } from '../../../src/preview/preview.ts'
import type { Report } from '../../../src/report/report.ts'

export const EVERYTHING: Criteria = {
  environment: null,
  application: null,
  database: null,
  build: null,
  since: null,
  until: null,
}

export function auditRun(over: Partial<AuditRun> = {}): AuditRun {
  return {
    run_id: 'run-1',
    build_id: 'build-1',
    command: 'apply',
    environment: 'dev',
    cluster_name: 'c',
    instance: { identifier: 'db-1', host: 'h', port: 5432 },
    actor: { arn: 'arn:aws:iam::1:user/ann', account: '1' },
    approval: 'not_required',
    database_login: 'platform_provisioner',
    server_version: '16.4',
    tool_version: '1.0.0',
    input_sha256: 'ab',
    started_at: '2026-10-05T12:00:00.000Z',
    finished_at: '2026-10-05T12:00:01.000Z',
    duration_ms: 1000,
    outcome: 'changed',
    exit_code: 0,
    error_codes: [],
    error: null,
    governance: null,
    ...over,
  }
}

export function auditRecord(over: Partial<AuditRecord> = {}): AuditRecord {
  return {
    at: '2026-10-05T12:00:00.500Z',
    run_id: 'run-1',
    build_id: 'build-1',
    environment: 'dev',
    application: 'shop',
    database: 'shop_dev_db',
    username: 'shop_dev_user',
    object: 'role',
    action: 'create',
    status: 'created',
    duration_ms: 1,
    message: 'role shop_dev_user (owner)',
    statements: ['CREATE ROLE "shop_dev_user"'],
    ...over,
  }
}

/** A plan with one change and nothing in its way. */
export function samplePreview(over: Partial<Preview> = {}): Preview {
  const about = { application: 'shop', database: 'shop_dev_db', username: 'shop_dev_user' }
  const change: Step = {
    ...about,
    object: 'role',
    kind: 'alter_role',
    target: null,
    action: 'alter',
    status: 'updated',
    message: 'role shop_dev_user: connection limit -1 -> 5',
    statements: [new Statement('ALTER ROLE "shop_dev_user" CONNECTION LIMIT 5')],
  }
  return {
    declaration: {
      environment: 'dev',
      stack: 'shop/dev',
      clusterName: 'shop',
      instance: { host: 'h', port: 5432, database: 'postgres', identifier: 'db-1' },
    },
    identity: {
      runId: 'run-1',
      buildId: 'build-1',
      command: 'plan',
      approval: 'not_required',
      toolVersion: '1.0.0',
      takesOver: false,
      approvedPlan: null,
      refusedApproval: null,
      cleanupPolicy: null,
      mayDelete: false,
      inputSha256: 'ab',
      startedAt: new Date(0),
    },
    server: null,
    effects: [],
    digest: null,
    blocked: [],
    leftOut: [],
    stopped: false,
    approval: null,
    moving: [],
    plan: {
      findings: [],
      jobs: [{ stage: 'roles', connectTo: null, transactions: [{ kind: 'atomic', steps: [change] }] }],
    },
    ...over,
  }
}

/** Text that wants to break out of every format. */
export const HOSTILE = "=cmd|'/c calc'!A0 </script><img src=x onerror=alert(1)> \"q\" 's' | & \u001b[31m \u202e end"

/** A report with hostile cells, two environments, two applications and two builds. */
export function sampleReport(over: Partial<Report> = {}): Report {
  const columns = [
    { key: 'application', title: 'Application' },
    { key: 'status', title: 'Status' },
    { key: 'what', title: 'What' },
  ]
  return {
    generatedAt: new Date('2026-11-24T10:00:00Z'),
    toolVersion: '1.0.0',
    criteria: EVERYTHING,
    server: { environment: 'dev', stack: 'shop/dev', instance: 'db-1' },
    sources: ['audit/dev/rds_provision_audit.jsonl'],
    wrong: [],
    sections: [
      {
        id: 'history',
        title: 'History',
        about: '3 events, the earliest first.',
        columns,
        rows: [
          {
            cells: ['shop', 'created', 'role shop_dev_user (owner)'],
            environment: 'dev',
            application: 'shop',
            build: 'build-1',
            mark: 'created',
            details: ['CREATE ROLE "shop_dev_user"'],
          },
          {
            cells: ['blog', 'failed', HOSTILE],
            environment: 'dev',
            application: 'blog',
            build: 'build-2',
            mark: 'failed',
          },
          {
            cells: ['shop', 'updated', null],
            environment: 'prod',
            application: 'shop',
            build: 'build-2',
            mark: 'updated',
          },
        ],
      },
      { id: 'drift', title: 'Drift', about: 'The server is as declared.', columns, rows: [] },
      {
        id: 'runs',
        title: 'Runs',
        about: '2 runs, the latest first.',
        columns: [
          { key: 'started_at', title: 'Started' },
          { key: 'command', title: 'Command' },
          { key: 'outcome', title: 'Outcome' },
        ],
        rows: [
          {
            cells: ['2026-11-02T09:00:00.000Z', 'apply', 'failed'],
            environment: 'prod',
            build: 'build-2',
            mark: 'failed',
          },
          {
            cells: ['2026-10-05T12:00:00.000Z', 'apply', 'changed'],
            environment: 'dev',
            build: 'build-1',
            mark: 'changed',
          },
        ],
      },
    ],
    ...over,
  }
}
