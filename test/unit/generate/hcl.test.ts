/** What is generated as HCL: escaped, aligned, one line a note; `terraform fmt` looks at the same in test/terraform. */
import test from 'ava'
import { toHcl } from '../../../src/generate/hcl.ts'
import { Keys, keyFrom } from '../../../src/generate/names.ts'
import { toJson, toRemoved, toStatements } from '../../../src/generate/print.ts'
import { SAMPLE } from './sample.ts'

test('HCL', (t) => {
  const text = toHcl(SAMPLE)
  for (const line of [
    '# NEVER: role boss: it holds CREATEROLE',
    '  # FIRST: it belongs to the master (see --statements)',
    '  "for" = {',
    String.raw`    database_name    = "a\"b\\c $` + '${d} %%{e} \\u0009"',
    String.raw`      search_path    = ["app", "My \"x\""]`,
    '      "my.parameter" = "1"',
    '      "$odd"         = "2"',
    '    adopt_existing = true',
  ])
    t.true(text.split('\n').includes(line), `${line}\n${text}`)
  t.false(text.includes('\u202e'))
  t.false(/ $/m.test(text))
})

test('JSON, and what a person runs', (t) => {
  t.like(JSON.parse(toJson(SAMPLE, ['postgresql_role.a'])), {
    application_databases: { for: { adopt_existing: true } },
    notes: { 0: { kind: 'never', statements: [] } },
    removed: ['postgresql_role.a'],
  })
  t.false(toJson(SAMPLE, null).includes('removed'))
  t.is(
    toStatements(SAMPLE),
    '-- shop: it belongs to the master\n-- as dbmaster:\nBEGIN; CREATE ROLE "x: y" NOLOGIN; COMMIT;\n',
  )
  t.is(toStatements({ entries: [], notes: [] }), '-- There is nothing to run first.\n')
  t.is(toRemoved(['a.b']), 'removed {\n  from = a.b\n  lifecycle {\n    destroy = false\n  }\n}\n')
})

test('keys are keys, and each is given once', (t) => {
  t.deepEqual(['Legacy-CRM', 'bob.smith', '1st', 'Ünal', '日本', '_x_', 'pg_monitor!'].map(keyFrom), [
    'legacy-crm',
    'bob_smith',
    'x_1st',
    'unal',
    'x',
    'x',
    'pg_monitor',
  ])
  const keys = new Keys(['shop'])
  t.deepEqual(
    ['shop', 'Shop', 'shop_2', 'pg_monitor'].map((name) => keys.take(name)),
    ['shop_2', 'shop_3', 'shop_2_2', 'pg_monitor_2'],
  )
})
