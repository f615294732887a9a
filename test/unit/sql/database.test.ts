import test from 'ava'
import {
  allowConnections,
  alterDatabaseLimit,
  alterDatabaseTemplate,
  commentOnDatabase,
  createDatabase,
  grantOnDatabase,
  revokeOnDatabase,
} from '../../../src/sql/database.ts'

test('CREATE DATABASE is from template0, with what is declared and nothing else', (t) => {
  const plain = { name: 'd', owner: 'o', encoding: null, locale: null, version: 140000, connectionLimit: -1 }
  t.is(createDatabase(plain).reveal(), 'CREATE DATABASE "d" OWNER "o" TEMPLATE template0 ALLOW_CONNECTIONS false')
  t.is(
    createDatabase({ ...plain, encoding: 'UTF8', locale: `C'`, connectionLimit: 0 }).reveal(),
    `CREATE DATABASE "d" OWNER "o" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C''' LC_CTYPE 'C''' ALLOW_CONNECTIONS false CONNECTION LIMIT 0`,
  )
  const locale = (text: string) =>
    createDatabase({ ...plain, version: 170000, locale: text })
      .reveal()
      .replace(/.*template0 (.*) ALLOW_CONNECTIONS false/, '$1')
  t.is(locale('C'), "LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'")
  t.is(locale(`icu:de'`), "LOCALE_PROVIDER icu ICU_LOCALE 'de'''")
  t.is(locale('builtin:C.UTF-8'), "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'")
})

test('what only the owner may do runs as the owner', (t) => {
  const statements = [
    alterDatabaseLimit('d', 5, 'o'),
    allowConnections('d', true, 'o'),
    alterDatabaseTemplate('d', false, 'o'),
    commentOnDatabase('d', '{}', 'o'),
    grantOnDatabase('d', ['CONNECT', 'TEMPORARY'], 'g', 'o'),
    revokeOnDatabase('d', ['CONNECT'], '', 'o'),
  ]
  t.deepEqual(
    statements.map((statement) => statement.reveal()),
    [
      'ALTER DATABASE "d" CONNECTION LIMIT 5',
      'ALTER DATABASE "d" ALLOW_CONNECTIONS true',
      'ALTER DATABASE "d" IS_TEMPLATE false',
      `COMMENT ON DATABASE "d" IS '{}'`,
      'GRANT CONNECT, TEMPORARY ON DATABASE "d" TO "g"',
      'REVOKE CONNECT ON DATABASE "d" FROM PUBLIC',
    ],
  )
  t.true(statements.every(({ runAs }) => runAs === 'o'))
})
