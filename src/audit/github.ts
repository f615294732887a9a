import type { Problem } from '../model/problem.ts'
import type { AuditRecord } from '../model/audit.ts'
import { jobSummary } from './job-summary.ts'
import { shortLine, visible } from './one-line.ts'
import type { Reporter, Write } from './reporter.ts'

export interface GithubOptions {
  /** Standard output, which the runner reads. */
  readonly write: Write
  /** Appends to the file named by GITHUB_STEP_SUMMARY. */
  readonly writeSummary: Write
  /** Terraform puts a prefix before each line, so that a command is not at its beginning. */
  readonly insideTerraform: boolean
}

type Level = 'error' | 'warning'

/** The runner shows ten annotations of each kind a step (GitHub Docs, workflow commands); the job summary has all. */
const MAX_ANNOTATIONS = 10

/** Whether this runs on GitHub Actions; elsewhere the reporter is left out. */
export function isGithubActions(environment: Readonly<Record<string, string | undefined>>): boolean {
  return environment['GITHUB_ACTIONS'] === 'true'
}

/** Annotations for problems and warnings, and the job summary in Markdown, both at the end of the run. */
export function createGithubReporter({ write, writeSummary, insideTerraform }: GithubOptions): Reporter {
  const warnings: AuditRecord[] = []
  const annotate = insideTerraform ? bracketCommand : colonCommand
  return {
    record(record) {
      if (record.status === 'warning') warnings.push(record)
    },
    finish(document, problems, notes) {
      const texts = [
        ...warnings.map(({ application, message }) => ({ title: titleOf(application), message })),
        ...notes.map((message) => ({ title: titleOf(null), message })),
      ]
      for (const { title, message } of texts.slice(0, MAX_ANNOTATIONS))
        write(annotate('warning', title, shortLine(message)))
      for (const problem of problems.slice(0, MAX_ANNOTATIONS))
        write(annotate('error', titleOf(problem.application), problemText(problem)))
      writeSummary(jobSummary(document, warnings, problems, notes))
    },
  }
}

/** Annotations for what kept the program from beginning, inside Terraform or not. */
export function annotateProblems(problems: readonly Problem[], { write }: { readonly write: Write }): void {
  for (const problem of problems.slice(0, MAX_ANNOTATIONS))
    write(bracketCommand('error', titleOf(problem.application), problemText(problem)))
}

function titleOf(application: string | null): string {
  return application === null ? 'rds-provision' : `rds-provision: ${visible(application)}`
}

function problemText({ field, message, remedy }: Problem): string {
  return `${visible(field)}: ${shortLine(message)} ${shortLine(remedy)}`.trim()
}

/** `::error title=…::message`, which the runner obeys at the beginning of a line only. */
function colonCommand(level: Level, title: string, message: string): string {
  return `::${level} title=${percentEncode(title, /[%\r\n:,]/g)}::${percentEncode(message, /[%\r\n]/g)}\n`
}

/**
 * `##[error title=…]message`: the runner's older form, which it obeys anywhere in a line (actions/runner,
 * src/Runner.Common/ActionCommand.cs, TryParse), so behind Terraform's prefix too.
 */
function bracketCommand(level: Level, title: string, message: string): string {
  return `##[${level} title=${percentEncode(title, /[%\r\n;\]]/g)}]${percentEncode(message, /[%\r\n;\]]/g)}\n`
}

/** What ActionCommand.cs decodes again, property and data by their own sets. */
function percentEncode(text: string, characters: RegExp): string {
  return text.replace(
    characters,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}
