import type { Problem } from '../model/problem.ts'
import type { AuditDocument, AuditRecord } from '../model/audit.ts'
import { consequenceLines } from '../model/consequence.ts'
import { markdownName, markdownTable, markdownText } from './markdown.ts'
import { applicationsLine, closingLine } from './summary.ts'

/** A step's summary may have 1 MiB (GitHub Docs, job summaries); so many rows of a few hundred bytes stay far below. */
const MAX_ROWS = 500

const CHANGED: ReadonlySet<string> = new Set(['created', 'updated', 'removed', 'failed'])

/** One run as Markdown for a CI job's summary page: how it went, problems, warnings, changes. */
export function jobSummary(
  document: AuditDocument,
  warnings: readonly AuditRecord[],
  problems: readonly Problem[],
  notes: readonly string[],
): string {
  const { run, records } = document
  const where = [run.environment, run.cluster_name]
    .filter((part) => part !== null)
    .map(markdownName)
    .join(', ')
  return (
    [
      `### rds-provision ${run.command}${where === '' ? '' : `: ${where}`}`,
      ...[applicationsLine(document, problems), closingLine(document)].flatMap((line) =>
        line === null ? [] : [markdownText(line)],
      ),
      ...table('Problems', ['Application', 'What', 'Problem', 'Remedy'], problems.map(problemRow)),
      ...table(
        'Warnings',
        ['Application', 'Database', 'Login', 'Warning'],
        [...warnings.map(warningRow), ...notes.map((note) => ['', '', '', markdownText(note)])],
      ),
      ...table(
        'Changes',
        ['Status', 'Application', 'Object', 'Database', 'Login', 'Why'],
        records.filter(({ status }) => CHANGED.has(status)).map(changeRow),
      ),
      ...table('Losses and gains', ['Application', 'Who loses or gains what'], records.flatMap(consequenceRows)),
    ].join('\n\n') + '\n\n'
  )
}

/** What kept a command from being done at all, for the same page. */
export function problemsSummary(command: string, problems: readonly Problem[]): string {
  return (
    [
      `### rds-provision ${markdownName(command)}`,
      ...table('Problems', ['Application', 'What', 'Problem', 'Remedy'], problems.map(problemRow)),
    ].join('\n\n') + '\n\n'
  )
}

function table(title: string, header: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return []
  const rest = rows.length - MAX_ROWS
  return [
    `**${title}: ${rows.length}**`,
    markdownTable(header, rows.slice(0, MAX_ROWS)),
    ...(rest > 0 ? [`${rest} more in the audit file.`] : []),
  ]
}

function problemRow({ application, field, message, remedy }: Problem): readonly string[] {
  return [markdownName(application ?? ''), markdownName(field), markdownText(message), markdownText(remedy)]
}

function warningRow({ application, database, username, message }: AuditRecord): readonly string[] {
  return [...[application, database, username].map((name) => markdownName(name ?? '')), markdownText(message)]
}

function consequenceRows(record: AuditRecord): (readonly string[])[] {
  return consequenceLines(record).map((line) => [markdownName(record.application ?? ''), markdownText(line)])
}

function changeRow({ status, application, object, database, username, message }: AuditRecord): readonly string[] {
  return [
    status,
    markdownName(application ?? ''),
    object,
    markdownName(database ?? ''),
    markdownName(username ?? ''),
    markdownText(message),
  ]
}
