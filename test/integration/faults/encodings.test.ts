/** Databases in other encodings than UTF-8, where the same bytes read as another name. */
import test from 'ava'
import { count } from '../../support/faults/intensity.ts'
import { ANY_VERSION, bedFor, type Entry } from '../../support/provision.ts'

/** Encodings with a locale that every system has; WIN1252 leaves some bytes undefined, EUC_JP has pairs of bytes. */
const ENCODINGS = ['LATIN1', 'LATIN9', 'WIN1252', 'KOI8R', 'EUC_JP', 'SQL_ASCII'] as const

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  for (const encoding of ENCODINGS) {
    const name = encoding.toLowerCase()

    test.serial(`${on}a database in ${encoding}, with schemas and objects in its own letters`, async (t) => {
      // Roles of others whose names cannot be read in that encoding, one of them with privileges inside.
      await bed().server.sql(
        `DO $$ BEGIN CREATE ROLE "Ázért 👩 привет"; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
      )
      const letters =
        encoding === 'KOI8R' ? 'схема' : encoding === 'EUC_JP' ? '表' : encoding === 'SQL_ASCII' ? '表é' : 'schéma'
      const entries: Record<string, Entry> = {
        [`own-${name}`]: { database_name: name, encoding, locale: 'C', schemas: ['public', letters] },
        [`read-${name}`]: { database_name: name, access_level: 'reader' },
      }
      const stack = bed().declare(entries, { tags: { Note: 'Ünïcödé 👩' } })
      const first = await stack.apply()
      t.is(first.audit.run.exit_code, 0, first.audit.run.error ?? '')
      await stack.sql(
        `own-${name}`,
        `CREATE TABLE "${letters}"."${letters}" (x int); CREATE FUNCTION "${letters}"."${letters}"() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON "${letters}"."${letters}" FROM read_${name}_dev_user`,
      )
      await stack.applyOk()
      t.is(await stack.answer(`read-${name}`, `SELECT * FROM "${letters}"."${letters}"`), 'ok')
      t.deepEqual(await stack.plan(), [])
      t.deepEqual(
        await bed().server.sql(`SELECT pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = $1`, [
          name,
        ]),
        [{ encoding }],
      )
      await bed().server.forget(name)
      count('events', 'encodings')
    })
  }

  test.serial(
    `${on}blocked: names and settings that read otherwise in the database's encoding, before anything is made`,
    async (t) => {
      const mark = await bed().server.mark()
      for (const encoding of ENCODINGS.filter((item) => item !== 'SQL_ASCII')) {
        const stack = bed().declare({
          own: {
            database_name: 'other',
            username: `é 👩 ${encoding}`,
            encoding,
            locale: 'C',
            settings: { search_path: ['схема', 'public'], application_name: 'plain' },
          },
          read: { database_name: 'other', username: 'ré', access_level: 'reader' },
          apart: { username: 'élsewhere' },
        })
        const { audit, problems } = await stack.apply()
        t.is(audit.run.exit_code, 4)
        t.deepEqual(
          problems.map(({ application, field, message }) => [application, field, message]),
          [
            ['own', 'encoding', `other has the encoding ${encoding}, in which "é 👩 ${encoding}" reads otherwise.`],
            ['own', 'encoding', `other has the encoding ${encoding}, in which "схема" reads otherwise.`],
            ['read', 'encoding', `other has the encoding ${encoding}, in which "ré" reads otherwise.`],
          ],
        )
      }
      t.deepEqual(await bed().server.changesSince(mark), [])
      count('events', 'encodings', ENCODINGS.length - 1)
    },
  )

  test.serial(
    `${on}a name inside that has no form in UTF-8 matters only where a schema could be taken for it`,
    async (t) => {
      for (const [encoding, character, shown] of [
        ['SQL_ASCII', `convert_from('\\xe9'::bytea, 'SQL_ASCII')`, 'E9'],
        ['WIN1252', 'chr(129)', '81'],
      ] as const) {
        const name = `unreadable-${encoding.toLowerCase().replace('_', '-')}`
        const stack = bed().declare({
          [name]: { encoding, locale: 'C', schemas: ['app'] },
          [`reads-${name}`]: { database_name: `${name.replaceAll('-', '_')}_dev_db`, access_level: 'reader' },
        })
        await stack.applyOk()
        await stack.sql(
          name,
          `DO $$ BEGIN EXECUTE 'CREATE SCHEMA "x' || ${character} || '"'; EXECUTE 'CREATE TABLE app."x' || ${character} || '" (x int)'; CREATE TABLE app.plain (x int); END $$`,
        )
        const applied = await stack.applyOk()
        const told = applied.records.filter(({ status }) => status === 'warning').map(({ message }) => message)
        t.regex(
          told.join('\n'),
          new RegExp(`table app\\.x\\\\x${shown} in ${stack.database(name)}: the name is no text in UTF-8`),
        )
        t.is(await stack.answer(`reads-${name}`, 'SELECT * FROM app.plain'), 'ok')
        t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
        t.deepEqual(await stack.plan(), [])
      }
      count('planted traps', 'names without a form in UTF-8', 2)
    },
  )

  test.serial(`${on}blocked: a schema in letters of a database where names cannot be converted`, async (t) => {
    const stack = bed().declare({
      lettered: { encoding: 'WIN1252', locale: 'C', schemas: ['app', 'schéma'] },
      apart: {},
    })
    await stack.applyOk()
    await stack.sql('lettered', `DO $$ BEGIN EXECUTE 'CREATE SCHEMA "x' || chr(129) || '"'; END $$`)
    const { audit, problems } = await stack.apply()
    t.is(audit.run.exit_code, 4, audit.run.error ?? '')
    t.like(problems, [{ application: 'lettered', code: 'encoding' }])
    t.is(problems.length, 1)
    t.regex(problems[0]?.message ?? '', /the schema schéma is not told from .*x\\x81/)
    await stack.sql('lettered', `DO $$ BEGIN EXECUTE 'ALTER SCHEMA "x' || chr(129) || '" RENAME TO readable'; END $$`)
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    count('planted traps', 'names without a form in UTF-8')
  })

  test.serial(`${on}an admin's database in another encoding: ASCII works, other names are blocked`, async (t) => {
    await bed().server.sql(`CREATE DATABASE latin ENCODING LATIN1 LOCALE 'C' TEMPLATE template0`)
    const { host, port } = bed().server
    const instance = { host, port, identifier: 'db-1', database: 'latin' }
    const plain = bed().declare(
      { plain: { schemas: ['schéma'], settings: { application_name: 'x\\' } } },
      { instance, tags: { Note: 'Ünïcödé 👩' } },
    )
    await plain.applyOk()
    t.is((await plain.applyOk()).audit.run.outcome, 'no_change')
    plain.variables = { ...plain.variables, instance: { host, port, identifier: 'db-1' } }
    t.is((await plain.applyOk()).audit.run.outcome, 'no_change')
    const { problems } = await bed()
      .declare({ other: { username: 'é' } }, { instance })
      .apply()
    t.deepEqual(
      problems.map(({ application, field, message }) => [application, field, message.replace(/^.* in which /, '')]),
      [[null, 'encoding', '"é" reads otherwise than in other databases.']],
    )
    count('events', 'encodings')
  })
}
