/** How a stack of the bed begins its runs: in process, with the real AWS SDK. */
import { fileURLToPath } from 'node:url'
import { type RunEnvironment, readEnvironment } from '../../../src/input/environment.ts'
import type { DestroyTarget } from '../../../src/model/removal.ts'
import { reportOptions, type ReportFormat } from '../../../src/input/report-options.ts'
import type { ParsedInput } from '../../../src/input/parse.ts'
import type { Command } from '../../../src/model/run.ts'
import { renderReport } from '../../../src/report/render.ts'
import { awsDependencies } from '../../../src/run/aws.ts'
import type { Dependencies } from '../../../src/run/context.ts'
import { lookForReport, makeReport } from '../../../src/run/report.ts'
import { lookForReview, makeReview } from '../../../src/run/review.ts'
import { type DestroyRequest, knownPolicy } from '../../../src/run/destroy/destroy.ts'

import { type StartedRun, startRun } from '../../../src/run/start.ts'
import type { DestroyDependencies } from '../../../src/index.ts'

export const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url))

/** One entry of `application_databases`, as a caller writes it; or the whole input. */
export type Entry = Readonly<Record<string, unknown>>

/** What is to be removed: an application by its name, or everything with a tag. */
export type Target = string | DestroyTarget

type Variables = Readonly<Record<string, string>>
type Begun = Extract<StartedRun, { error: null }>

/** @throws InvalidInputError where the input is not usable. */
export async function begin(
  command: Command,
  variables: Variables,
  needsBuildId: (parsed: ParsedInput) => boolean = () => command === 'apply',
): Promise<Begun> {
  const environment = readEnvironment(variables)
  const begun = await startRun({
    command,
    inputFile: null,
    claim: null,
    variables,
    environment,
    cwd: CHECKOUT,
    startedAt: new Date(),
    needsBuildId,
  })
  if (begun.error !== null) throw begun.error
  return begun
}

export function targetOf(target: Target): DestroyTarget {
  return typeof target === 'string' ? { by: 'application', value: target } : target
}

/** As the program begins a removal; policy and approvals come from the run's environment. */
export async function beginRemoval(
  target: Target,
  variables: Variables,
): Promise<{ readonly request: DestroyRequest; readonly begun: Begun }> {
  const environment: RunEnvironment = readEnvironment(variables)
  const requestOf = ({ declaration }: ParsedInput): DestroyRequest => ({
    declaration,
    target: targetOf(target),
    policy: environment.cleanupPolicy,
    approvals: environment,
  })
  const begun = await begin('destroy', variables, (parsed) => knownPolicy(requestOf(parsed)) !== 'retain')
  return { request: requestOf(begun.parsed), begun }
}

export function dependencies(): Dependencies {
  return {
    ...awsDependencies(),
    now: () => new Date(),
    signal: new AbortController().signal,
    sinks: [],
    progress: () => {},
    defaultCaFile: null,
    snapshotTimeoutMs: 60_000,
    waits: { othersMs: 600, abandonedMs: 500, superusersMs: 500 },
  }
}

/** Every section that the server tells, as the program prints them. */
export async function makeReportOf({ parsed, identity }: Begun, format: ReportFormat): Promise<string> {
  const options = reportOptions(
    (option) => (option === 'format' ? format : null),
    (option) => option === 'connect',
  )
  const report = await makeReport({
    options,
    folders: { governanceDir: null, auditDir: null, expectedDir: null, auditFile: null },
    server: {
      declaration: parsed.declaration,
      look: (known) =>
        lookForReport(
          { declaration: parsed.declaration, identity, dependencies: dependencies() },
          options,
          known,
          new Date(),
        ),
    },
    now: new Date(),
  })
  return renderReport(report, format, options.sections)
}

/** An access review: the sheet, or what became of the decisions in `signed`, a file. */
export async function makeReviewOf(
  { parsed: { declaration }, identity }: Begun,
  format: ReportFormat,
  { signed = null, governanceDir = null, application = null }: ReviewAsked,
): Promise<{ readonly text: string; readonly wrong: readonly string[] }> {
  const given: Readonly<Record<string, string | null>> = { format, signed, application }
  const options = reportOptions(
    (option) => given[option] ?? null,
    (option) => option === 'connect' || option === 'review',
  )
  const report = await makeReview({
    options,
    folders: { governanceDir, auditDir: null, expectedDir: null, auditFile: null },
    server: {
      declaration,
      look: () => lookForReview({ declaration, identity, dependencies: dependencies() }),
    },
    now: new Date(),
  })
  const wanted = signed === null ? 'review' : 'decisions'
  return { text: renderReport(report, format, [wanted]), wrong: report.wrong }
}

export interface ReviewAsked {
  readonly signed?: string | null
  readonly governanceDir?: string | null
  readonly application?: string | null
}

/** Removals with the same run id share a snapshot. */
export function destroyDependencies({ identity }: Begun): DestroyDependencies {
  return { ...dependencies(), runGroup: identity.runId }
}

/** What the module's markers leave out (terraform-module/declaration.tf, `removal`). */
const NOT_IN_MARKERS = [
  'accept_tags_from',
  'cleanup_policy',
  'enforce_naming',
  'max_connections',
  'verify_logins',
  'prepare_major_upgrade',
  'secret_prefix',
  'build_id',
  'run_id',
]

/** The input of an application's marker, which the module passes to the script when it is destroyed. */
export function markerOf(input: Entry, application: string, names: Entry): Entry {
  const { application_databases: applications } = input
  const entry: Entry = isObject(applications) && isObject(applications[application]) ? applications[application] : {}
  const { access_level = 'owner', auth = 'password' } = entry
  const byLevel = access_level === 'owner' ? 'retain' : 'disable'
  const { cleanup_policy = input['cleanup_policy'] ?? byLevel } = entry
  const rest = Object.entries(input).filter(([field]) => !NOT_IN_MARKERS.includes(field))
  return {
    ...Object.fromEntries(rest),
    schema_version: 1,
    workspace: 'default',
    application_databases: { [application]: { ...names, access_level, auth, cleanup_policy } },
  }
}

function isObject(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null
}
