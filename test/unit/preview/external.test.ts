/** A plan as Terraform's data source `external` takes it: an object of texts, whatever happened. */
import test from 'ava'
import * as v from 'valibot'
import { ConnectionError } from '../../../src/errors.ts'
import type { Effect } from '../../../src/model/effect.ts'
import { externalError, previewExternal } from '../../../src/preview/external.ts'

const ABOUT = { application: 'shop', database: 'shop_dev_db', username: 'shop_dev_user', object: 'role' }
const effect = (words: string): Effect => ({ ...ABOUT, rule: 'alter_role', effect: words, detail: null })
const PROBLEM = {
  application: 'shop',
  code: 'schema',
  field: 'schema',
  message: 'is not its own.',
  remedy: 'Look.',
} as const

const Result = v.object({ differs: v.string(), lines: v.string() })

function read(text: string): unknown {
  if (!/^[^\n]+\n$/.test(text)) throw new Error(`not one line: ${text}`)
  return JSON.parse(text)
}

test('nothing differs', (t) => {
  t.deepEqual(read(previewExternal({ effects: [], blocked: [] })), { differs: 'false', lines: 'nothing differs' })
})

test('what differs and what is blocked, a line each, in which no name can make another', (t) => {
  const found = { effects: [effect('role a: connection limit 3 -> -1'), effect('role \n b')], blocked: [PROBLEM] }
  t.deepEqual(read(previewExternal(found)), {
    differs: 'true',
    lines: [
      'role a: connection limit 3 -> -1 (shop_dev_user in shop_dev_db)',
      'role b (shop_dev_user in shop_dev_db)',
      'shop: schema: is not its own. Look.',
    ].join('\n'),
  })
})

test('of many some are told', (t) => {
  const effects = Array.from({ length: 60 }, (_, at) => effect(`thing ${String(at)}`))
  const { lines } = v.parse(Result, read(previewExternal({ effects, blocked: [] })))
  t.is(lines.split('\n').length, 51)
  t.regex(lines, /\nand 10 more: rds-provision plan has all$/)
})

test('an error is a result', (t) => {
  const error = new ConnectionError([{ ...PROBLEM, application: null, code: 'server_unreachable', field: 'h:1' }])
  t.deepEqual(read(externalError(error)), { differs: 'unknown', lines: 'h:1: is not its own. Look.' })
})
