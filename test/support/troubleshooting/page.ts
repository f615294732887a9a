/** The troubleshooting page: every problem of the sources with its meaning and its remedy. */
import { EXIT } from '../../../src/errors.ts'
import { markdownTable, markdownText } from '../../../src/audit/markdown.ts'
import { BY_FAILURE, BY_FIELD, BY_FILE, EXIT_MEANINGS, type Meaning } from './meanings.ts'
import { type ProblemText, readProblems, readTexts } from './problems.ts'

/** null: nobody said yet what it means. */
export function meaningOf({ field, file }: ProblemText): Meaning | null {
  // A command and a guardrail may have one name: `destroy`.
  if (file.startsWith('input/') && BY_FIELD[field]?.exit === EXIT.blocked)
    return BY_FILE.find(([pattern]) => pattern.test(file))?.[1] ?? null
  return BY_FIELD[field] ?? BY_FILE.find(([pattern]) => pattern.test(file))?.[1] ?? null
}

/** The text of `terraform-module/TROUBLESHOOTING.md`. */
export function troubleshootingPage(): string {
  const problems = readProblems()
  const remedies = readTexts('run/connection-error.ts', 'REMEDIES')
  const certificates = readTexts('server/failure.ts', 'CERTIFICATE_ADVICE')
  return (
    [
      '# Troubleshooting',
      'Generated from the sources by `npm run docs`. An error reads `application: field: message remedy`; `…` stands for what differs from run to run. All problems of a run are told at once.',
      '## Exit codes',
      markdownTable(
        ['Exit', 'Meaning'],
        Object.entries(EXIT).flatMap(([name, code]) =>
          Object.entries(EXIT_MEANINGS)
            .filter(([key]) => key === name)
            .map(([, meaning]) => [String(code), meaning]),
        ),
      ),
      '## Guardrails and other problems',
      markdownTable(['Field', 'Message', 'Meaning', 'Remedy', 'Exit'], problems.map(problemRow)),
      '## Connections',
      'The message is `instance: cannot connect to …: <reason>`, exit 6.',
      markdownTable(
        ['Reason', 'Meaning', 'Remedy'],
        Object.entries(BY_FAILURE).map(([kind, meaning]) => [
          kind.replaceAll('_', ' '),
          meaning,
          markdownText(remedies.get(kind) ?? ''),
        ]),
      ),
      '### Certificates',
      markdownTable(
        ['Code', 'Meaning'],
        [...certificates].map(([code, meaning]) => [markdownText(code), markdownText(meaning)]),
      ),
    ].join('\n\n') + '\n'
  )
}

function problemRow(problem: ProblemText): string[] {
  const { exit = '', meaning = '' } = meaningOf(problem) ?? {}
  return [
    markdownText(problem.field),
    markdownText(problem.message),
    meaning,
    markdownText(problem.remedy),
    String(exit),
  ]
}
