/** Who may do what: the server's own answers, as the access matrix is made of. */
import type { PrivilegeTarget } from '../model/access-change.ts'
import type { GrantPlace } from '../model/beyond.ts'
import type { DatabasePrivileges, InsideAccess, OutsideGrant, SchemaPrivileges } from '../model/access.ts'
import { isSendable } from '../model/sendable.ts'
import { databasePrivileges, GRANTS, SCHEMA_PRIVILEGES } from './access-queries.ts'
import { readFlag, readInteger, readText, type Row } from './row.ts'
import type { Session } from './session.ts'

/** The queries whose rows `insideAccess` reads; they can travel with others in one round trip. */
export function accessQueries(database: string): readonly string[] {
  return [databasePrivileges([database]), SCHEMA_PRIVILEGES, GRANTS]
}

/** The rows of `accessQueries`, in their order. */
export function insideAccess([privileges = [], schemas = [], grants = []]: readonly (readonly Row[])[]): InsideAccess {
  return {
    privileges: privileges.map(databasePrivilege),
    schemas: schemas.map(schemaPrivilege),
    grants: grants.map(grant),
  }
}

/** What managed roles may do on databases that are not looked into; over any connection to the instance. */
export async function inspectDatabasePrivileges(
  session: Session,
  databases: readonly string[],
): Promise<DatabasePrivileges[]> {
  const names = databases.filter(isSendable)
  if (names.length === 0) return []
  const [rows = []] = await session.query([databasePrivileges(names)])
  return rows.map(databasePrivilege)
}

function databasePrivilege(row: Row): DatabasePrivileges {
  return {
    login: readText(row, 'login'),
    database: readText(row, 'database'),
    connect: readFlag(row, 'connect'),
    temporary: readFlag(row, 'temporary'),
    create: readFlag(row, 'create'),
  }
}

function schemaPrivilege(row: Row): SchemaPrivileges {
  return {
    login: readText(row, 'login'),
    schema: readText(row, 'schema'),
    usage: readFlag(row, 'usage'),
    create: readFlag(row, 'create'),
    tables: readInteger(row, 'tables'),
    held: {
      SELECT: readInteger(row, 'held_select'),
      INSERT: readInteger(row, 'held_insert'),
      UPDATE: readInteger(row, 'held_update'),
      DELETE: readInteger(row, 'held_delete'),
      TRUNCATE: readInteger(row, 'held_truncate'),
      REFERENCES: readInteger(row, 'held_references'),
      MAINTAIN: readInteger(row, 'held_maintain'),
    },
    byDefault: {
      SELECT: readFlag(row, 'default_select'),
      INSERT: readFlag(row, 'default_insert'),
      UPDATE: readFlag(row, 'default_update'),
      DELETE: readFlag(row, 'default_delete'),
      TRUNCATE: readFlag(row, 'default_truncate'),
      REFERENCES: readFlag(row, 'default_references'),
      MAINTAIN: readFlag(row, 'default_maintain'),
    },
  }
}

function grant(row: Row): OutsideGrant {
  return {
    role: readText(row, 'role'),
    privilege: readText(row, 'privilege'),
    on: grantedOn(row),
    place: placeOf(row),
  }
}

const ON: Readonly<Record<string, PrivilegeTarget>> = {
  schema: 'schema',
  table: 'table',
  column: 'table',
  sequence: 'sequence',
  function: 'function',
}

/** Columns stand with their tables. */
function placeOf(row: Row): GrantPlace {
  const [kind, schema] = [readText(row, 'kind'), readText(row, 'schema')]
  const isLater = kind.startsWith('new ')
  return {
    on: ON[isLater ? kind.slice('new '.length) : kind] ?? 'other',
    schema: schema === '' ? null : schema,
    creator: isLater ? readText(row, 'name') : null,
  }
}

/** `table public.things`, `12 tables of schema public`, `tables that app_owner will create in schema public`. */
function grantedOn(row: Row): string {
  const [kind, schema, name, objects] = [
    readText(row, 'kind'),
    readText(row, 'schema'),
    readText(row, 'name'),
    readInteger(row, 'objects'),
  ]
  if (kind === 'schema') return `schema ${name}`
  if (kind.startsWith('new '))
    return `${kind.slice(4)}s that ${name} will create${schema === '' ? '' : ` in schema ${schema}`}`
  return objects === 1 ? `${kind} ${schema}.${name}` : `${String(objects)} ${kind}s of schema ${schema}`
}
