/** The page of guardrails names them all, with what they say; the compiler keeps the catalogue complete. */
import test from 'ava'
import { GUARDRAILS } from '../../../src/model/problem.ts'
import { codesIn, guide, readDocument, sorted, tableUnder } from '../../support/documents.ts'
import { withGuardrails } from '../../support/troubleshooting/guardrails.ts'

const page = readDocument(guide('guardrails'))

test('the table is made from the catalogue (npm run docs)', (t) => {
  t.is(page, withGuardrails(page))
})

test('every guardrail, by its words and its code', (t) => {
  const rows = tableUnder(page, 'Guardrails').slice(1)
  t.deepEqual(sorted(rows.map(([words = '']) => words)), sorted(Object.values(GUARDRAILS)))
  t.deepEqual(sorted(rows.flatMap(([, code = '']) => codesIn(code))), sorted(Object.keys(GUARDRAILS)))
})
