/** What each builder sends, to the word, and as whom: names with quotes, and each side of the version that decides. */
import test from 'ava'
import type { Statement } from '../../../src/model/statement.ts'
import { commentOnDatabase, createDatabase, type NewDatabase, resetOfDatabase } from '../../../src/sql/database.ts'
import { grantOnObjects, grantOnSchema, revokeOnObjects, revokeOnSchema } from '../../../src/sql/interior.ts'
import { alterDatabaseName, alterRoleName } from '../../../src/sql/owner.ts'
import {
  dropOwned,
  dropUserMapping,
  leavePolicy,
  restoreDefaults,
  revokeAllByDefault,
} from '../../../src/sql/removal.ts'
import {
  alterRole,
  commentOnRole,
  grantAdministration,
  grantMembership,
  grantWithAdmin,
  resetEverywhere,
  revokeAdminOption,
  revokeMembership,
  rollbackPrepared,
} from '../../../src/sql/role.ts'

const [R, M, G] = ['r"', 'm"', 'g"']
const TABLE = { objectClass: 'table', schema: 's"', name: 't"', args: null, isProcedure: false } as const
const NEW: NewDatabase = {
  name: 'd"',
  owner: 'o',
  encoding: null,
  locale: 'C',
  version: 150000,
  connectionLimit: -1,
}

/** Made in the test: `npm run test:mutants` changes nothing of what is made while the file loads. */
const sent = (): Readonly<Record<string, readonly [Statement, string, string | null]>> => ({
  'no comment on a role': [commentOnRole(R, null), 'COMMENT ON ROLE "r""" IS NULL', null],
  'no comment on a database': [commentOnDatabase('d"', null, 'o'), 'COMMENT ON DATABASE "d""" IS NULL', 'o'],
  'inherits, and may make roles': [
    alterRole(R, { inherit: true, createRole: true }),
    'ALTER ROLE "r""" CREATEROLE INHERIT',
    null,
  ],
  'inherits nothing': [alterRole(R, { inherit: false }), 'ALTER ROLE "r""" NOINHERIT', null],
  'a membership, 15': [grantMembership(150000, R, M), 'GRANT "r""" TO "m"""', null],
  'a membership, 16': [
    grantMembership(160000, R, M),
    'GRANT "r""" TO "m""" WITH ADMIN FALSE, INHERIT TRUE, SET TRUE',
    null,
  ],
  'no membership, 15': [revokeMembership(150000, R, M, G), 'REVOKE "r""" FROM "m""" CASCADE', null],
  'no membership, 16': [revokeMembership(160000, R, M, G), 'REVOKE "r""" FROM "m""" GRANTED BY "g""" CASCADE', null],
  'nothing to give on, 15': [
    revokeAdminOption(150000, R, M, G),
    'REVOKE ADMIN OPTION FOR "r""" FROM "m""" CASCADE',
    null,
  ],
  'nothing to give on, 16': [
    revokeAdminOption(160000, R, M, G),
    'REVOKE ADMIN OPTION FOR "r""" FROM "m""" GRANTED BY "g""" CASCADE',
    null,
  ],
  'the right over a role, from another': [
    grantAdministration(R, M, 'h'),
    'GRANT "r""" TO "m""" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE',
    'h',
  ],
  'a membership to give on': [grantWithAdmin(R, M), 'GRANT "r""" TO "m""" WITH ADMIN OPTION', null],
  'a setting of a role everywhere': [resetEverywhere(R, 'work_mem'), 'ALTER ROLE "r""" RESET "work_mem"', null],
  'a setting of a database': [resetOfDatabase('d"', 'work_mem', 'o'), 'ALTER DATABASE "d""" RESET "work_mem"', 'o'],
  'a prepared transaction': [rollbackPrepared("g'"), `ROLLBACK PREPARED 'g'''`, null],
  'the name of a database': [alterDatabaseName('d"', 'e"'), 'ALTER DATABASE "d""" RENAME TO "e"""', null],
  'the name of a role': [alterRoleName(R, 's"'), 'ALTER ROLE "r""" RENAME TO "s"""', null],
  'what a role owns': [dropOwned(R), 'DROP OWNED BY "r"""', null],
  'a user mapping': [dropUserMapping(R, 's"'), 'DROP USER MAPPING FOR "r""" SERVER "s"""', null],
  'a policy of one role': [leavePolicy('p"', 's', 't', []), 'DROP POLICY "p""" ON "s"."t"', null],
  'a policy of others too': [
    leavePolicy('p"', 's', 't', ['a"', '']),
    'ALTER POLICY "p""" ON "s"."t" TO "a""", PUBLIC',
    null,
  ],
  'by default, as who gave it': [
    revokeAllByDefault('c"', null, 'TABLES', G, 'c"'),
    'ALTER DEFAULT PRIVILEGES FOR ROLE "c""" REVOKE ALL ON TABLES FROM "g"""',
    'c"',
  ],
  'on a schema': [
    grantOnSchema('s"', ['USAGE', 'CREATE'], R, 'o'),
    'GRANT USAGE, CREATE ON SCHEMA "s""" TO "r"""',
    'o',
  ],
  'on a schema no more': [
    revokeOnSchema('s"', ['USAGE', 'CREATE'], '', 'o', true),
    'REVOKE USAGE, CREATE ON SCHEMA "s""" FROM PUBLIC CASCADE',
    'o',
  ],
  'on objects': [
    grantOnObjects([TABLE], ['SELECT', 'INSERT'], R, 'o'),
    'GRANT SELECT, INSERT ON TABLE "s"""."t""" TO "r"""',
    'o',
  ],
  'on objects no more': [
    revokeOnObjects([TABLE], ['SELECT', 'INSERT'], R, 'o'),
    'REVOKE SELECT, INSERT ON TABLE "s"""."t""" FROM "r"""',
    'o',
  ],
})

test('each builder, to the word and as whom', (t) => {
  for (const [what, [statement, sql, runAs]] of Object.entries(sent())) {
    t.is(statement.reveal(), sql, what)
    t.is(statement.runAs, runAs, what)
  }
})

test('a locale of the C library names its provider from 15 on', (t) => {
  t.regex(createDatabase(NEW).reveal(), / LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'/)
  t.notRegex(createDatabase({ ...NEW, version: 140000 }).reveal(), /LOCALE_PROVIDER/)
})

test('default privileges as the server makes them, PUBLIC’s own among them; in a schema there are none', (t) => {
  const by = 'ALTER DEFAULT PRIVILEGES FOR ROLE "r"""'
  const sql = (schema: string | null, keyword: string): string[] =>
    restoreDefaults(R, schema, keyword, [G]).map((statement) => statement.reveal())
  t.deepEqual(sql(null, 'TABLES'), [`${by} REVOKE ALL ON TABLES FROM "g"""`, `${by} GRANT ALL ON TABLES TO "r"""`])
  t.deepEqual(sql(null, 'ROUTINES'), [
    `${by} REVOKE ALL ON ROUTINES FROM "g"""`,
    `${by} GRANT ALL ON ROUTINES TO "r"""`,
    `${by} GRANT EXECUTE ON ROUTINES TO PUBLIC`,
  ])
  t.deepEqual(sql('s"', 'ROUTINES'), [`${by} IN SCHEMA "s""" REVOKE ALL ON ROUTINES FROM "g"""`])
})
