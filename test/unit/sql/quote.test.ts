import test from 'ava'
import { quoteGrantee, quoteIdentifier, isOneOf, quoteLiteral, quoteQualified } from '../../../src/sql/quote.ts'

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
