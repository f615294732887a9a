/** What a person is asked to run is one line, names what it is about, and cannot be turned by what an owner planted. */
import test from 'ava'
import { oneLine } from '../../../src/audit/one-line.ts'
import { allowConnections } from '../../../src/sql/database.ts'
import { commentOnRole, grantRole } from '../../../src/sql/role.ts'
import { printAsMember, printInside, printStatements } from '../../../src/sql/print.ts'
import { printableSql, printName, quoteIdentifier, quoteLiteral } from '../../../src/sql/quote.ts'

test('what needs no escape is printed as it is sent', (t) => {
  const sql = `GRANT "a b" TO "it's"; SELECT E'\\\\x', 'y''"z'`
  t.is(printableSql(sql), sql)
  t.is(printName('shop_dev-user.1'), 'shop_dev-user.1')
  t.is(printName('a, in b: DROP ROLE c;'), '"a, in b: DROP ROLE c;"')
})

test('a name that may not be printed keeps its characters, by Unicode escapes', (t) => {
  t.is(printStatements([grantRole('pay\nroll', 'a')]), String.raw`GRANT U&"pay\000aroll" TO "a";`)
  t.is(printableSql(quoteIdentifier('a\\"\u202e\tb')), String.raw`U&"a\\""\202e\0009b"`)
  t.is(printableSql(quoteIdentifier('x##[error]y ##vso[z')), String.raw`U&"x\0023#[error]y \0023#vso[z"`)
  t.is(printName('pay\nroll'), String.raw`U&"pay\000aroll"`)
})

test('so does a value, whether it had escapes before or not, with the names in it', (t) => {
  t.is(printableSql(quoteLiteral(`a\n'"b"`)), String.raw`E'a\u000a''"b"'`)
  t.is(printableSql(quoteLiteral('a\\n\r"')), String.raw`E'a\\n\u000d"'`)
  t.is(printStatements([commentOnRole('r', '\u2028')]), String.raw`COMMENT ON ROLE "r" IS E'\u2028';`)
})

test('what was printed is one line for whoever prints it', (t) => {
  for (const name of ['a\nb', '\r', ' a\t', '##[x', '\u001b[2J', '\u0085'])
    for (const text of [printableSql(quoteIdentifier(name)), printableSql(quoteLiteral(name))])
      t.is(oneLine(text), text)
})

test('inside a database: no planted object, setting or role counts', (t) => {
  t.is(
    printInside([grantRole('a', 'b')], 'o"'),
    'SET search_path = pg_catalog, pg_temp; SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_catalog.set_config(name, \'0\', false) FROM pg_catalog.pg_show_all_settings() WHERE name = \'transaction_timeout\'; SET LOCAL ROLE "o"""; GRANT "a" TO "b"; COMMIT;',
  )
  t.regex(printInside([], null), /; SET LOCAL ROLE NONE; COMMIT;$/)
})

test('as a role that one becomes a member of, for as long as it takes', (t) => {
  t.is(
    printAsMember('o', [allowConnections('d', true, 'o')]),
    'BEGIN; GRANT "o" TO CURRENT_USER; SET LOCAL ROLE "o"; ALTER DATABASE "d" ALLOW_CONNECTIONS true; SET LOCAL ROLE NONE; ' +
      'REVOKE "o" FROM CURRENT_USER GRANTED BY CURRENT_USER; COMMIT;',
  )
})
