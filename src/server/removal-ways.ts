/**
 * What REASSIGN OWNED passes over inside a database: policies that name a departing role, its own default privileges
 * and its user mappings. Read with what it takes to write the statement that helps.
 */
import type { Obstacle, WayOut } from '../model/removal.ts'
import { isSendable, showBytes } from '../model/sendable.ts'
import { catalogText } from './catalog-text.ts'
import { DEFAULT_CLASS, dependencies, ROLE_DEPENDENCY } from './removal-queries.ts'
import { readText, readTextOrNull, readTexts, type Row } from './row.ts'

const SELECTED = `
      ${catalogText('d.rolname')} AS role,
      ${catalogText('current_database()')} AS database,
      ${catalogText(ROLE_DEPENDENCY)} AS what`

/** What is temporary goes with its session. */
function policies(roles: readonly string[]): string {
  return `
    SELECT${SELECTED},
      ${catalogText('n.nspname')} AS schema,
      ${catalogText('c.relname')} AS object,
      ${catalogText('p.polname')} AS name,
      ${catalogText('pg_get_userbyid(c.relowner)')} AS owner,
      ARRAY(
        SELECT ${catalogText('pg_get_userbyid(other)')} FROM unnest(p.polroles) other WHERE other <> d.refobjid ORDER BY 1
      ) AS others
    FROM ${dependencies(roles)}
    JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
    JOIN pg_class c ON c.oid = p.polrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relpersistence <> 't'
    ORDER BY 3`
}

function ownDefaults(roles: readonly string[]): string {
  return `
    SELECT${SELECTED},
      ${catalogText('n.nspname')} AS schema,
      ${DEFAULT_CLASS} AS name,
      ARRAY(
        SELECT DISTINCT CASE a.grantee WHEN 0 THEN '' ELSE ${catalogText('pg_get_userbyid(a.grantee)')} END
        FROM aclexplode(f.defaclacl) a
        ORDER BY 1
      ) AS others
    FROM ${dependencies(roles)}
    JOIN pg_default_acl f ON d.classid = 'pg_default_acl'::regclass AND f.oid = d.objid AND f.defaclrole = d.refobjid
    LEFT JOIN pg_namespace n ON n.oid = f.defaclnamespace
    WHERE d.deptype = 'o'
    ORDER BY 3`
}

/** Over the view, since nobody but a superuser reads the catalog of mappings. */
function userMappings(roles: readonly string[]): string {
  return `
    SELECT${SELECTED},
      ${catalogText('s.srvname')} AS name,
      ${catalogText('pg_get_userbyid(s.srvowner)')} AS owner
    FROM ${dependencies(roles)}
    JOIN pg_user_mappings m ON d.classid = 'pg_user_mapping'::regclass AND m.umid = d.objid
    JOIN pg_foreign_server s ON s.oid = m.srvid
    ORDER BY 3`
}

/** Three queries, for `passedOver`. */
export function passedOverQueries(roles: readonly string[]): string[] {
  return [policies(roles), ownDefaults(roles), userMappings(roles)]
}

/** @param rename what is asked for where a name can stand in no statement */
export function passedOver(results: readonly (readonly Row[])[], rename: string): Obstacle[] {
  const [policyRows = [], defaultRows = [], mappingRows = []] = results
  const obstacle = (row: Row, wayOut: WayOut): Obstacle => {
    const names = Object.values(wayOut)
      .flat()
      .filter((name) => name !== null)
    return {
      role: readText(row, 'role'),
      database: readText(row, 'database'),
      what: showBytes(readText(row, 'what')),
      ...(names.every(isSendable) ? { wayOut } : { remedy: rename }),
    }
  }
  return [
    ...policyRows.map((row) =>
      obstacle(row, {
        kind: 'policy',
        schema: readText(row, 'schema'),
        table: readText(row, 'object'),
        name: readText(row, 'name'),
        owner: readText(row, 'owner'),
        others: readTexts(row, 'others'),
      }),
    ),
    ...defaultRows.map((row) =>
      obstacle(row, {
        kind: 'default_privileges',
        schema: readTextOrNull(row, 'schema'),
        keyword: readText(row, 'name'),
        grantees: readTexts(row, 'others'),
      }),
    ),
    ...mappingRows.map((row) =>
      obstacle(row, { kind: 'user_mapping', server: readText(row, 'name'), owner: readText(row, 'owner') }),
    ),
  ]
}
