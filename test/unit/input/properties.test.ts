import test from 'ava'
import fc from 'fast-check'
import { parseDeclaration } from '../../../src/input/parse.ts'
import type { ParsedInput } from '../../../src/input/parse.ts'
import { LEAST, fieldsOf, parse, parseApps, problemsOf } from './sample.ts'

const anyText = fc.string({ unit: 'binary' })
const FIELDS = [
  'database_name',
  'username',
  'access_level',
  'secret_id',
  'auth',
  'can_create_databases',
  'can_login',
  'login_of',
  'connection_limit',
  'valid_until',
  'settings',
  'schemas',
  'extensions',
  'encoding',
  'locale',
  'database_connection_limit',
  'cleanup_policy',
  'adopt_existing',
  'recreate_missing',
  'undeclared',
  'privileges',
  'member_of',
  'acts_as',
]

/** Entries that are often right, so that both outcomes are seen. */
const entry = fc.record(
  {
    database_name: fc.oneof(anyText, fc.constantFrom('shop', 'Shop "x"')),
    username: fc.oneof(anyText, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })),
    access_level: fc.constantFrom('owner', 'editor', 'reader', 'x'),
    settings: fc.dictionary(
      fc.constantFrom('search_path', 'JIT', 'a b'),
      fc.oneof(anyText, fc.integer(), fc.array(anyText)),
    ),
    schemas: fc.array(fc.constantFrom('public', 'mart', '')),
    connection_limit: fc.integer({ min: -3, max: 5 }),
    valid_until: fc.oneof(
      anyText,
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    ),
  },
  { requiredKeys: [] },
)
const applications = fc.dictionary(
  fc.oneof({ weight: 9, arbitrary: fc.stringMatching(/^[a-z][a-z0-9_-]{0,60}$/) }, anyText),
  fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, { weight: 5, arbitrary: entry }, fc.jsonValue()),
  { maxKeys: 5 },
)

/** The declaration, or null where it is refused with problems. Anything else that is thrown fails the property. */
function accepted(work: () => ParsedInput): ParsedInput | null {
  const parsed: ParsedInput[] = []
  const problems = problemsOf(() => parsed.push(work()))
  if (parsed.length === 0 && problems.length === 0) throw new Error('refused without a problem')
  return parsed[0] ?? null
}

test('no text crashes the parser', (t) => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.json()), (text) => {
      accepted(() => parseDeclaration(text))
    }),
  )
  t.pass()
})

test('no value in any field crashes the parser', (t) => {
  const top = fc.constantFrom(
    'schema_version',
    'environment',
    'instance',
    'connect_through',
    'tls',
    'tags',
    'accept_tags_from',
    'application_databases',
    'max_connections',
    'stack',
    '__proto__',
  )
  fc.assert(
    fc.property(fc.dictionary(top, fc.jsonValue()), (fields) => {
      accepted(() => parse(fields))
    }),
  )
  t.pass()
})

test('whatever is accepted is within the rules', (t) => {
  let seen = 0
  fc.assert(
    fc.property(applications, (apps) => {
      const parsed = accepted(() => parseApps(apps))
      if (parsed === null) return
      seen += parsed.declaration.applications.length
      const { applications: found, databases } = parsed.declaration
      const usernames = new Set(found.map(({ username }) => username))
      if (usernames.size !== found.length || found.length !== Object.keys(apps).length)
        throw new Error('a login is lost or shared')
      const names = [
        ...usernames,
        ...databases.flatMap(({ name, schemas, extensions }) => [name, ...schemas, ...extensions]),
      ]
      for (const name of names) {
        if (name !== name.trim() || Buffer.byteLength(name) > 63 || name === '' || /[\p{Cc}\p{Cs}]/u.test(name))
          throw new Error(`accepted ${JSON.stringify(name)}`)
      }
      for (const { name, settings } of found) {
        if (!/^[a-z][a-z0-9_-]*$/.test(name)) throw new Error(`accepted the key ${name}`)
        if ([...settings.keys()].some((key) => !/^[a-z_][a-z0-9_.$]*$/.test(key)))
          throw new Error('accepted a parameter')
      }
    }),
    { numRuns: 500 },
  )
  t.true(seen > 0)
})

test('an unknown field is always reported', (t) => {
  fc.assert(
    fc.property(
      anyText.filter((key) => !FIELDS.includes(key)),
      fc.jsonValue(),
      (key, value) => {
        // By text, for an object literal would take __proto__ for something else.
        const json = JSON.stringify({ ...LEAST, application_databases: { app: {} } }).replace(
          '"app":{}',
          `"app":{${JSON.stringify(key)}:${JSON.stringify(value)}}`,
        )
        return fieldsOf(() => parseDeclaration(json)).length === 1
      },
    ),
  )
  t.pass()
})

test('names that are accepted are kept as they are', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 15 }), (username) => {
      const parsed = accepted(() => parseApps({ app: { username } }))
      return parsed === null || parsed.declaration.applications[0]?.username === username
    }),
  )
  t.pass()
})
