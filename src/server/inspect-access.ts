/** Who may do what: the server's own answers, as the access matrix is made of. */
import type { DatabasePrivileges, InsideAccess, OutsideGrant, SchemaPrivileges } from '../model/access.ts'
import { databasePrivileges, GRANTS, SCHEMA_PRIVILEGES } from './access-queries.ts'
import { flag, integer, text, type Row } from './row.ts'
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
  if (databases.length === 0) return []
  const [rows = []] = await session.query([databasePrivileges(databases)])
  return rows.map(databasePrivilege)
}

function databasePrivilege(row: Row): DatabasePrivileges {
  return {
    login: text(row, 'login'),
    database: text(row, 'database'),
    connect: flag(row, 'connect'),
    temporary: flag(row, 'temporary'),
    create: flag(row, 'create'),
  }
}

function schemaPrivilege(row: Row): SchemaPrivileges {
  return {
    login: text(row, 'login'),
    schema: text(row, 'schema'),
    usage: flag(row, 'usage'),
    create: flag(row, 'create'),
    tables: integer(row, 'tables'),
    held: {
      SELECT: integer(row, 'held_select'),
      INSERT: integer(row, 'held_insert'),
      UPDATE: integer(row, 'held_update'),
      DELETE: integer(row, 'held_delete'),
    },
    byDefault: {
      SELECT: flag(row, 'default_select'),
      INSERT: flag(row, 'default_insert'),
      UPDATE: flag(row, 'default_update'),
      DELETE: flag(row, 'default_delete'),
    },
  }
}

function grant(row: Row): OutsideGrant {
  return { role: text(row, 'role'), privilege: text(row, 'privilege'), on: grantedOn(row) }
}

/** `table public.things`, `12 tables of schema public`, `tables that app_owner will create in schema public`. */
function grantedOn(row: Row): string {
  const [kind, schema, name, objects] = [
    text(row, 'kind'),
    text(row, 'schema'),
    text(row, 'name'),
    integer(row, 'objects'),
  ]
  if (kind === 'schema') return `schema ${name}`
  if (kind.startsWith('new '))
    return `${kind.slice(4)}s that ${name} will create${schema === '' ? '' : ` in schema ${schema}`}`
  return objects === 1 ? `${kind} ${schema}.${name}` : `${String(objects)} ${kind}s of schema ${schema}`
}
