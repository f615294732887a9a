/** What is told of that no access level reaches, and of a server that hashes otherwise (src/README.md: Access levels). */
import test from 'ava'
import type { Interior, SchemaState } from '../../../src/model/catalog.ts'
import { planContext } from '../../../src/plan/context.ts'
import { coverageFindings } from '../../../src/plan/coverage.ts'
import { serverFindings } from '../../../src/plan/server.ts'
import { uncoveredFindings } from '../../../src/plan/uncovered.ts'
import { actual, declare, input, interior } from './sample.ts'

const READER = { username: 'g', database_name: 'd', access_level: 'reader', schemas: ['app'] }
const LOADER = { username: 'l', database_name: 'd', access_level: 'none', owns_schemas: ['raw'] }

/** The database `d` of `o` that declares the schema `app`. */
function declared(guests: object = { g: READER }) {
  const [database] = declare({ o: { username: 'o', database_name: 'd', schemas: ['app'] }, ...guests }).databases
  if (database === undefined) throw new Error('one database is declared')
  return database
}

const schema = (name: string, fields: Partial<SchemaState> = {}): [string, SchemaState] => [
  name,
  { name, owner: 'o', acl: [], objects: 1, foreignObjects: 0, ...fields },
]

test('objects of others in a listed schema are told with what their owner cannot do, and with who got nothing', (t) => {
  const of = (guests: object, count: number, unusable: number, name = 'app'): string[] =>
    coverageFindings(
      declared(guests),
      new Map([schema(name, { foreignObjects: count, foreign: { names: ['a', '\udce9'], unusable } })]),
    ).map(({ status, message }) => `${status}: ${message}`)
  const told = (count: string, names: string, own: string): string[] => [
    `warning: ${count} object(s) in schema app of d belong to others than o (${names}): ${own}`,
  ]
  t.deepEqual(of({}, 2, 0), told('2', 'a, \\xE9', 'o may not alter or drop them'))
  t.deepEqual(
    of({ g: READER }, 5, 1),
    told('5', 'a, \\xE9 and 3 more', 'o cannot use 1 of them, and editors and readers got nothing on them'),
  )
  t.deepEqual(of({}, 2, 2), told('2', 'a, \\xE9', 'o cannot use any of them'))
  t.deepEqual(of({}, 2, 2, 'other'), [], 'in a schema that nobody lists')
})

test('schemas with objects that are not listed are told in one line, where there are guests', (t) => {
  const of = (guests: object, ...schemas: readonly [string, SchemaState][]): string[] =>
    coverageFindings(declared(guests), new Map([schema('app'), ...schemas])).map(
      ({ message }) => message.split(':')[0] ?? '',
    )
  const guests = { g: READER, l: LOADER }
  t.deepEqual(of(guests), [])
  t.deepEqual(of(guests, schema('a')), ['schema a of d holds objects and is not listed'])
  t.deepEqual(of(guests, schema('a'), schema('b')), ['2 schemas of d hold objects and are not listed (a, b)'])
  t.deepEqual(of({}, schema('a')), [])
  t.deepEqual(of(guests, schema('a', { objects: 0 })), [])
  t.deepEqual(of(guests, schema('raw', { owner: 'l' })), [], 'a guest owns it')
})

test('large objects and types are told of where a guest may miss them', (t) => {
  const inside = (fields: Partial<Interior['uncovered'][number]>): Interior =>
    interior('d', {
      schemas: new Map([schema('app'), schema('other')]),
      uncovered: [{ kind: 'type', schema: 'app', objects: 2, name: 'kind', ...fields }],
    })
  const of = (fields: Partial<Interior['uncovered'][number]>, guests?: object): string[] =>
    uncoveredFindings(declared(guests), inside(fields)).map(
      ({ status, message }) => `${status}: ${message.split(',')[0] ?? ''}`,
    )
  t.deepEqual(of({}), ['skipped: the editors and readers of d may not use 2 type(s) in its schema app'])
  t.deepEqual(of({ schema: 'other' }), [], 'told of as a schema')
  t.deepEqual(of({ schema: 'gone' }), [])
  const large = { kind: 'large object', schema: null, name: '16400' } as const
  t.deepEqual(of(large), ['warning: 2 large object(s) of o in d'])
  for (const none of [large, {}]) t.deepEqual(of(none, {}), [])
})

test('a server that hashes passwords otherwise is told of', (t) => {
  const of = (passwordEncryption: string): string[] => {
    const { server } = actual().cluster
    const context = planContext(input(declare({}), { cluster: { server: { ...server, passwordEncryption } } }))
    return serverFindings(context).map(({ status, message }) => `${status}: ${message.split(':')[0] ?? ''}`)
  }
  t.deepEqual(of('scram-sha-256'), [])
  t.deepEqual(of('md5'), ["warning: the server's password_encryption is md5"])
})
