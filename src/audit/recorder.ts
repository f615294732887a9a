import { describeProblem } from '../errors.ts'
import type {
  ApplicationsEnd,
  AuditDocument,
  AuditRecord,
  AuditRun,
  AuditStatus,
  Outcome,
  RecordDraft,
} from '../model/audit.ts'
import { consequencesOrNone } from '../model/consequence.ts'
import type { Instance } from '../model/declaration.ts'
import { EXIT, type ExitCode } from '../model/exit-code.ts'
import type { Problem } from '../model/problem.ts'
import type { Actor, RunIdentity } from '../model/run.ts'

/** What a record says of its environment when the input could not be read. */
const UNKNOWN_ENVIRONMENT = 'unknown'

/** Takes each record as it happens; must not throw. `isQuiet`: it tells only that something was not reached. */
export type RecordSink = (record: AuditRecord, isQuiet: boolean) => void

export interface RecorderOptions {
  readonly identity: RunIdentity
  /** null, like the next two: the input could not be read. */
  readonly environment: string | null
  readonly clusterName: string | null
  readonly instance: Pick<Instance, 'identifier' | 'host' | 'port'> | null
  readonly now: () => Date
  readonly sinks: readonly RecordSink[]
}

/** How the run ended, as the caller judges it. */
export interface RunEnd {
  readonly outcome: Outcome
  readonly exitCode: ExitCode
  /** Everything that went wrong; empty where nothing did. */
  readonly problems: readonly Problem[]
  /** Of an apply that was not stopped as a whole. */
  readonly applications?: ApplicationsEnd | null
}

export interface Recorder {
  /** Adds time and run identity to a draft, keeps it and hands it to every sink. */
  record(draft: RecordDraft): void
  /** Whom the server says we are, and its version, e.g. 16.4. */
  setServer(server: { readonly login: string; readonly versionText: string }): void
  setActor(actor: Actor): void
  /** The audit of a run that ended so. */
  finish(end: RunEnd): AuditDocument
}

/** Collects the records of one run (src/README.md: The audit). Throws nothing of its own. */
export function createRecorder(options: RecorderOptions): Recorder {
  const records: AuditRecord[] = []
  let actor: Actor | null = null
  let server: { readonly login: string; readonly versionText: string } | null = null
  return {
    record(draft) {
      const record = toRecord(draft, options)
      records.push(record)
      for (const sink of options.sinks) sink(record, draft.isQuiet === true)
    },
    setServer(facts) {
      server = facts
    },
    setActor(identity) {
      actor = identity
    },
    finish: (end) => ({
      schema_version: 1,
      run: {
        ...runFields(options),
        ...endFields(end, options),
        actor,
        database_login: server?.login ?? null,
        server_version: server?.versionText ?? null,
        governance: null,
      },
      records: [...records],
      summary: countStatuses(records),
    }),
  }
}

function toRecord(draft: RecordDraft, { identity, environment, now }: RecorderOptions): AuditRecord {
  return {
    at: now().toISOString(),
    run_id: identity.runId,
    build_id: identity.buildId,
    environment: environment ?? UNKNOWN_ENVIRONMENT,
    application: draft.application,
    database: draft.database,
    username: draft.username,
    object: draft.object,
    action: draft.action,
    status: draft.status,
    ...('code' in draft && { code: draft.code }),
    duration_ms: draft.durationMs,
    message: draft.message,
    statements: draft.statements,
    ...(draft.standing !== undefined && { standing: draft.standing }),
    ...(draft.access !== undefined && { access: draft.access }),
    ...consequencesOrNone(draft.loses ?? [], draft.gains ?? []),
  }
}

type EndField = 'finished_at' | 'duration_ms' | 'outcome' | 'exit_code' | 'error_codes' | 'error' | 'applications'
type LaterField = 'actor' | 'database_login' | 'server_version' | 'governance'

function runFields({
  identity,
  environment,
  clusterName,
  instance,
}: RecorderOptions): Omit<AuditRun, EndField | LaterField> {
  return {
    run_id: identity.runId,
    build_id: identity.buildId,
    command: identity.command,
    environment,
    cluster_name: clusterName,
    instance: instance === null ? null : { identifier: instance.identifier, host: instance.host, port: instance.port },
    approval: identity.approval,
    approved_plan: identity.approvedPlan?.digest ?? null,
    tool_version: identity.toolVersion,
    input_sha256: identity.inputSha256,
    started_at: identity.startedAt.toISOString(),
  }
}

/** The clock may be set back during a run: the end is then the start, never before it. */
function endFields(end: RunEnd, { identity, now }: RecorderOptions): Pick<AuditRun, EndField> {
  const started = identity.startedAt.getTime()
  const finished = Math.max(started, now().getTime())
  const { applications = null } = end
  return {
    finished_at: new Date(finished).toISOString(),
    duration_ms: finished - started,
    outcome: end.outcome,
    exit_code: end.exitCode,
    ...errorFields(end.problems, applications),
    applications,
  }
}

function errorFields(
  problems: readonly Problem[],
  applications: ApplicationsEnd | null,
): Pick<AuditRun, 'error_codes' | 'error'> {
  const lines = [...concernedSentence(applications), ...problems.map(describeProblem)]
  return {
    error_codes: [...new Set(problems.map(({ code }) => code))].sort(),
    error: problems.length === 0 ? null : lines.join('\n'),
  }
}

/** `2 of 100 applications are not done: crm (blocked), shop (failed).` */
function concernedSentence(applications: ApplicationsEnd | null): string[] {
  if (applications === null) return []
  const { done, blocked, failed, not_begun: left } = applications
  const words: readonly (readonly [string, readonly string[]])[] = [
    ['blocked', blocked],
    ['failed', failed],
    ['not begun', left],
  ]
  const names = words.flatMap(([word, items]) => items.map((name) => `${name} (${word})`))
  if (names.length === 0) return []
  const verb = names.length === 1 ? 'is' : 'are'
  return [
    `${String(names.length)} of ${String(done + names.length)} applications ${verb} not done: ${names.join(', ')}.`,
  ]
}

/**
 * The audit of a run after whose end something failed. What the run did stands; the outcome is `failed` and the exit
 * code 1, unless it was another failure's already.
 * @param problems all of the run's, and what failed since.
 */
export function failDocument(document: AuditDocument, problems: readonly Problem[]): AuditDocument {
  const { exit_code: before } = document.run
  const ended =
    before === EXIT.done || before === EXIT.changes ? ({ outcome: 'failed', exit_code: EXIT.failed } as const) : {}
  return {
    ...document,
    run: { ...document.run, ...ended, ...errorFields(problems, document.run.applications ?? null) },
  }
}

/** How many records have each status; every status has a number. */
export function countStatuses(records: readonly AuditRecord[]): Readonly<Record<AuditStatus, number>> {
  const counts: Record<AuditStatus, number> = {
    created: 0,
    updated: 0,
    removed: 0,
    no_change: 0,
    blocked: 0,
    failed: 0,
    skipped: 0,
    warning: 0,
  }
  for (const record of records) counts[record.status] += 1
  return counts
}
