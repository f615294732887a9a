import { oneLine, shortLine } from '../audit/one-line.ts'
import { describeProblem, type ProvisionError } from '../errors.ts'
import { describeEffect } from '../model/effect.ts'
import type { Preview } from './preview.ts'

/** So many lines are told in a warning of Terraform's; `plan` has all. */
const MAX_LINES = 50

/**
 * `plan --external`: an object of texts, which is what the data source `external` takes as its result; none is empty
 * (src/README.md: Data sources inside of a check). `differs` is `true` or `false`; `lines` says what does, one a line:
 * effects, and what would block them.
 */
export function previewExternal({ effects, blocked }: Pick<Preview, 'effects' | 'blocked'>): string {
  const all = [...effects.map(describeEffect), ...blocked.map(describeProblem)]
  const more = all.length - MAX_LINES
  const lines = all.slice(0, MAX_LINES).map(shortLine)
  if (more > 0) lines.push(`and ${String(more)} more: rds-provision plan has all`)
  return all.length > 0 ? textOf('true', lines) : textOf('false', ['nothing differs'])
}

/** The same where nobody could look: `differs` is `unknown`, and `lines` says why. */
export function externalError({ problems }: ProvisionError): string {
  return textOf(
    'unknown',
    problems.map((problem) => oneLine(describeProblem(problem))),
  )
}

function textOf(differs: 'true' | 'false' | 'unknown', lines: readonly string[]): string {
  return `${JSON.stringify({ differs, lines: lines.join('\n') })}\n`
}
