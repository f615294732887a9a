/** What a draft may not hold: taken out, with the reason, and what is left takes nothing (src/README.md: What is there, as a declaration). */
import test from 'ava'
import { ApplyError } from '../../../src/errors.ts'
import { makeDraft } from '../../../src/generate/draft.ts'
import { generate } from '../../../src/generate/generate.ts'
import { review } from '../../../src/generate/review.ts'
import type { Entry, Generated } from '../../../src/generate/types.ts'
import { database } from '../plan/sample.ts'
import { INPUT, NOW, survey } from './survey.ts'

const keysOf = ({ entries }: Generated): string[] => entries.map(({ key }) => key)
const whole = { input: INPUT, database: null, resources: [], now: NOW }
const textsOf = ({ notes }: Generated, kind: string): string[] =>
  notes.filter((note) => note.kind === kind).map(({ role, database, text }) => `${String(role ?? database)}: ${text}`)

test('every database and role is an entry or has a note', (t) => {
  const found = generate(survey(), whole)
  t.deepEqual(keysOf(found), ['crm', 'shop', 'shop_2', 'reader'])
  t.deepEqual(
    found.entries.map(({ fields }) => fields),
    [
      { database_name: 'crm', username: 'crm_owner', can_login: false, adopt_existing: true },
      {
        database_name: 'shop',
        username: 'shop',
        auth: 'unmanaged',
        connection_limit: 7,
        member_of: ['shop_2'],
        adopt_existing: true,
      },
      { database_name: 'Shop!', username: 'shop_owner', can_login: false, adopt_existing: true },
      {
        database_of: 'shop',
        username: 'reader',
        access_level: 'reader',
        auth: 'unmanaged',
        schemas: ['public'],
        adopt_existing: true,
      },
    ],
  )
  for (const line of [
    'master: it is the master',
    'maker: it holds CREATEROLE, which no application may hold',
    "postgres: it belongs to the server, or is the delegated admin's",
  ])
    t.true(textsOf(found, 'never').includes(line), line)
  t.true(textsOf(found, 'not_expressed').includes('e\u0301: a declaration cannot hold its name'))
  t.deepEqual(
    found.notes.filter(({ kind }) => kind === 'person_first').map(({ statements }) => statements),
    [
      [
        'as master: BEGIN; CREATE ROLE "shop_owner" NOLOGIN; GRANT "shop_owner" TO CURRENT_USER; GRANT "shop" TO CURRENT_USER; GRANT "shop_owner" TO "shop" WITH ADMIN FALSE, INHERIT TRUE, SET TRUE; GRANT "shop_owner" TO "admin" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE; ALTER DATABASE "Shop!" OWNER TO "shop_owner"; REVOKE "shop" FROM CURRENT_USER GRANTED BY CURRENT_USER; REVOKE "shop_owner" FROM CURRENT_USER GRANTED BY CURRENT_USER; COMMIT;',
      ],
      [
        'as master: BEGIN; CREATE ROLE "crm_owner" NOLOGIN; GRANT "crm_owner" TO "master" WITH ADMIN FALSE, INHERIT TRUE, SET TRUE; GRANT "crm_owner" TO "admin" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE; ALTER DATABASE "crm" OWNER TO "crm_owner"; COMMIT;',
      ],
    ],
  )
})

test('what somebody would gain is told', (t) => {
  t.deepEqual(textsOf(generate(survey(), whole), 'gains'), [
    'reader: SELECT on tables that shop will create in the schema public of shop; SELECT on sequences that shop will create in the schema public of shop',
  ])
})

test('without the master what the admin lacks is for a person', (t) => {
  const { notes } = generate(survey({ masterSecretId: null }), {
    ...whole,
    input: { ...INPUT, master_secret_id: null },
  })
  const [note] = notes.filter(({ role, kind }) => role === 'admin' && kind === 'person_first')
  t.true(
    note?.statements.includes('as master: GRANT "reader" TO "admin" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;'),
    note?.statements.join('\n'),
  )
})

test('a database that lets nobody in stays, without the limit that a run would raise to look inside', (t) => {
  const found = survey()
  const limited = { ...found.cluster.databases.get('shop'), ...database('shop', 'shop', { connectionLimit: 0 }) }
  const { entries, notes } = generate(
    {
      ...found,
      cluster: { ...found.cluster, databases: new Map([...found.cluster.databases, ['shop', limited]]) },
      interiors: new Map(),
      unseen: new Map([['shop', { reason: 'too many connections for database "shop"', isFull: true }]]),
    },
    { ...whole, database: 'shop' },
  )
  t.deepEqual(
    entries.map(({ fields }) => fields),
    [{ database_name: 'shop', username: 'shop', auth: 'unmanaged', connection_limit: 7, adopt_existing: true }],
  )
  t.deepEqual(
    notes.map(({ text }) => text),
    [
      'without database_connection_limit: an apply would change something: connection limit of shop: 0 -> 10 while this run looks inside, since all its connections are taken',
      'kept in shop: CONNECTION LIMIT 0 on database shop',
      'nobody could look inside: too many connections for database "shop"',
    ],
  )
})

test('one database: its owner, and who uses it', (t) => {
  t.deepEqual(keysOf(generate(survey(), { ...whole, database: 'shop' })), ['shop', 'reader'])
  t.deepEqual(keysOf(generate(survey(), { ...whole, database: 'crm' })), ['crm'])
  t.throws(() => generate(survey(), { ...whole, database: 'shp' }), {
    message: /no database "shp"\. Did you mean "shop"\?/,
  })
})

const change = (key: string, fields: Entry['fields']): Generated => {
  const draft = makeDraft(survey(), NOW)
  const entries = draft.entries.map((item) =>
    item.key === key ? { ...item, fields: { ...item.fields, ...fields } } : item,
  )
  return review({ ...draft, entries }, INPUT, NOW)
}

test('a field with which an apply would change something is taken out', (t) => {
  for (const [field, value] of [
    ['connection_limit', 3],
    ['database_connection_limit', 3],
    ['can_create_databases', true],
    ['settings', { work_mem: '8MB' }],
    ['schemas', ['public', 'missing']],
    ['extensions', ['citext']],
    ['encoding', 'LATIN1'],
    ['locale', 'de_DE.UTF-8'],
    ['acts_as', 'nobody'],
  ] as const) {
    const found = change('shop', { [field]: value })
    const entry = found.entries.find(({ key }) => key === 'shop')
    t.false(field in (entry?.fields ?? { [field]: 0 }), field)
    t.true(
      textsOf(found, 'not_expressed').some((text) => text.startsWith(`shop: without ${field}: `)),
      field,
    )
  }
})

test('an entry that cannot be declared goes, and with it what names it', (t) => {
  const found = change('shop', { username: 'pg_monitor', connection_limit: 7 })
  t.deepEqual(keysOf(found), ['crm', 'shop_2', 'reader'])
  t.deepEqual(found.entries.at(-1)?.fields, {
    username: 'reader',
    access_level: 'none',
    auth: 'unmanaged',
    adopt_existing: true,
  })
  t.true(
    textsOf(found, 'not_expressed').some((text) =>
      text.startsWith('shop: no entry: the username "pg_monitor" belongs'),
    ),
  )
})

test('where no declaration is found that takes nothing, none comes of it', (t) => {
  const draft = makeDraft(survey(), NOW)
  const entries = draft.entries.map((item) => (item.key === 'reader' ? { ...item, key: 'No Key' } : item))
  const error = t.throws(() => review({ ...draft, entries }, INPUT, NOW), { instanceOf: ApplyError })
  t.is(error.problems[0]?.code, 'defect')
  t.regex(error.message, /No Key/)
})
