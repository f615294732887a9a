import type { AuditDocument, AuditRecord, AuditStatus, RecordDraft } from '../../../src/model/audit.ts'
import type { RunIdentity } from '../../../src/model/run.ts'
import { createRecorder, type Recorder, type RecorderOptions, type RunEnd } from '../../../src/audit/recorder.ts'
import type { Problem } from '../../../src/model/problem.ts'

export const START = new Date('2026-03-01T10:00:00.000Z')

export const RUN: RunIdentity = {
  runId: 'run-1',
  buildId: '100',
  command: 'apply',
  approval: 'approved',
  startedAt: START,
  toolVersion: '1.0.0',
  takesOver: false,
  approvedPlan: null,
  refusedApproval: null,
  cleanupPolicy: null,
  mayDelete: false,
  inputSha256: 'ab'.repeat(32),
}

export const DRAFT: RecordDraft = {
  application: 'keycloak',
  database: 'keycloak_dev_db',
  username: 'keycloak_dev_user',
  object: 'role',
  action: 'create',
  status: 'created',
  durationMs: 12,
  message: 'The role did not exist.',
  statements: ['CREATE ROLE "keycloak_dev_user" LOGIN'],
}

export const DONE: RunEnd = { outcome: 'changed', exitCode: 0, problems: [] }

/** Something that went wrong; its line is `keycloak: role: <message>`. */
export function problem(message: string): Problem {
  return { application: 'keycloak', code: 'statement_failed', field: 'role', message, remedy: '' }
}

/** A clock that moves 700 ms whenever it is read. */
export function steppingClock(start: Date = START): () => Date {
  let reads = 0
  return () => new Date(start.getTime() + 700 * ++reads)
}

export function recorder(changes: Partial<RecorderOptions> = {}): Recorder {
  return createRecorder({
    identity: RUN,
    environment: 'dev',
    clusterName: 'shared',
    instance: { identifier: 'shared', host: 'shared.example.com', port: 5432 },
    now: steppingClock(),
    sinks: [],
    ...changes,
  })
}

/** A change of `DRAFT`; what is blocked or failed has the code statement_failed. */
export type DraftChange = Partial<Omit<RecordDraft, 'status' | 'code'>> & { readonly status?: AuditStatus }

export function draftOf({ status = DRAFT.status, ...change }: DraftChange): RecordDraft {
  const ending =
    status === 'blocked' || status === 'failed' ? ({ status, code: 'statement_failed' } as const) : { status }
  return { ...DRAFT, ...change, ...ending }
}

/** The document of a run with these records (each a change of `DRAFT`). */
export function documentOf(
  drafts: readonly DraftChange[],
  run: Partial<RunIdentity> = {},
  end: RunEnd = DONE,
): AuditDocument {
  const book = recorder({ identity: { ...RUN, ...run } })
  for (const draft of drafts) book.record(draftOf(draft))
  return book.finish(end)
}

export function recordOf(changes: Partial<AuditRecord>): AuditRecord {
  return {
    at: START.toISOString(),
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
    statements: [],
    ...changes,
  }
}
