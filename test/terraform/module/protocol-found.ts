/** What a case of the protocol finds on the server. */
import * as v from 'valibot'
import type { Server } from '../../support/postgres.ts'

/** One login, and the database that it owns. */
export interface Found {
  /** Of the database: it tells it from another of the same name; null: there is none. */
  readonly oid: string | null
  readonly canLogin: boolean
  /** Its removal is asked for and not carried out. */
  readonly isPending: boolean
  /** Of the tag; null: there is none. */
  readonly application: string | null
  readonly claim: string | null
  /** Whether it may do anything on a database of another's. */
  readonly hasGrants: boolean
}

const Row = v.object({
  login: v.string(),
  oid: v.nullable(v.string()),
  can_login: v.boolean(),
  application: v.nullable(v.string()),
  claim: v.nullable(v.string()),
  pending: v.boolean(),
  has_grants: v.boolean(),
})

/** By the login's name less its prefix and the underscore. */
export async function findLogins(server: Server, prefix: string): Promise<ReadonlyMap<string, Found>> {
  const rows = await server.sql(
    `SELECT r.rolname AS login, d.oid::text AS oid, r.rolcanlogin AS can_login, t.tag ->> 'Application' AS application,
       t.tag ->> 'Claim' AS claim,
       EXISTS (SELECT FROM jsonb_each(t.tag -> 'Removal') m WHERE m.value ->> 'DoneAt' IS NULL) AS pending,
       EXISTS (
         SELECT FROM pg_database p CROSS JOIN aclexplode(p.datacl) x WHERE x.grantee = r.oid AND p.datdba <> r.oid
       ) AS has_grants
     FROM pg_roles r
     CROSS JOIN LATERAL (SELECT shobj_description(r.oid, 'pg_authid')::jsonb AS tag) t
     LEFT JOIN pg_database d ON d.datdba = r.oid
     WHERE r.rolname LIKE $1`,
    [`${prefix}\\_%`],
  )
  return new Map(
    rows.map((row) => {
      const { login, can_login: canLogin, pending: isPending, has_grants: hasGrants, ...tag } = v.parse(Row, row)
      return [login.slice(prefix.length + 1), { ...tag, canLogin, isPending, hasGrants }] as const
    }),
  )
}
