/** Each Terraform test is run in both ways, or it stands written why not. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { BOTH_WAYS, ONE_WAY, SAMPLE } from '../../support/compat/ways.ts'
import { ROOT } from '../../support/documents.ts'

test('every Terraform test is in one of the two lists', (t) => {
  const entries = readdirSync(join(ROOT, 'test', 'terraform'), { recursive: true, encoding: 'utf8' })
  const files = entries.filter((name) => name.endsWith('.test.ts')).map((name) => name.replace(/\.test\.ts$/, ''))
  t.deepEqual([...BOTH_WAYS, ...Object.keys(ONE_WAY)].sort(), files.sort())
  t.deepEqual(
    SAMPLE.filter((name) => !BOTH_WAYS.includes(name)),
    [],
  )
})
