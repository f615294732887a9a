import { styleText } from 'node:util'

import type { Problem } from '../model/problem.ts'
import type { AuditRecord, AuditStatus } from '../model/audit.ts'
import { consequenceLines } from '../model/consequence.ts'
import { shortLine, visible } from './one-line.ts'
import type { Reporter, Write } from './reporter.ts'
import { applicationsLine, closingLine } from './summary.ts'

export interface TextOptions {
  readonly write: Write
  readonly colour: boolean
  /** List `no_change` records too; otherwise they are counted. */
  readonly listUnchanged: boolean
}

type Colour = 'green' | 'yellow' | 'red' | 'gray' | 'bold'

/** Signs as in a Terraform plan; `!` is what wants attention. */
const LOOKS: Readonly<Record<AuditStatus, { readonly sign: string; readonly colour: Colour }>> = {
  created: { sign: '+', colour: 'green' },
  updated: { sign: '~', colour: 'yellow' },
  removed: { sign: '-', colour: 'red' },
  no_change: { sign: '=', colour: 'gray' },
  blocked: { sign: '!', colour: 'red' },
  failed: { sign: '!', colour: 'red' },
  skipped: { sign: '.', colour: 'gray' },
  warning: { sign: '!', colour: 'yellow' },
}

/**
 * Readable lines for a terminal or for `terraform apply`, which puts a prefix before each: every line stands alone and
 * no text from outside can add one. Changes come as they happen, `no_change` is counted, warnings and problems stand at
 * the end once more, where people look, and the last line says how it went.
 */
export function createTextReporter(options: TextOptions): Reporter {
  const warnings: AuditRecord[] = []
  const paint = (colour: Colour, text: string): string =>
    options.colour ? styleText(colour, text, { validateStream: false }) : text
  const line = (colour: Colour, text: string): void => options.write(`${paint(colour, text)}\n`)
  return {
    record(record, isQuiet = false) {
      if (record.status === 'warning') warnings.push(record)
      if (isListed(record, isQuiet, options.listUnchanged)) line(LOOKS[record.status].colour, recordLine(record))
      for (const text of consequenceLines(record)) line('yellow', consequenceLine(record, text))
    },
    finish(document, problems, notes) {
      if (warnings.length + notes.length > 0) line('yellow', `warnings: ${warnings.length + notes.length}`)
      for (const warning of warnings) line('yellow', recordLine(warning))
      for (const note of notes) line('yellow', `! ${shortLine(note)}`)
      if (problems.length > 0) line('red', `problems: ${problems.length}`)
      for (const problem of problems) printProblem(problem, line)
      const applications = applicationsLine(document, problems)
      if (applications !== null) line('red', applications)
      line(document.run.exit_code === 0 ? 'bold' : 'red', closingLine(document))
    },
  }
}

/**
 * An IAM login cannot be proven and is `skipped` in every run (src/README.md: Passwords): counted, like what did not
 * change, and like what a failed run did not reach, which would hide what failed. What was blocked stands among the
 * problems, with its remedy.
 */
function isListed(record: AuditRecord, isQuiet: boolean, listUnchanged: boolean): boolean {
  const isUneventful = isQuiet || (record.status === 'skipped' && record.object === 'login')
  if (record.status === 'no_change' || isUneventful) return listUnchanged
  return record.status !== 'blocked'
}

/** `+ keycloak: role keycloak_dev_user (owner)` on one line, safe to print. */
function recordLine(record: AuditRecord): string {
  const parts = [
    record.application === null ? null : visible(record.application),
    ...(saysItself(record) ? [] : subjectParts(record)),
    shortLine(record.message),
  ]
  return `${LOOKS[record.status].sign} ${parts.filter((part) => part !== null && part !== '').join(': ')}`
}

/** `! keycloak: LOSES anna: SELECT on app.orders in shop_db`, on one line of its own. */
function consequenceLine({ application }: AuditRecord, text: string): string {
  const whose = application === null ? '' : `${visible(application)}: `
  return `! ${whose}${shortLine(text)}`
}

/** A message that names what it is about needs no more words before it. */
export function saysItself({
  message,
  username,
  database,
}: Pick<AuditRecord, 'message' | 'username' | 'database'>): boolean {
  return [username, database].some((name) => name !== null && name !== '' && message.includes(name))
}

function subjectParts(record: AuditRecord): string[] {
  return [[record.object, subjectOf(record)].filter((part) => part !== '').join(' '), visible(record.action)]
}

/** The name that tells a record of its kind from the others of one application. */
function subjectOf({ object, database, username }: AuditRecord): string {
  const name = { database: visible(database ?? ''), username: visible(username ?? '') }
  switch (object) {
    case 'role':
    case 'password':
    case 'login':
    case 'admin':
      return name.username
    case 'database':
    case 'schema':
    case 'extension':
    case 'snapshot':
      return name.database
    case 'grant':
    case 'default_privileges':
    case 'setting':
    case 'tag':
      return [name.username, name.database].filter((part) => part !== '').join(' on ')
  }
}

function printProblem(problem: Problem, line: (colour: Colour, text: string) => void): void {
  const subject = [problem.application, problem.field]
    .filter((part) => part !== null && part !== '')
    .map((part) => visible(part ?? ''))
  line('red', `! ${[...subject, shortLine(problem.message)].join(': ')}`)
  for (const remedy of problem.remedy.split(/\r?\n/).filter((part) => part.trim() !== ''))
    line('bold', `  -> ${shortLine(remedy)}`)
}
