/** `report --review`: who has which right, to be signed, or what became of that (src/README.md: Access reviews). */
import { InvalidInputError } from '../errors.ts'
import type { ReportOptions } from '../input/report-options.ts'
import { describeCriteria } from '../report/criteria.ts'
import type { Report, Section, SectionId } from '../report/report.ts'
import { decisionsSection, openSentences } from '../report/review/decisions-section.ts'
import { lastChanges } from '../report/review/history.ts'
import { lineSection, linesOf } from '../report/review/line.ts'
import { reviewLines } from '../report/review/lines.ts'
import { readSigned } from '../report/review/read-signed.ts'
import { linesInScope } from '../report/review/scope.ts'
import { paperSection, sheetSection } from '../report/review/sheet.ts'
import { parseSigned } from '../report/review/signed.ts'
import { surroundingsOf, surroundingsSection } from '../report/review/surroundings.ts'
import { judge } from '../report/review/states.ts'
import { problemsSection } from '../report/sections/problems.ts'
import { type AuditFiles, type Folders, readAuditFiles } from '../report/sources/read.ts'
import { TOOL_VERSION } from '../version.ts'
import { withInstance } from './connection/look.ts'
import { toProvisionError } from './end/provision-error.ts'
import { type AskedServer, inspectWithMatrix, type LiveServer, subjectOf } from './report.ts'

export interface ReviewRequest {
  readonly options: ReportOptions
  readonly folders: Folders
  readonly server: Pick<AskedServer, 'declaration'> & {
    /** `lookForReview`, here or there. @throws ProvisionError */
    readonly look: () => Promise<readonly Section[]>
  }
  readonly now: Date
}

/** @throws ProvisionError where a file cannot be read or taken, or the server not be reached. */
export async function makeReview({ options, folders, server, now }: ReviewRequest): Promise<Report> {
  const { criteria } = options
  const { declaration } = server
  const subject = subjectOf(declaration)
  const scope = describeCriteria(criteria)
  const signed = options.signed === null ? null : parseSigned(await readSigned(options.signed), { ...subject, scope })
  const files = await readAuditFiles(folders)
  const sections = await server.look()
  const lines = linesOf(sectionIn(sections, 'review'))
  const scoped = linesInScope(lines, criteria)
  const surroundings = surroundingsOf(sectionIn(sections, 'instance'))
  const judged = signed === null ? [] : judge(signed, { lines, scoped, surroundings })
  const sheet = { lines: scoped, lookedAt: now, scope, lastChange: lastChanges(subject, files.entries) }
  const isData = options.format === 'csv' || options.format === 'json'
  const section =
    signed === null
      ? isData
        ? sheetSection(sheet)
        : paperSection(sheet)
      : decisionsSection(signed, judged, subject.environment)
  return {
    generatedAt: now,
    toolVersion: TOOL_VERSION,
    criteria,
    server: subject,
    sources: sourcesOf(files, declaration, options.signed),
    sections: [...faultsIn(files), section],
    wrong: signed === null ? [] : openSentences(signed, judged),
  }
}

function sourcesOf(
  { files }: AuditFiles,
  { instance: { host, port } }: ReviewRequest['server']['declaration'],
  signed: string | null,
): string[] {
  return [...(signed === null ? [] : [signed]), ...files, `server ${host}:${String(port)}`]
}

function faultsIn(files: AuditFiles): Section[] {
  const section = problemsSection(files)
  return section.rows.length === 0 ? [] : [section]
}

/** A function of before 1.1 tells what a report says. */
function sectionIn(sections: readonly Section[], wanted: SectionId): Section {
  const found = sections.find(({ id }) => id === wanted)
  if (found !== undefined) return found
  const problem = {
    application: null,
    code: 'other_protocol',
    field: 'runner',
    message: 'the function is of an older release, which knows no access review.',
    remedy: 'Deploy the function of this release.',
  } as const
  throw new InvalidInputError([problem])
}

/** All rights, and what else is on the instance. @throws ProvisionError where it cannot be reached. */
export async function lookForReview({ declaration, identity, dependencies }: LiveServer): Promise<Section[]> {
  try {
    return await withInstance(declaration, identity, dependencies, async ({ server, context, credentials }) => {
      const { inspection, matrix } = await inspectWithMatrix(context, server, credentials)
      const { actual } = inspection
      return [lineSection(reviewLines(declaration, actual, matrix)), surroundingsSection(actual.cluster, matrix)]
    })
  } catch (error) {
    throw toProvisionError(error)
  }
}
