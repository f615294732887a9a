/** Whatever a name looks like: refused by name, or provisioned exactly as spelled and found again by the next run. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'

import test from 'ava'
import { difference, dump } from '../../support/catalogs.ts'
import { ANY_VERSION, bedFor, type Entry } from '../../support/provision.ts'
import { join } from 'node:path'

const HOSTILE = [
  'x"; DROP ROLE bystander; --',
  `it's`,
  `''; DROP ROLE bystander; --`,
  'MixedCase',
  'mixedcase',
  'with space',
  'tab-less\u00a0nbsp',
  '$user',
  '$$',
  '$x$',
  'back\\slash',
  '\\',
  "E'\\'",
  '%s %I %L $1 ?',
  'select',
  'user',
  'PUBLIC',
  'none?',
  '1st',
  '-rf',
  '--',
  '/* */',
  'a.b',
  '"',
  '""',
  '=',
  'role=UC/other',
  'привет',
  'ナマエ',
  'e\u0301',
  '\u00e9',
  '👩‍💻 emoji',
  'İstanbul',
  'x'.repeat(63),
  'é'.repeat(31),
  '\u202eright to left',
  'NULL',
  'CURRENT_USER',
  'session_user',
  '{"ManagedBy":"platform"}',
  '`id`',
  '$(id)',
  '<b>',
  '=1+1',
  ';',
  ',',
  '(',
  'postgres ',
  ' x',
].filter((name) => name === name.trim())

/** Two names an application: one is the login and a schema, the other the database and a setting. */
const applications = Object.fromEntries(
  HOSTILE.flatMap((username, index) => {
    const database_name = HOSTILE[index + 1] ?? 'last'
    return index % 2 === 0
      ? [
          [
            `h${index}`,
            {
              username,
              database_name,
              schemas: ['public', username],
              settings: { search_path: [username, 'public'], application_name: database_name },
            },
          ],
        ]
      : []
  }),
)
const USERNAMES = HOSTILE.filter((_, index) => index % 2 === 0)
const DATABASES = [...HOSTILE.filter((_, index) => index % 2 === 1), ...(HOSTILE.length % 2 === 1 ? ['last'] : [])]

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(
    `${on}names that look like anything but names are provisioned exactly, twice without a change`,
    async (t) => {
      const { server } = bed()
      await server.sql('CREATE ROLE bystander LOGIN; CREATE ROLE other')
      const stack = bed().declare(applications, { tags: { Note: HOSTILE.join(' ') } })
      await stack.applyOk()
      const [{ roles, databases } = {}] = await server.sql(
        `SELECT (SELECT count(*)::int FROM pg_roles WHERE rolname = ANY ($1)) AS roles,
              (SELECT count(*)::int FROM pg_database d WHERE datname = ANY ($2) AND pg_get_userbyid(datdba) = ANY ($1)) AS databases`,
        [USERNAMES, DATABASES],
      )
      t.deepEqual([roles, databases], [USERNAMES.length, DATABASES.length])
      t.is((await server.sql(`SELECT FROM pg_roles WHERE rolname IN ('bystander', 'other')`)).length, 2)
      const before = await dump(server)
      const mark = await server.mark()
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
      t.deepEqual(await server.changesSince(mark), [])
      t.deepEqual(difference(before, await dump(server)), [])
    },
  )

  test.serial(`${on}hostile names of tables, functions, types and guests get their grants`, async (t) => {
    const database_name = 'content"; --'
    const stack = bed().declare({
      own: { username: 'own "er"', database_name, schemas: ['s"; DROP SCHEMA public; --'] },
      guest: { username: `gu'est\\`, database_name, access_level: 'reader' },
    })
    await stack.applyOk()
    const quoted = HOSTILE.map((name) => `"${name.replaceAll('"', '""')}"`)
    await stack.sql(
      'own',
      `SET search_path = "s""; DROP SCHEMA public; --"; ${quoted
        .map(
          (name) =>
            `CREATE TABLE ${name} (x int); CREATE TYPE ${name.replace(/^"/, '"t ').slice(0, 60)}${name.length > 60 ? '"' : ''} AS ENUM ();`,
        )
        .slice(0, 30)
        .join('')}
      ${quoted
        .slice(0, 20)
        .map(
          (name) =>
            `CREATE FUNCTION ${name}(${name}) RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION ${name}(${name}) FROM PUBLIC;`,
        )
        .join('')}`,
    )
    // Default privileges gave them already: take all away, so that the run has to name each.
    await stack.sql(
      'own',
      `REVOKE ALL ON ALL TABLES IN SCHEMA "s""; DROP SCHEMA public; --" FROM "gu'est\\"; REVOKE ALL ON ALL ROUTINES IN SCHEMA "s""; DROP SCHEMA public; --" FROM "gu'est\\"`,
    )
    const { records } = await stack.applyOk()
    t.is(records.filter(({ status, application }) => status === 'created' && application === 'guest').length, 1)
    t.deepEqual(
      await stack.sql(
        'guest',
        `SELECT count(*)::int FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text LIKE '%DROP%' AND has_table_privilege(oid, 'SELECT')`,
      ),
      [[30]],
    )
    t.deepEqual(
      await stack.sql(
        'guest',
        `SELECT count(*)::int FROM pg_proc WHERE pronamespace::regnamespace::text LIKE '%DROP%' AND has_function_privilege(oid, 'EXECUTE')`,
      ),
      [[20]],
    )
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}names that the server could not hold, or would hold otherwise, are refused by name`, async (t) => {
    const refused = [
      'trailing\n',
      ' leading',
      'trailing ',
      'nul\0',
      'bell\u0007',
      'x'.repeat(64),
      'é'.repeat(32),
      '',
      '\ud800',
    ]
    const entries = refused.flatMap((name, index): [string, Entry][] => [
      [`u${index}`, { username: name }],
      [`d${index}`, { database_name: name }],
      [`s${index}`, { schemas: [name] }],
    ])
    const stack = bed().declare(Object.fromEntries(entries))
    const folder = await mkdtemp(join(tmpdir(), 'rds-provision-names-'))
    const mark = await bed().server.mark()
    const { code, stdout, stderr } = await stack.bundle(['apply'], {
      RDS_PROVISION_AUDIT_FILE: join(folder, 'audit.json'),
    })
    await rm(folder, { recursive: true })
    t.is(code, 3)
    for (const index of refused.keys()) {
      for (const [prefix, field] of [
        ['u', 'username'],
        ['d', 'database_name'],
        ['s', 'schemas'],
      ])
        t.regex(stdout + stderr, new RegExp(`${prefix}${index}: ${field}`))
    }
    t.is(await bed().server.connectionsSince(mark), 0)
  })
}
