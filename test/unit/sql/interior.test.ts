import test from 'ava'
import {
  createExtension,
  createSchema,
  grantByDefault,
  grantOnObjects,
  grantOnSchema,
  type ObjectName,
  revokeByDefault,
  revokeOnObjects,
  revokeOnSchema,
} from '../../../src/sql/interior.ts'

const table: ObjectName = { schema: 's', name: 't', objectClass: 'table', args: null }
const routine: ObjectName = { schema: 's', name: 'f', objectClass: 'function', args: 'integer, s."T"' }

test('schemas and extensions', (t) => {
  t.is(createSchema('s', 'o').reveal(), 'CREATE SCHEMA "s"')
  t.is(createExtension('e', 's', 'o').reveal(), 'CREATE EXTENSION "e" SCHEMA "s" CASCADE')
  t.is(createExtension('e', null, 'o').reveal(), 'CREATE EXTENSION "e" CASCADE')
  t.is(grantOnSchema('s', ['USAGE'], 'g', 'o').reveal(), 'GRANT USAGE ON SCHEMA "s" TO "g"')
  t.is(revokeOnSchema('public', ['CREATE'], '', 'o').reveal(), 'REVOKE CREATE ON SCHEMA "public" FROM PUBLIC')
})

test('objects are granted by name, routines with their argument types', (t) => {
  t.is(
    grantOnObjects([table, { ...table, name: 'u"' }], ['SELECT', 'INSERT'], 'g', 'o').reveal(),
    'GRANT SELECT, INSERT ON TABLE "s"."t", "s"."u""" TO "g"',
  )
  t.is(
    revokeOnObjects([{ ...table, objectClass: 'sequence' }], ['USAGE'], 'g', 'o').reveal(),
    'REVOKE USAGE ON SEQUENCE "s"."t" FROM "g"',
  )
  t.is(
    grantOnObjects([routine, { ...routine, args: '' }], ['EXECUTE'], 'g', 'o').reveal(),
    'GRANT EXECUTE ON ROUTINE "s"."f"(integer, s."T"), "s"."f"() TO "g"',
  )
  t.throws(() => grantOnObjects([], ['SELECT'], 'g', 'o'), { instanceOf: RangeError })
})

test('default privileges are bound to their creator, in a schema or in all', (t) => {
  t.is(
    grantByDefault('o', 's', 'function', ['EXECUTE'], 'g').reveal(),
    'ALTER DEFAULT PRIVILEGES FOR ROLE "o" IN SCHEMA "s" GRANT EXECUTE ON ROUTINES TO "g"',
  )
  t.is(
    revokeByDefault('o', 's', 'table', ['INSERT'], 'g').reveal(),
    'ALTER DEFAULT PRIVILEGES FOR ROLE "o" IN SCHEMA "s" REVOKE INSERT ON TABLES FROM "g"',
  )
  t.is(
    revokeByDefault('o', null, 'sequence', ['USAGE'], 'g').reveal(),
    'ALTER DEFAULT PRIVILEGES FOR ROLE "o" REVOKE USAGE ON SEQUENCES FROM "g"',
  )
  t.is(grantByDefault('o', 's', 'table', ['SELECT'], 'g').runAs, 'o')
})
