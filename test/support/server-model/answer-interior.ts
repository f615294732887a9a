/** The catalogs of one database. */
import { DEFAULT_ACL, INSTALLED_EXTENSIONS } from '../../../src/server/database-queries.ts'
import type { Row } from '../../../src/server/row.ts'
import { OTHER_GRANTS } from '../../../src/server/uncovered-queries.ts'
import { type Answer, type Asker, encoded, encodedAcl, namesIn } from './answer.ts'
import { databaseOf } from './database-statements.ts'
import { holds } from './rights.ts'
import { SUPERUSER } from './names.ts'
import { builtIn, type ModelDatabase, type ModelObject, type ModelSchema, type State } from './state.ts'

/** Whose what stands in a schema is to be, as the query asks for it: `owned` in `src/server/database-queries.ts`. */
function meantOwner(state: State, { owner }: ModelDatabase, text: string): (schema: ModelSchema) => string | null {
  const cases = [
    ...text.matchAll(
      /WHEN n\.nspname IN \('([^']+)'\) THEN \(SELECT oid FROM pg_roles WHERE rolname IN \('([^']+)'\)\)/g,
    ),
  ]
  const declared = new Map(cases.map(([, schema = '', role = '']) => [schema, role]))
  const guests = namesIn(text, "n.nspname <> 'public' AND n.nspowner IN (SELECT oid FROM pg_roles WHERE rolname")
  return (schema) => {
    const named = declared.get(schema.name)
    if (named !== undefined) return state.roles.has(named) ? named : null
    return schema.name !== 'public' && guests.includes(schema.owner) ? schema.owner : owner
  }
}

const aclOf = ({ version }: State, { objectClass, owner, acl }: ModelObject): ModelSchema['acl'] =>
  acl ?? builtIn(objectClass, owner, version)

function schemaRows(state: State, database: ModelDatabase, text: string): Row[] {
  const meant = meantOwner(state, database, text)
  return [...database.schemas.values()].map((schema) => {
    const of = meant(schema)
    const objects = database.objects.filter((item) => item.schema === schema.name)
    const foreign = objects.filter(({ owner }) => owner !== of)
    const unusable = foreign.filter((item) => of === null || !isUsable(state, of, item))
    const names = foreign.map(({ objectClass, name, owner }) => `${objectClass} ${name} (${owner})`).sort()
    return {
      name: encoded(schema.name),
      owner: encoded(schema.owner),
      acl: encodedAcl(schema.acl),
      objects: objects.length,
      foreign_objects: foreign.length,
      unusable: unusable.length,
      foreign_names: names.slice(0, 3),
    }
  })
}

function isUsable(state: State, role: string, item: ModelObject): boolean {
  return holds(state, role, aclOf(state, item), item.objectClass === 'function' ? 'EXECUTE' : 'SELECT')
}

function objectRows(state: State, database: ModelDatabase, text: string): Row[] {
  const meant = meantOwner(state, database, text)
  const wantsOthers = text.includes('IS DISTINCT FROM c.relowner AND')
  const onlyListed = text.includes('= c.relowner AND (c.relacl IS NOT NULL')
  return database.objects
    .flatMap((item) => {
      const schema = database.schemas.get(item.schema)
      if (schema === undefined) return []
      const own = item.owner === meant(schema)
      const isAsked = own ? !onlyListed || item.acl !== null : wantsOthers && item.acl !== null
      return isAsked ? [{ ...item, own }] : []
    })
    .map((item) => ({
      schema: encoded(item.schema),
      class: item.objectClass,
      owner: encoded(item.owner),
      own: item.own,
      names: [encoded(item.name)],
      args: item.args === null ? null : [item.args],
      acl: encodedAcl(aclOf(state, item)),
      column_acl: null,
    }))
}

function defaultRows({ defaults }: ModelDatabase): Row[] {
  return defaults.flatMap(({ creator, schema, objectClass, acl }) =>
    acl.map(({ grantee, privilege }) => ({
      creator: encoded(creator),
      schema: schema === null ? null : encoded(schema),
      class: objectClass,
      grantee: encoded(grantee),
      privilege,
    })),
  )
}

const inside =
  (rows: (state: State, database: ModelDatabase, text: string) => Row[]): Answer['rows'] =>
  (state, { database }: Asker, text) =>
    rows(state, databaseOf(state, database), text)

export const INTERIOR_ANSWERS: readonly Answer[] = [
  { to: /coalesce\(c\.foreign_names, '\{\}'\) AS foreign_names/, rows: inside(schemaRows) },
  { to: /o\.column_acl/, rows: inside(objectRows) },
  { to: DEFAULT_ACL, rows: inside((_state, database) => defaultRows(database)) },
  {
    to: INSTALLED_EXTENSIONS,
    rows: inside((_state, { extensions }) => [
      { name: 'plpgsql', owner: SUPERUSER },
      ...[...extensions].map(([name, owner]) => ({ name, owner: encoded(owner) })),
    ]),
  },
  { to: /pg_largeobject_metadata l\s+WHERE l\.lomowner/, rows: () => [] },
  { to: OTHER_GRANTS, rows: () => [] },
]
