import test from 'ava'
import { changingStatements, splitStatements } from '../../support/postgres.ts'

test('texts are split outside of literals, comments dropped and white space folded', (t) => {
  t.deepEqual(
    splitStatements(`SELECT ';' ;; SELECT "a;b"\n  , E'\\';' -- ; no\n; /* ; */ DO $x$ a; b $x$; SELECT 'a  b'`),
    [`SELECT ';'`, `SELECT "a;b" , E'\\';'`, 'DO $x$ a; b $x$', `SELECT 'a  b'`],
  )
})

test('only changing statements are kept, every form of password redacted', (t) => {
  t.deepEqual(
    changingStatements(
      `BEGIN; SET ROLE x; alter role a password 'it''s'; CREATE ROLE b PASSWORD E'x' LOGIN; ALTER ROLE c PASSWORD NULL; COMMIT`,
    ),
    ['alter role a PASSWORD <redacted>', 'CREATE ROLE b PASSWORD <redacted> LOGIN', 'ALTER ROLE c PASSWORD <redacted>'],
  )
})
