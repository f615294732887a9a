/** What a removal asks: pg_shdepend, and what departing roles hold and own. */
import type { ObjectClass } from '../../../src/model/catalog.ts'
import { CAN_SIGNAL } from '../../../src/server/removal-queries.ts'
import type { Row } from '../../../src/server/row.ts'
import { type Answer, type Asker, encoded, namesIn } from './answer.ts'
import { databaseOf } from './database-statements.ts'
import { hasRightsOf } from './rights.ts'
import { isPinned, type ModelDatabase, ownersIn, namedIn, type State } from './state.ts'

/** As the server describes an object, and as GRANT names it. */
interface Thing {
  readonly what: string
  readonly keyword: string
  readonly identity: string
  readonly owner: string
  readonly acl: ModelDatabase['objects'][number]['acl']
}

const KEYWORDS: Readonly<Record<ObjectClass, string>> = { table: 'TABLE', sequence: 'SEQUENCE', function: 'ROUTINE' }
const CLASSES = { table: 'TABLES', sequence: 'SEQUENCES', function: 'ROUTINES', schema: 'SCHEMAS' } as const
/** pg_describe_object on what is visible without its schema is left at that: the search path is the catalog's. */
const DESCRIBED = { table: 'relations', sequence: 'sequences', function: 'functions', schema: 'schemas' } as const

function thingsIn({ schemas, objects, extensions }: ModelDatabase): Thing[] {
  return [
    ...[...extensions].map(([identity, owner]) => {
      return { what: `extension ${identity}`, keyword: 'EXTENSION', identity, owner, acl: null }
    }),
    ...[...schemas.values()].map(({ name, owner, acl }) => ({
      what: `schema ${name}`,
      keyword: 'SCHEMA',
      identity: name,
      owner,
      acl,
    })),
    ...objects.map(({ objectClass, schema, name, args, owner, acl }) => {
      const identity = `${schema}.${name}${args === null ? '' : `(${args})`}`
      return { what: `${objectClass} ${identity}`, keyword: KEYWORDS[objectClass], identity, owner, acl }
    }),
  ]
}

/** deptype `a`: whom a list names, the owner apart. */
const isNamed = ({ owner, acl }: Thing, role: string): boolean =>
  role !== owner && (acl ?? []).some(({ grantee, grantor }) => grantee === role || grantor === role)

function sharedRows({ databases, memberships, ...state }: State, text: string): Row[] {
  const roles = namesIn(text, 'pg_get_userbyid(d.refobjid)')
  const dropped = namesIn(text, 'b.datname NOT')
  const of = (role: string, what: string): Row => ({ role: encoded(role), database: null, what: encoded(what) })
  return roles.flatMap((role) => [
    ...[...databases.values()]
      .filter(({ name }) => !dropped.includes(name))
      .flatMap(({ name, owner, isTemplate, acl }) => {
        if (owner === role) return [of(role, `owns database ${name}`)]
        const isListed = acl.some(({ grantee, grantor }) => grantee === role || grantor === role)
        return isListed && isTemplate ? [of(role, `has privileges on database ${name}`)] : []
      }),
    // From 16 on a membership depends on who granted it.
    ...memberships
      .filter(({ grantor }) => state.version >= 160000 && grantor === role)
      .map((item) => of(role, `has privileges on membership of role ${item.member} in role ${item.role}`)),
  ])
}

function concernedRows({ databases }: State, text: string): Row[] {
  const roles = namesIn(text, 'pg_get_userbyid(d.refobjid)')
  const dropped = namesIn(text, 'b.datname NOT')
  return [...databases.values()]
    .filter((item) => !dropped.includes(item.name))
    .flatMap((item) => roles.filter((role) => dependsIn(item, role)).map((role) => ({ item, role })))
    .map(({ item, role }) => ({ database: encoded(item.name), role: encoded(role) }))
}

const dependsIn = (item: ModelDatabase, role: string): boolean => ownersIn(item).has(role) || namedIn(item).has(role)

function tenantRows({ databases }: State, text: string): Row[] {
  const dropped = namesIn(text, 'b.datname')
  const roles = namesIn(text, 'pg_get_userbyid(d.refobjid) NOT')
  return dropped.flatMap((name) => {
    const database = databases.get(name)
    const owners = database === undefined ? [] : [...ownersIn(database)]
    return owners
      .filter((role) => !roles.includes(role) && !isPinned(role))
      .sort()
      .map((role) => ({ database: encoded(name), role: encoded(role) }))
  })
}

function obstacleRows(database: ModelDatabase, text: string): Row[] {
  const roles = namesIn(text, 'r.rolname')
  return thingsIn(database)
    .filter(({ owner }) => roles.includes(owner))
    .map(({ owner, what }) => ({
      role: encoded(owner),
      database: encoded(database.name),
      what: encoded(`owns ${what}`),
      is_reassigned: true,
    }))
}

function holdingRows(database: ModelDatabase, text: string): Row[] {
  const roles = namesIn(text, 'r.rolname')
  const rows = thingsIn(database).flatMap((thing) =>
    roles
      .filter((role) => isNamed(thing, role))
      .flatMap((role) =>
        (thing.acl ?? [])
          .filter(({ grantee, grantor }) => grantee === role || grantor === role)
          .map(({ grantor, grantee }) => ({
            keyword: thing.keyword,
            identity: encoded(thing.identity),
            grantor: encoded(grantor),
            grantee: encoded(grantee),
            is_temporary: false,
          })),
      ),
  )
  return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()]
}

function defaultRows({ defaults }: ModelDatabase, text: string): Row[] {
  const roles = namesIn(text, 'r.rolname')
  const rows = defaults.flatMap(({ creator, schema, objectClass, acl }) =>
    acl
      .filter(({ grantee }) => roles.includes(grantee) && grantee !== creator)
      .map(({ grantee }) => ({
        grantee: encoded(grantee),
        creator: encoded(creator),
        schema: schema === null ? null : encoded(schema),
        keyword: CLASSES[objectClass],
      })),
  )
  return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()]
}

function ownDefaultRows(database: ModelDatabase, text: string): Row[] {
  const roles = namesIn(text, 'r.rolname')
  return database.defaults
    .filter(({ creator }) => roles.includes(creator))
    .map(({ creator, schema, objectClass, acl }) => {
      const where = schema === null ? '' : ` in schema ${schema}`
      return {
        role: encoded(creator),
        database: encoded(database.name),
        what: encoded(`owns default privileges on new ${DESCRIBED[objectClass]} belonging to role ${creator}${where}`),
        schema: schema === null ? null : encoded(schema),
        name: CLASSES[objectClass],
        others: [...new Set(acl.map(({ grantee }) => grantee))].sort().map(encoded),
      }
    })
}

const inside =
  (rows: (database: ModelDatabase, text: string) => Row[]): Answer['rows'] =>
  (state, { database }: Asker, text) =>
    rows(databaseOf(state, database), text)

/** The order counts: the first that fits. */
export const REMOVAL_ANSWERS: readonly Answer[] = [
  { to: CAN_SIGNAL, rows: (state, { login }) => [{ can_signal: hasRightsOf(state, login, 'pg_signal_backend') }] },
  { to: /WHERE d\.dbid = 0\s/, rows: (state, _asker, text) => sharedRows(state, text) },
  {
    to: /SELECT DISTINCT[^]*b\.datname[^]*b\.datname NOT IN/,
    rows: (state, _asker, text) => concernedRows(state, text),
  },
  { to: /d\.deptype = 'o'\s+AND b\.datname IN/, rows: (state, _asker, text) => tenantRows(state, text) },
  { to: /FROM pg_prepared_xacts\s+WHERE database IN/, rows: () => [] },
  { to: /r\.rolsuper AS is_superuser/, rows: () => [] },
  { to: /pg_policy p ON|pg_user_mappings m/, rows: () => [] },
  { to: /AS is_reassigned/, rows: inside(obstacleRows) },
  { to: /AS is_temporary/, rows: inside(holdingRows) },
  { to: /f\.defaclrole = d\.refobjid/, rows: inside(ownDefaultRows) },
  { to: /AND f\.defaclrole <> r\.oid/, rows: inside(defaultRows) },
]
