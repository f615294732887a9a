import test from 'ava'
import { dropDatabase, dropRole, holdRights, revokeAll, revokeAllByDefault } from '../../../src/sql/removal.ts'

test('databases and roles are dropped by name', (t) => {
  t.is(dropDatabase('d"').reveal(), 'DROP DATABASE "d""" WITH (FORCE)')
  t.is(dropDatabase('d', false).reveal(), 'DROP DATABASE "d"')
  t.is(dropRole('x" TO "evil').reveal(), 'DROP ROLE "x"" TO ""evil"')
})

test('rights over a role are held with what the version knows', (t) => {
  t.is(holdRights(150000, 'r', 'a').reveal(), 'GRANT "r" TO "a"')
  t.is(holdRights(160000, 'r', 'a').reveal(), 'GRANT "r" TO "a" WITH INHERIT TRUE, SET TRUE')
})

test('everything on an object or by default is taken back by who granted it', (t) => {
  const revoke = revokeAll('TABLE', ['s."T"'], 'g"', 'o')
  t.is(revoke.reveal(), 'REVOKE ALL ON TABLE s."T" FROM "g"""')
  t.is(revoke.runAs, 'o')
  t.is(revokeAll('SCHEMA', ['s'], '', null).reveal(), 'REVOKE ALL ON SCHEMA s FROM PUBLIC')
  t.is(
    revokeAllByDefault('c', 's', 'TABLES', 'g', null).reveal(),
    'ALTER DEFAULT PRIVILEGES FOR ROLE "c" IN SCHEMA "s" REVOKE ALL ON TABLES FROM "g"',
  )
  t.is(
    revokeAllByDefault('c', null, 'SCHEMAS', 'g', null).reveal(),
    'ALTER DEFAULT PRIVILEGES FOR ROLE "c" REVOKE ALL ON SCHEMAS FROM "g"',
  )
})
