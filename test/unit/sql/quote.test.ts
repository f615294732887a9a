import test from 'ava'
import {
  quoteGrantee,
  quoteIdentifier,
  isOneOf,
  printableSql,
  printName,
  quoteLiteral,
  quoteQualified,
} from '../../../src/sql/quote.ts'

test('identifiers are always quoted, quotes doubled, nothing folded', (t) => {
  t.is(quoteIdentifier('Shop'), '"Shop"')
  t.is(quoteIdentifier('x"; DROP ROLE y; --'), '"x""; DROP ROLE y; --"')
  t.is(quoteQualified('a.b', '"'), '"a.b".""""')
})

test('literals double quotes, and use the escape form where there is a backslash', (t) => {
  t.is(quoteLiteral(`it's`), `'it''s'`)
  t.is(quoteLiteral(`\\'`), `E'\\\\'''`)
  t.is(quoteLiteral(''), `''`)
})

test('what PostgreSQL cannot hold is refused', (t) => {
  for (const name of ['', 'a\0b']) t.throws(() => quoteIdentifier(name), { instanceOf: RangeError })
  t.throws(() => quoteLiteral('a\0b'), { instanceOf: RangeError })
})

test('only the empty name is PUBLIC', (t) => {
  t.is(quoteGrantee(''), 'PUBLIC')
  t.is(quoteGrantee('PUBLIC'), '"PUBLIC"')
})

test('no names match nothing', (t) => {
  t.is(isOneOf('x', []), 'false')
  t.is(isOneOf('x', ['a', `b'`]), `x IN ('a', 'b''')`)
})

test('what is printed has no character that cannot be seen, and names the same', (t) => {
  const printed: Readonly<Record<string, string>> = {
    "\"plain\", 'plain', ''": "\"plain\", 'plain', ''",
    '"a\\b\u2028"': 'U&"a\\\\b\\2028"',
    "'a\\b\u2028'": "E'a\\\\b\\u2028'",
    "E'a\\\\b\u2028'": "E'a\\\\b\\u2028'",
    '"app\u200b"': 'U&"app\\200b"',
    '"app\u{e0041}"': 'U&"app\\+0e0041"',
    "'app\u{e0041}'": "E'app\\U000e0041'",
    "'app\u00ad'": "E'app\\u00ad'",
  }
  for (const [sql, text] of Object.entries(printed)) t.is(printableSql(sql), text)
  t.is(printName('app\u3164'), 'U&"app\\3164"')
})
