import test from 'ava'

import type { Problem } from '../../../src/model/problem.ts'
import type { RecordDraft } from '../../../src/model/audit.ts'
import { annotateProblems, createGithubReporter, isGithubActions } from '../../../src/audit/github.ts'
import { documentOf, problem } from './sample.ts'

const PROBLEM: Problem = {
  application: 'a;b:c,d]',
  code: 'owner_mismatch',
  field: 'owner mismatch',
  message: '100% wrong\nreally; [x]',
  remedy: 'Fix it.',
}

const WARNING: Partial<RecordDraft> = { status: 'warning', message: 'PUBLIC may create.' }

function report(
  insideTerraform: boolean,
  document = documentOf([]),
  problems: readonly Problem[] = [PROBLEM],
): { lines: string[]; summary: string } {
  const lines: string[] = []
  const summary: string[] = []
  const reporter = createGithubReporter({
    write: (text) => lines.push(text),
    writeSummary: (text) => summary.push(text),
    insideTerraform,
  })
  for (const record of document.records) reporter.record(record)
  reporter.finish(document, problems, [])
  return { lines, summary: summary.join('') }
}

test('an annotation at the beginning of a line, property and message escaped by their own sets', (t) => {
  t.deepEqual(report(false).lines, [
    '::error title=rds-provision%3A a;b%3Ac%2Cd]::owner mismatch: 100%25 wrong really; [x] Fix it.\n',
  ])
})

test("behind Terraform's prefix, the form that the runner obeys anywhere", (t) => {
  t.deepEqual(report(true).lines, [
    '##[error title=rds-provision: a%3Bb:c,d%5D]owner mismatch: 100%25 wrong really%3B [x%5D Fix it.\n',
  ])
})

test('warnings are annotated, no more than the runner shows', (t) => {
  const { lines } = report(false, documentOf(Array.from({ length: 30 }, () => WARNING)), [])
  t.is(lines.length, 10)
  t.is(lines[0], '::warning title=rds-provision%3A keycloak::PUBLIC may create.\n')
})

test('the job summary', (t) => {
  const document = documentOf(
    [{ message: 'a | b\nc' }, { status: 'no_change' }, { status: 'warning', message: 'PUBLIC may create.' }],
    {},
    { outcome: 'failed', exitCode: 1, problems: [problem('x')] },
  )
  t.is(
    report(true, document).summary,
    `\
### rds-provision apply: dev, shared

failed (exit 1): 1 created, 1 warning, 1 unchanged in 2.8 s (build 100, run run-1)

**Problems: 1**

| Application | What | Problem | Remedy |
| --- | --- | --- | --- |
| a;b:c,d\\] | owner mismatch | 100% wrong really; \\[x\\] | Fix it. |

**Warnings: 1**

| Application | Database | Login | Warning |
| --- | --- | --- | --- |
| keycloak | keycloak_dev_db | keycloak_dev_user | PUBLIC may create. |

**Changes: 1**

| Status | Application | Object | Database | Login | Why |
| --- | --- | --- | --- | --- | --- |
| created | keycloak | role | keycloak_dev_db | keycloak_dev_user | a \\| b c |

`,
  )
})

test('a run of thousands stays below the limit of a summary', (t) => {
  const { summary } = report(true, documentOf(Array.from({ length: 6000 }, () => ({}))), [])
  t.regex(summary, /5500 more in the audit file\./)
  t.true(Buffer.byteLength(summary) < 1024 * 1024)
})

test('what kept the program from beginning is annotated too', (t) => {
  const lines: string[] = []
  const problem = {
    application: null,
    code: 'unreadable_input' as const,
    field: '--input',
    message: 'cannot be read: 100%.',
    remedy: 'Give; another.',
  }
  annotateProblems(
    Array.from({ length: 11 }, () => problem),
    { write: (text) => lines.push(text) },
  )
  t.deepEqual(
    lines,
    Array.from(
      { length: 10 },
      () => '##[error title=rds-provision]--input: cannot be read: 100%25. Give%3B another.\n',
    ),
  )
})

test('only on GitHub Actions', (t) => {
  t.true(isGithubActions({ GITHUB_ACTIONS: 'true' }))
  t.false(isGithubActions({ GITLAB_CI: 'true' }))
})
