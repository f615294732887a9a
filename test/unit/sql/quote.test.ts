import test from 'ava'
import { grantee, identifier, isOneOf, literal, qualified } from '../../../src/sql/quote.ts'

test('identifiers are always quoted, quotes doubled, nothing folded', (t) => {
  t.is(identifier('Shop'), '"Shop"')
  t.is(identifier('x"; DROP ROLE y; --'), '"x""; DROP ROLE y; --"')
  t.is(qualified('a.b', '"'), '"a.b".""""')
})

test('literals double quotes, and use the escape form where there is a backslash', (t) => {
  t.is(literal(`it's`), `'it''s'`)
  t.is(literal(`\\'`), `E'\\\\'''`)
  t.is(literal(''), `''`)
})

test('what PostgreSQL cannot hold is refused', (t) => {
  for (const name of ['', 'a\0b']) t.throws(() => identifier(name), { instanceOf: RangeError })
  t.throws(() => literal('a\0b'), { instanceOf: RangeError })
})

test('only the empty name is PUBLIC', (t) => {
  t.is(grantee(''), 'PUBLIC')
  t.is(grantee('PUBLIC'), '"PUBLIC"')
})

test('no names match nothing', (t) => {
  t.is(isOneOf('x', []), 'false')
  t.is(isOneOf('x', ['a', `b'`]), `x IN ('a', 'b''')`)
})
