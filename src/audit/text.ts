import { styleText } from 'node:util'

import type { Problem } from '../model/problem.ts'
import type { AuditRecord, AuditStatus } from '../model/audit.ts'
import { consequenceLines } from '../model/consequence.ts'
import { shortLine, visible } from './one-line.ts'
import type { Reporter, Write } from './reporter.ts'
import { standingLine } from './standing.ts'
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
 * no text from outside can add one. Changes come as they happen, `no_change` is counted, and so is what is so in every
 * run. Warnings and problems stand at the end, where people look, and nowhere else: Terraform prints all of it once
 * more where a run fails. The last line says how it went.
 */
export function createTextReporter(options: TextOptions): Reporter {
  const warnings: AuditRecord[] = []
  const failed: AuditRecord[] = []
  const standing: AuditRecord[] = []
  const paint = (colour: Colour, text: string): string =>
    options.colour ? styleText(colour, text, { validateStream: false }) : text
  const line = (colour: Colour, text: string): void => options.write(`${paint(colour, text)}\n`)
  const print = (record: AuditRecord): void => {
    line(LOOKS[record.status].colour, recordLine(record))
    printConsequences(record, line)
  }
  return {
    record(record, isQuiet = false) {
      if (record.status === 'warning') warnings.push(record)
      else if (record.status === 'failed') failed.push(record)
      else if (record.standing !== undefined && !options.listUnchanged) standing.push(record)
      else if (isListed(record, isQuiet, options.listUnchanged)) print(record)
      else printConsequences(record, line)
    },
    finish(document, problems, notes) {
      const untold = failed.filter((record) => !problems.some((problem) => isToldBy(record, problem)))
      for (const record of untold) print(record)
      const stands = standingLine(standing, 'the audit names each')
      if (stands !== null) line('gray', stands)
      if (warnings.length + notes.length > 0) line('yellow', `warnings: ${warnings.length + notes.length}`)
      for (const warning of warnings) print(warning)
      for (const note of notes) line('yellow', `! ${shortLine(note)}`)
      if (problems.length > 0) line('red', `problems: ${problems.length}`)
      for (const [index, problem] of problems.entries()) printProblem(problem, problems[index + 1], line)
      const applications = applicationsLine(document, problems)
      if (applications !== null) line('red', applications)
      line(document.run.exit_code === 0 ? 'bold' : 'red', closingLine(document))
    },
  }
}

/**
 * What failed is a problem of the run's too, with its remedy. Where a connection broke, that one problem does not say
 * of which statements nobody knows whether they took effect: each of those is told.
 */
function isToldBy(record: AuditRecord, { application, code }: Problem): boolean {
  const isOfAll = application === null && code !== 'connection_lost'
  return record.code === code && (isOfAll || application === record.application)
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

/** `! keycloak: LOSES anna: SELECT on app.orders in shop_db`, each on one line of its own. */
function printConsequences(record: AuditRecord, line: (colour: Colour, text: string) => void): void {
  const whose = record.application === null ? '' : `${visible(record.application)}: `
  for (const text of consequenceLines(record)) line('yellow', `! ${whose}${shortLine(text)}`)
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

/** @param next the one that is printed after it: what helps against several is told once, behind the last of them */
function printProblem(problem: Problem, next: Problem | undefined, line: (colour: Colour, text: string) => void): void {
  const subject = [problem.application, problem.field]
    .filter((part) => part !== null && part !== '')
    .map((part) => visible(part ?? ''))
  line('red', `! ${[...subject, shortLine(problem.message)].join(': ')}`)
  if (problem.remedy === next?.remedy) return
  for (const remedy of problem.remedy.split(/\r?\n/).filter((part) => part.trim() !== ''))
    line('bold', `  -> ${shortLine(remedy)}`)
}
