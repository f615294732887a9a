/** `report`: from the audit files, and with a connection from the server itself; changes nothing. */
import { BlockedError } from '../errors.ts'
import type { AccessMatrix } from '../model/access.ts'
import type { Beyond } from '../model/beyond.ts'
import type { Credential } from '../model/credential.ts'
import type { Declaration } from '../model/declaration.ts'
import type { RunIdentity } from '../model/run.ts'
import type { Plan } from '../model/step.ts'
import type { Report, ReportServer, Section, SectionId } from '../report/report.ts'
import { accessHistorySection } from '../report/sections/access-history.ts'
import { accessSection, outsideGrantsSection } from '../report/sections/access.ts'
import { expiringSection, type OwnedCredential, secretsSection } from '../report/sections/ages.ts'
import { type Drift, driftSection } from '../report/sections/drift.ts'
import { historySection } from '../report/sections/history.ts'
import { problemsSection } from '../report/sections/problems.ts'
import { retainedSection } from '../report/sections/retained.ts'
import { runsSection } from '../report/sections/runs.ts'
import { provenBuilds, traceabilitySection } from '../report/sections/traceability.ts'
import { undeclaredSection } from '../report/sections/undeclared.ts'
import { unmanagedSection } from '../report/sections/unmanaged.ts'
import { type Folders, readAuditFiles } from '../report/sources/read.ts'
import { findAllBeyond } from '../plan/beyond.ts'
import { lookUps } from '../plan/context.ts'
import type { ReportOptions } from '../input/report-options.ts'
import type { Connections } from '../server/connections.ts'
import type { Inspection } from '../server/inspect.ts'
import { TOOL_VERSION } from '../version.ts'

import type { Credentials } from './connection/credentials.ts'
import type { Dependencies, RunContext } from './context.ts'
import { readAccessMatrix } from './access-matrix.ts'
import { withInstance } from './connection/look.ts'
import { type MastersPart, openAsMaster } from './connection/master-look.ts'
import { toProvisionError } from './end/provision-error.ts'
import { guardAndPlan, inspectServer, MissingRights } from './apply/round.ts'
import { Setbacks } from './end/setbacks.ts'

/** What a report is made for; `server` null: from the files alone. */
export interface ReportRequest {
  readonly options: ReportOptions
  readonly folders: Folders
  readonly server: AskedServer | null
  readonly now: Date
}

export interface AskedServer {
  readonly declaration: Pick<Declaration, 'environment' | 'stack' | 'instance'>
  /** @param known what the audit files prove (`provenBuilds`). @throws ProvisionError */
  readonly look: (known: ReadonlySet<string>) => Promise<readonly Section[]>
}

/** A server that this process asks itself. */
export interface LiveServer {
  readonly declaration: Declaration
  readonly identity: RunIdentity
  readonly dependencies: Dependencies
}

/** The part of a report's options that what the server tells goes by. */
export type LiveOptions = Pick<ReportOptions, 'criteria' | 'expiresWithinDays' | 'secretsOlderThanDays'>

/** @throws ProvisionError where a folder cannot be read or the server not be reached. */
export async function makeReport({ options, folders, server, now }: ReportRequest): Promise<Report> {
  const files = await readAuditFiles(folders)
  const live = server === null ? [] : await server.look(provenBuilds(server.declaration, files.entries))
  const { criteria } = options
  const all: Section[] = [
    problemsSection(files),
    ...live,
    accessHistorySection(files.entries, criteria),
    runsSection(files.entries, criteria),
    historySection(files.entries, criteria),
  ]
  const source =
    server === null ? [] : [`server ${server.declaration.instance.host}:${String(server.declaration.instance.port)}`]
  return {
    generatedAt: now,
    toolVersion: TOOL_VERSION,
    criteria,
    server: server === null ? null : subjectOf(server.declaration),
    sources: [...files.files, ...source],
    sections: all.filter(({ id, rows }) => isWanted(id, rows.length, options)),
    wrong: options.verify ? whatIsWrong(all, source.length + files.files.length) : [],
  }
}

export function subjectOf({ environment, stack, instance }: AskedServer['declaration']): ReportServer {
  return { environment, stack, instance: instance.identifier }
}

/** What is wrong is always told; the rest where nothing else was asked for. */
function isWanted(id: SectionId, rows: number, { sections, verify }: ReportOptions): boolean {
  if (id === 'problems' && rows > 0) return true
  if (sections.length > 0) return sections.some((section) => section === id)
  return (id !== 'problems' && id !== 'traceability') || verify
}

/** Where nothing is left to check, nothing is proven. */
function whatIsWrong(sections: readonly Section[], sources: number): string[] {
  if (sources === 0) return ['There is no audit file to check.']
  const count = (id: SectionId): number => sections.find((section) => section.id === id)?.rows.length ?? 0
  const [faults, untraceable] = [count('problems'), count('traceability')]
  return [
    ...(faults === 0
      ? []
      : [`Something is wrong in the audit files: ${String(faults)} ${faults === 1 ? 'problem' : 'problems'}.`]),
    ...(untraceable === 0
      ? []
      : [
          `${String(untraceable)} ${untraceable === 1 ? 'role or database is' : 'roles or databases are'} not traceable to a build.`,
        ]),
  ]
}

/** The sections that only the server can tell. @throws ProvisionError where it cannot be reached. */
export async function lookForReport(
  { declaration, identity, dependencies }: LiveServer,
  options: LiveOptions,
  known: ReadonlySet<string>,
  now: Date,
): Promise<Section[]> {
  try {
    return await withInstance(declaration, identity, dependencies, async ({ server, context, credentials, part }) => {
      const { inspection, matrix } = await inspectWithMatrix(context, server, credentials)
      const { cluster } = inspection.actual
      const { criteria, expiresWithinDays, secretsOlderThanDays } = options
      return [
        traceabilitySection(declaration, cluster, known),
        accessSection(matrix, criteria),
        outsideGrantsSection(matrix, criteria),
        retainedSection(matrix, criteria),
        driftSection(await driftFrom(context, inspection, credentials, part), declaration.environment, criteria),
        undeclaredSection(beyondIn(declaration, inspection), declaration.environment, criteria),
        unmanagedSection(declaration, cluster),
        expiringSection(declaration, cluster, expiresWithinDays, criteria, now),
        secretsSection(owned(credentials), secretsOlderThanDays, criteria, now),
      ]
    })
  } catch (error) {
    throw toProvisionError(error)
  }
}

/**
 * The server with the access matrix, which is asked for in every database of the stack and not, with the inspection, in
 * those that are declared alone. Every password is proven, whatever an apply leaves out.
 * @throws ConnectFailure, StatementError
 */
export async function inspectWithMatrix(
  context: RunContext,
  server: Connections,
  { applications }: Pick<Credentials, 'applications'>,
): Promise<{ readonly inspection: Inspection; readonly matrix: AccessMatrix }> {
  const { declaration } = context
  const looked = { ...declaration, governanceDir: null, verifyLogins: 'all' } as const
  const inspection = await inspectServer({ ...context, declaration: looked }, server, applications, null, true)
  return { inspection, matrix: await readAccessMatrix(declaration, server, inspection) }
}

/** Where the admin lacks rights that the apply has the master give, what comes then. */
async function driftFrom(
  context: RunContext,
  inspection: Inspection,
  { admin }: Pick<Credentials, 'admin'>,
  part: MastersPart | null,
): Promise<Drift> {
  const setbacks = new Setbacks(context.declaration, context.declaration.masterSecretId !== null && part === null)
  try {
    const plan = await guardAndPlan(context, inspection, setbacks)
    return { plan: part === null ? plan : together(part.plan, plan), blocked: setbacks.blocked }
  } catch (error) {
    if (error instanceof MissingRights) return driftAsMaster(context, inspection, admin)
    if (error instanceof BlockedError) return { plan: null, blocked: error.problems }
    throw error
  }
}

async function driftAsMaster(context: RunContext, inspection: Inspection, admin: Credential | null): Promise<Drift> {
  const { server, part } = await openAsMaster(context, admin, false)
  await server.close()
  const { cluster } = inspection.actual
  const seen = { ...inspection, actual: { ...inspection.actual, cluster: server.see?.(cluster) ?? cluster } }
  return driftFrom(context, seen, { admin }, part)
}

function together(first: Plan, second: Plan): Plan {
  return { findings: [...first.findings, ...second.findings], jobs: [...first.jobs, ...second.jobs] }
}

function beyondIn(declaration: Declaration, { actual }: Inspection): Beyond[] {
  return findAllBeyond(lookUps({ declaration, actual }))
}

function owned({ admin, applications }: Credentials): OwnedCredential[] {
  return [
    ...(admin === null ? [] : [{ application: null, credential: admin }]),
    ...[...applications].map(([application, credential]) => ({ application, credential })),
  ]
}
