/** `owns_schemas`: whose a schema is, and what contradicts itself. */
import test from 'ava'
import { parseApps, problemsOf } from './sample.ts'

const none = { access_level: 'none', database_of: 'own' }
const refused = (applications: object): string[] =>
  problemsOf(() => parseApps({ own: {}, ...applications })).map(
    ({ application, field, message }) => `${application ?? '-'}: ${field}: ${message}`,
  )

test('a schema belongs to the guest that owns it, all others to the owner of the database', (t) => {
  const { databases, applications } = parseApps({
    own: { schemas: ['app'] },
    load: { ...none, owns_schemas: ['raw', 'stage', 'raw'] },
    read: { database_of: 'own', access_level: 'reader', schemas: ['app', 'raw'] },
    other: { schemas: ['raw'] },
  }).declaration
  const [own] = databases.filter(({ owner }) => owner.name === 'own')
  t.deepEqual(own?.schemas, ['app', 'raw', 'stage'])
  t.deepEqual(
    [...(own?.schemaOwners ?? [])].map(([schema, { name }]) => [schema, name]),
    [
      ['raw', 'load'],
      ['stage', 'load'],
    ],
  )
  t.true(applications.find(({ name }) => name === 'load')?.connects)
})

test('a schema has one owner, and it is no schema of the server', (t) => {
  t.deepEqual(
    refused({
      own: { schemas: ['app', 'raw'], owns_schemas: ['x'] },
      a: { ...none, owns_schemas: ['raw', '*', 'public', 'stage'] },
      b: { ...none, owns_schemas: ['stage', 'free'] },
      c: { access_level: 'none', owns_schemas: ['free'] },
    }).sort(),
    [
      'a: owns_schemas: "*" is no schema.',
      'a: owns_schemas: the schema "public" belongs to whoever owns the database.',
      'a: owns_schemas: the schema "raw" is that of "own".',
      'b: owns_schemas: the schema "stage" is that of "a".',
      'c: owns_schemas: is about a database, and this login has none (access_level = "none").',
      'own: owns_schemas: is for others than the owner, to whom all other schemas belong.',
    ],
  )
  t.deepEqual(
    refused({
      other: {},
      a: { ...none, owns_schemas: ['raw'] },
      b: { ...none, database_of: 'other', owns_schemas: ['raw'] },
    }),
    [],
  )
})

test('whose a schema is follows from the entries, in whatever order they stand', (t) => {
  const of = (applications: object): string[] => refused({ own: {}, ...applications })
  const twice = { owns_schemas: ['stage'], ...none }
  t.deepEqual(of({ b: twice, a: twice }), of({ a: twice, b: twice }))
  t.deepEqual(of({ b: twice, a: twice }), ['b: owns_schemas: the schema "stage" is that of "a".'])
})
