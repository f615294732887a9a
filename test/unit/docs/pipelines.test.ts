/** The page of pipelines and approval: exit codes, variables of the environment, the plan as JSON. */
import test from 'ava'
import * as v from 'valibot'
import { EXIT } from '../../../src/errors.ts'
import { previewJson } from '../../../src/preview/json.ts'
import { samplePreview } from '../report/sample.ts'
import { codesIn, fieldsUnder, guide, readDocument, sorted, sourcesOf, tableUnder } from '../../support/documents.ts'

const page = readDocument(guide('pipelines'))

test('exit codes', (t) => {
  t.deepEqual(
    tableUnder(page, 'Exit codes')
      .slice(1)
      .map(([code]) => code),
    Object.values(EXIT).sort().map(String),
  )
})

test('variables of the environment', (t) => {
  const isOurs = (name: string): boolean => !/^(AWS|PG)/.test(name)
  const read = [...sourcesOf('src/input').matchAll(/\b(?:[a-z]+Of\(env, |env\[)'([A-Z][A-Za-z_]+)'/g)]
    .map(([, name = '']) => name)
    .filter(isOurs)
  const named = tableUnder(page, 'Variables of the environment')
    .slice(1)
    .flatMap(([cell = '']) => codesIn(cell))
    .filter(isOurs)
  t.true(read.length > 5)
  t.deepEqual(sorted(named), sorted(read))
})

test('fields of a plan as JSON', (t) => {
  const members = v.parse(v.record(v.string(), v.unknown()), JSON.parse(previewJson(samplePreview())))
  t.deepEqual(fieldsUnder(page, 'The plan as JSON'), Object.keys(members))
})
