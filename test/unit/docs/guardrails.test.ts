/** The page of guardrails names them all, with what they say. */
import test from 'ava'
import { codesIn, guide, readDocument, sorted, sourcesOf, tableUnder } from '../../support/documents.ts'

const page = readDocument(guide('guardrails'))

test('guardrails: every name, and what they say', (t) => {
  const source = sourcesOf('src/guardrails')
  const rows = tableUnder(page, 'Guardrails').slice(1)
  const calls = [...source.matchAll(/\bproblem\(\s*(?:[\w.]+|null),\s*(?:'([^']+)'|(\w+)),/g)]
  t.is(calls.length, (source.match(/\bproblem\(/g) ?? []).length - 1, 'a call that this test cannot read') // its definition
  const constants = new Map(
    [...source.matchAll(/const ([A-Z_]+) = '([^']+)'/g)].map(([, name = '', value = '']) => [name, value]),
  )
  const names = [
    ...calls.map(([, name, constant = '']) => name ?? constants.get(constant) ?? constant),
    ...[...source.matchAll(/\bfield: '([^']+)'/g)].map(([, name = '']) => name),
  ]
  t.deepEqual(sorted(rows.map(([name = '']) => name)), sorted(names))
  const plain = (text: string): string => text.replaceAll(/\$\{[^}]*\}/g, '…').replaceAll(/\\?["']/g, '')
  const said = plain(source)
  for (const [name = '', says = ''] of rows) {
    for (const part of codesIn(says)
      .flatMap((saying) => plain(saying).split('…'))
      .map((piece) => piece.trim())
      .filter((piece) => piece.length > 2)) {
      t.true(said.includes(part), `${name}: ${part}`)
    }
  }
})
