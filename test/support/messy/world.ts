/** Random small servers: owners, groups, grants of every kind, names that need quotes; and making one on a bed. */
import fc from 'fast-check'
import pg from 'pg'
import type { Server } from '../postgres.ts'

const { escapeIdentifier: id, escapeLiteral: text } = pg

/** Each as somebody once called something. */
const NAMES = [
  'plain',
  'Cap Name',
  'we"ird',
  "o'brien",
  'dash-ed',
  'a.b',
  '1digit',
  'x${y}%{z}',
  'back\\slash',
  'ümlaut',
  'select',
  'for',
]

const index = fc.nat({ max: 99 })
const some = (words: readonly string[]) => fc.subarray([...words], { minLength: 1 })

const ROLE = fc.record({
  name: fc.constantFrom(...NAMES),
  login: fc.boolean(),
  inherit: fc.constantFrom(true, true, true, false),
  createDb: fc.constantFrom(false, false, true),
  limit: fc.constantFrom(-1, -1, 7),
  until: fc.constantFrom(null, null, '2020-01-01', '2099-01-01'),
  groups: fc.array(fc.record({ of: index, inherit: fc.boolean(), set: fc.boolean() }), { maxLength: 2 }),
  predefined: fc.constantFrom(null, null, null, 'pg_monitor', 'pg_read_all_data'),
  settings: fc.constantFrom(null, null, 'statement_timeout'),
})

const TABLE = fc.record({
  owner: fc.constantFrom(0, 0, 0, 1, 2),
  kind: fc.constantFrom('table', 'table', 'view', 'sequence', 'function'),
})
const SCHEMA = fc.record({
  name: fc.constantFrom(...NAMES),
  owner: fc.constantFrom(0, 0, 1),
  objects: fc.array(TABLE, { maxLength: 3 }),
})
const TABLE_WORDS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']
const GRANT = fc.record({
  on: fc.constantFrom('all', 'all', 'object', 'column', 'schema', 'schema', 'database'),
  schema: index,
  object: index,
  to: index,
  toPublic: fc.constantFrom(false, false, false, true),
  tables: some(TABLE_WORDS),
  reads: fc.boolean(),
  more: fc.boolean(),
  passesOn: fc.constantFrom(false, false, false, true),
})
const DEFAULT = fc.record({
  creator: fc.constantFrom(0, 0, 1),
  schema: fc.option(index),
  to: index,
  toPublic: fc.constantFrom(false, false, true),
  tables: some(TABLE_WORDS),
})
const DATABASE = fc.record({
  name: fc.constantFrom(...NAMES),
  owner: fc.oneof({ weight: 4, arbitrary: index }, { weight: 1, arbitrary: fc.constant(null) }),
  isShut: fc.constantFrom(false, false, true),
  /** Whether the master stays a member of the owner, as people leave it. */
  isLent: fc.boolean(),
  mayAllCreate: fc.constantFrom(false, true),
  limit: fc.constantFrom(-1, -1, 30),
  schemas: fc.array(SCHEMA, { maxLength: 2 }),
  grants: fc.array(GRANT, { maxLength: 8 }),
  defaults: fc.array(DEFAULT, { maxLength: 3 }),
  settings: fc.array(index, { maxLength: 2 }),
  actsAs: fc.constantFrom(false, false, true),
})

export const WORLD = fc.record({
  roles: fc.array(ROLE, { minLength: 2, maxLength: 6 }),
  databases: fc.array(DATABASE, { minLength: 1, maxLength: 3 }),
})
export type World = typeof WORLD extends fc.Arbitrary<infer T> ? T : never
type RandomDatabase = World['databases'][number]

const roleName = (world: World, at: number): string => {
  const place = at % world.roles.length
  return `r${String(place)} ${world.roles[place]?.name ?? ''}`
}
const databaseName = (world: World, at: number): string => `d${String(at)} ${world.databases[at]?.name ?? ''}`

export function rolesOf(world: World): string[] {
  return world.roles.map((_, at) => roleName(world, at))
}

/** Roles and databases as the master, what is inside as a superuser who acts for its owners. */
export async function makeWorld(server: Server, world: World): Promise<void> {
  await server.sql('SET SESSION AUTHORIZATION dbmaster')
  for (const statement of roleStatements(server, world)) await server.sql(statement)
  for (const [at, database] of world.databases.entries()) {
    const owner = database.owner === null ? 'dbmaster' : roleName(world, database.owner)
    if (owner !== 'dbmaster') await server.sql(`GRANT ${id(owner)} TO dbmaster`)
    await server.sql(
      `CREATE DATABASE ${id(databaseName(world, at))} OWNER ${id(owner)} CONNECTION LIMIT ${String(database.limit)}`,
    )
  }
  for (const { owner, isLent } of world.databases)
    if (owner !== null && !isLent) await server.sql(`REVOKE ${id(roleName(world, owner))} FROM dbmaster`)
  await server.sql('RESET SESSION AUTHORIZATION')
  for (const [at, database] of world.databases.entries()) {
    const name = databaseName(world, at)
    for (const statement of insideStatements(world, database, name)) await server.sql(statement, [], name)
    await server.forget(name)
  }
}

function roleStatements({ version }: Server, world: World): string[] {
  const made = world.roles.map(({ login, inherit, createDb, limit, until }, at) =>
    [
      `CREATE ROLE ${id(roleName(world, at))} ${login ? 'LOGIN' : 'NOLOGIN'} ${inherit ? 'INHERIT' : 'NOINHERIT'}`,
      createDb ? 'CREATEDB' : '',
      `CONNECTION LIMIT ${String(limit)} PASSWORD 'pw'`,
      until === null ? '' : `VALID UNTIL ${text(until)}`,
    ].join(' '),
  )
  const joined = world.roles.flatMap(({ groups, predefined, settings }, at) => [
    // Of earlier ones only, so that there is no circle.
    ...groups
      .filter(() => at > 0)
      .map(({ of, inherit, set }) => {
        const options =
          version < 16 ? '' : ` WITH INHERIT ${String(inherit).toUpperCase()}, SET ${String(set).toUpperCase()}`
        return `GRANT ${id(roleName(world, of % at))} TO ${id(roleName(world, at))}${options}`
      }),
    ...(predefined === null || (version >= 16 && predefined !== 'pg_monitor')
      ? []
      : [`GRANT ${predefined} TO ${id(roleName(world, at))}`]),
    ...(settings === null ? [] : [`ALTER ROLE ${id(roleName(world, at))} SET ${settings} = '77s'`]),
  ])
  return [...made, ...joined]
}

function insideStatements(world: World, database: RandomDatabase, name: string): string[] {
  const owner = database.owner === null ? 'dbmaster' : roleName(world, database.owner)
  const ownerAt = (place: number): string => (place === 0 ? owner : roleName(world, (database.owner ?? 0) + place))
  const schemas = database.schemas.map((schema, at) => ({ ...schema, name: `s${String(at)} ${schema.name}` }))
  const places = [{ name: 'public', owner: 0, objects: [{ owner: 0, kind: 'table' as const }] }, ...schemas]
  const to = (isPublic: boolean, at: number): string => (isPublic ? 'PUBLIC' : id(roleName(world, at)))
  return [
    ...(database.isShut ? [`REVOKE CONNECT, TEMPORARY ON DATABASE ${id(name)} FROM PUBLIC`] : []),
    ...(database.mayAllCreate ? ['GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC'] : []),
    ...schemas.map((schema) => `CREATE SCHEMA ${id(schema.name)} AUTHORIZATION ${id(ownerAt(schema.owner))}`),
    ...places.flatMap(({ name: schema, objects }) =>
      objects.flatMap((object, at) => makeObject(id(schema), at, object.kind, ownerAt(object.owner))),
    ),
    ...database.grants.flatMap((grant) => grantStatements(places, grant, name, to(grant.toPublic, grant.to))),
    ...database.defaults.map(({ creator, schema, tables, toPublic, to: at }) => {
      const where = schema === null ? '' : ` IN SCHEMA ${id(places[schema % places.length]?.name ?? 'public')}`
      return `ALTER DEFAULT PRIVILEGES FOR ROLE ${id(ownerAt(creator))}${where} GRANT ${tables.join(', ')} ON TABLES TO ${to(toPublic, at)}`
    }),
    ...database.settings.map(
      (at) =>
        `ALTER ROLE ${id(roleName(world, at))} IN DATABASE ${id(name)} SET search_path = app, "My ""path""", public`,
    ),
    ...(database.actsAs && database.owner !== null
      ? world.roles.flatMap(({ groups }, at) =>
          groups
            .filter(() => at > 0)
            .slice(0, 1)
            .map(
              ({ of }) =>
                `ALTER ROLE ${id(roleName(world, at))} IN DATABASE ${id(name)} SET role = ${text(roleName(world, of % at))}`,
            ),
        )
      : []),
  ]
}

function makeObject(schema: string, at: number, kind: string, owner: string): string[] {
  const name = `${schema}.${id(`o${String(at)} x`)}`
  switch (kind) {
    case 'view':
      return [`CREATE VIEW ${name} AS SELECT 1 AS a, 2 AS "B"`, `ALTER VIEW ${name} OWNER TO ${id(owner)}`]
    case 'sequence':
      return [`CREATE SEQUENCE ${name}`, `ALTER SEQUENCE ${name} OWNER TO ${id(owner)}`]
    case 'function':
      return [
        `CREATE FUNCTION ${name}(int) RETURNS int LANGUAGE sql AS 'SELECT 1'`,
        `REVOKE EXECUTE ON FUNCTION ${name}(int) FROM PUBLIC`,
        `ALTER FUNCTION ${name}(int) OWNER TO ${id(owner)}`,
      ]
    default:
      return [`CREATE TABLE ${name} (a int, "B" int)`, `ALTER TABLE ${name} OWNER TO ${id(owner)}`]
  }
}

interface Place {
  readonly name: string
  readonly objects: readonly { readonly kind: string }[]
}

function grantStatements(
  places: readonly Place[],
  grant: RandomDatabase['grants'][number],
  database: string,
  to: string,
): string[] {
  const { on, passesOn, reads, more } = grant
  const place = places[grant.schema % places.length]
  if (place === undefined) return []
  const end = passesOn && to !== 'PUBLIC' ? ' WITH GRANT OPTION' : ''
  const words = reads ? ['SELECT'] : grant.tables
  if (on === 'database') return [`GRANT CONNECT${more ? ', CREATE' : ''} ON DATABASE ${id(database)} TO ${to}${end}`]
  if (on === 'schema') return [`GRANT USAGE${more ? ', CREATE' : ''} ON SCHEMA ${id(place.name)} TO ${to}${end}`]
  if (on === 'all')
    return [
      `GRANT USAGE ON SCHEMA ${id(place.name)} TO ${to}`,
      `GRANT ${words.join(', ')} ON ALL TABLES IN SCHEMA ${id(place.name)} TO ${to}${end}`,
      ...(more ? [`GRANT SELECT ON ALL SEQUENCES IN SCHEMA ${id(place.name)} TO ${to}`] : []),
    ]
  const at = grant.object % Math.max(1, place.objects.length)
  const kind = place.objects[at]?.kind
  const name = `${id(place.name)}.${id(`o${String(at)} x`)}`
  if (kind === undefined) return []
  if (kind === 'function') return [`GRANT EXECUTE ON FUNCTION ${name}(int) TO ${to}${end}`]
  if (kind === 'sequence') return [`GRANT USAGE, SELECT ON SEQUENCE ${name} TO ${to}${end}`]
  if (on === 'column') return [`GRANT SELECT (a), UPDATE ("B") ON ${name} TO ${to}${end}`]
  return [`GRANT ${words.join(', ')} ON ${name} TO ${to}${end}`]
}

/** Takes away all that is not the bed's own. */
export async function dropWorld(server: Server): Promise<void> {
  const databases = await server.sql(
    `SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'rdsadmin', 'template0', 'template1')`,
  )
  for (const { datname } of databases) await server.sql(`DROP DATABASE ${id(String(datname))} WITH (FORCE)`)
  const roles = await server.sql(
    `SELECT rolname FROM pg_roles WHERE NOT rolsuper AND rolname !~ '^(pg|rds)_' AND rolname !~ '^(platform|dbmaster)'`,
  )
  for (const { rolname } of roles) await server.sql(`DROP OWNED BY ${id(String(rolname))} CASCADE`)
  for (const { rolname } of roles) await server.sql(`DROP ROLE ${id(String(rolname))}`)
}
