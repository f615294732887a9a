/** The troubleshooting page is complete and current: whatever the program can say stands in it. */
import { readFile } from 'node:fs/promises'
import test from 'ava'
import { BY_FAILURE, BY_FIELD } from '../../support/troubleshooting/meanings.ts'
import { meaningOf, troubleshootingPage } from '../../support/troubleshooting/page.ts'
import { readProblems, readTexts } from '../../support/troubleshooting/problems.ts'
import { EXIT } from '../../../src/errors.ts'
import { CHECKED_GUARDRAILS } from './guardrails.ts'

const problems = readProblems()

test('every problem of the sources has a meaning and an exit code', (t) => {
  t.true(problems.length > 100)
  t.deepEqual(
    problems.filter((problem) => meaningOf(problem) === null),
    [],
  )
})

test('no meaning is of something that nobody says any more', (t) => {
  const said = new Set(problems.map(({ field }) => field))
  t.deepEqual(
    Object.keys(BY_FIELD).filter((field) => !said.has(field)),
    [],
  )
})

test('every guardrail of the design is among them, and blocks', (t) => {
  for (const guardrail of CHECKED_GUARDRAILS) t.is(BY_FIELD[guardrail]?.exit, EXIT.blocked, guardrail)
})

test('nothing that is wrong with the input or the command line exits as a guardrail does', (t) => {
  const ofInput = problems.filter(({ file }) => file.startsWith('input/'))
  t.true(ofInput.some(({ field }) => field === 'destroy'))
  t.deepEqual(
    ofInput.filter((problem) => meaningOf(problem)?.exit !== EXIT.invalidInput),
    [],
  )
})

test('every reason of a failed connection has a meaning and a remedy', (t) => {
  t.deepEqual([...readTexts('run/connection-error.ts', 'REMEDIES').keys()].sort(), Object.keys(BY_FAILURE).sort())
})

test('helpers are followed to their calls, choices and constants to their texts', (t) => {
  const messages = problems.filter(({ field }) => field === 'setting').map(({ message }) => message)
  t.true(messages.includes('the server knows no parameter ….'))
  t.deepEqual(
    problems.filter(({ field, message }) => field === 'approval' && message === '…'),
    [],
  )
})

test('the page is what the sources give (npm run docs)', async (t) => {
  t.is(
    await readFile(new URL('../../../terraform-module/TROUBLESHOOTING.md', import.meta.url), 'utf8'),
    troubleshootingPage(),
  )
})
