/** What the guides say of the module itself. */
import test from 'ava'
import { codesIn, guide, readDocument, sorted } from '../../support/documents.ts'

const page = readDocument(guide('get-started'))

test('the outputs of the module', (t) => {
  const declared = [...readDocument('terraform-module/outputs.tf').matchAll(/^output "(\w+)"/gm)].map(
    ([, name = '']) => name,
  )
  const sentence = /^The outputs are (.*?)\. /m.exec(page)?.[1] ?? ''
  t.deepEqual(sorted(codesIn(sentence)), sorted(declared))
})
