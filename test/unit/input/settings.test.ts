import test from 'ava'
import { parseDeclaration } from '../../../src/input/parse.ts'
import { fieldsOf, LEAST, parseApps } from './sample.ts'

function settingsOf(settings: object): readonly (readonly [string, unknown])[] {
  return [...(parseApps({ app: { settings } }).declaration.applications[0]?.settings ?? [])]
}

const CASES: readonly (readonly [string, unknown, unknown])[] = [
  ['search_path', '"$user", public', ['$user', 'public']],
  ['search_path', 'app,public', ['app', 'public']],
  ['search_path', 'app, public', ['app', 'public']],
  ['search_path', 'app', ['app']],
  ['search_path', 'Mixed', ['Mixed']],
  ['search_path', '"a ""b"", c" , d', ['a "b", c', 'd']],
  ['search_path', ['app, public', '$user'], ['app, public', '$user']],
  ['search_path', ['"$user"', 'app'], ['$user', 'app']],
  ['search_path', ['"a ""b"", c"', 'My "odd" one', '"', '"""x"""'], ['a "b", c', 'My "odd" one', '"', '"x"']],
  ['search_path', ['x"a"', '"a"x', 'a"'], ['x"a"', '"a"x', 'a"']],
  ['search_path', '', ['']],
  ['search_path', '  ', ['']],
  ['search_path', '""', ['']],
  ['search_path', true, ['true']],
  ['search_path', 7, ['7']],
  ['temp_tablespaces', 'a, b', ['a', 'b']],
  ['DateStyle', ['ISO', 'DMY'], 'ISO, DMY'],
  ['DateStyle', 'ISO, DMY', 'ISO, DMY'],
  ['statement_timeout', 5000, '5000'],
  ['random_page_cost', 1.5, '1.5'],
  ['jit', false, 'false'],
  ['application_name', '', ''],
  ['application_name', "it's; --", "it's; --"],
]
for (const [name, value, expected] of CASES) {
  test(`${name} = ${JSON.stringify(value)}`, (t) => {
    t.deepEqual(settingsOf({ [name]: value }), [[name.toLowerCase(), expected]])
  })
}

test('null leaves a parameter alone', (t) => {
  t.deepEqual(settingsOf({ jit: null, work_mem: '4MB' }), [['work_mem', '4MB']])
})

const BAD: readonly (readonly [string, unknown])[] = [
  ['search_path', 'a,,b'],
  ['search_path', 'a,'],
  ['search_path', ',a'],
  ['search_path', ','],
  ['search_path', '"a'],
  ['search_path', 'a"b'],
  ['search_path', '"a" b'],
  ['search_path', '"a""'],
  ['search_path', []],
  ['search_path', [1]],
  ['search_path', ['a', 1]],
  ['DateStyle', ['ISO', null]],
  ['jit', {}],
  ['jit', [['on']]],
  ['jit', 'a\u0000'],
  ['jit', '\ud800'],
  ['statement_timeout', 12345678901234567890],
  ['a b', 'x'],
  ['x;y', 'x'],
  ['jit\n', 'x'],
  ['1a', 'x'],
]
for (const [name, value] of BAD) {
  test(`refused: ${JSON.stringify(name)} = ${JSON.stringify(value)}`, (t) => {
    const found = fieldsOf(() => settingsOf({ [name]: value }))
    t.is(found.length, 1)
    t.true(found[0]?.startsWith('app/settings.'))
  })
}

test('one parameter in two spellings is declared twice', (t) => {
  t.deepEqual(
    fieldsOf(() => settingsOf({ jit: 'on', JIT: 'off' })),
    ['app/settings.JIT'],
  )
})

test('a number beyond what JSON can hold is none', (t) => {
  for (const number of ['1e999', '-1e999', '9007199254740993']) {
    const json = JSON.stringify({ ...LEAST, application_databases: { app: { settings: { x: 'NUMBER' } } } })
    t.deepEqual(
      fieldsOf(() => parseDeclaration(json.replace('"NUMBER"', number))),
      ['app/settings.x'],
      number,
    )
  }
})
