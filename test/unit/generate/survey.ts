/** A small made-up instance that nobody has declared yet. */
import type { Survey } from '../../../src/generate/types.ts'
import { parseDeclaration } from '../../../src/input/parse.ts'
import type { AclItem, DatabaseState, Interior, Membership } from '../../../src/model/catalog.ts'
import type { Declaration } from '../../../src/model/declaration.ts'
import { LEAST } from '../input/sample.ts'
import { actual, database, role } from '../plan/sample.ts'

export const NOW = new Date('2026-11-01T00:00:00Z')
export const INPUT = { ...LEAST, master_secret_id: 'master', admin_username: 'admin' }

const items = (grantor: string, grantee: string, privileges: readonly string[]): AclItem[] =>
  privileges.map((privilege) => ({ grantor, grantee, privilege }))

const open = (name: string, owner: string): DatabaseState => {
  const state = database(name, owner)
  return { ...state, acl: [...state.acl, ...items(owner, '', ['CONNECT', 'TEMPORARY'])] }
}

const inside = (name: string, owner: string): Interior => ({
  database: name,
  schemas: new Map([
    [
      'public',
      {
        name: 'public',
        owner: 'pg_database_owner',
        acl: [
          ...items('pg_database_owner', 'pg_database_owner', ['CREATE', 'USAGE']),
          ...items('pg_database_owner', '', ['USAGE']),
        ],
        objects: 1,
        foreignObjects: 0,
      },
    ],
  ]),
  objects: [
    {
      schema: 'public',
      name: 'goods',
      objectClass: 'table',
      owner,
      args: null,
      acl: [...items(owner, owner, ['SELECT', 'INSERT']), ...items(owner, 'reader', ['SELECT'])],
      columnAcl: [],
    },
  ],
  defaultAcl: [],
  othersObjects: [],
  uncovered: [],
  otherGrants: [],
  extensions: new Map([['plpgsql', { name: 'plpgsql', owner: 'master' }]]),
})

const administers = (of: string): Membership => ({
  role: of,
  member: 'master',
  grantor: 'rdsadmin',
  admin: true,
  inherit: false,
  set: false,
})

/** Of PostgreSQL 16: the master made all of it, and has since lent its rights to nobody. */
export function survey(declared: Partial<Declaration> = {}): Survey {
  const roles = [
    role('admin', { createRole: true, createDb: true }),
    role('master', { createRole: true, createDb: true }),
    role('maker', { createRole: true }),
    role('reader'),
    role('shop', { connectionLimit: 7 }),
    role('e\u0301'),
    role('pg_monitor', { canLogin: false }),
  ]
  const databases = [open('postgres', 'master'), open('shop', 'shop'), open('Shop!', 'shop'), open('crm', 'master')]
  return {
    declaration: { ...parseDeclaration(JSON.stringify(INPUT)).declaration, ...declared },
    cluster: actual({
      cluster: {
        roles: new Map(roles.map((item) => [item.name, item])),
        databases: new Map(databases.map((item) => [item.name, item])),
        memberships: [administers('shop'), administers('reader')],
      },
    }).cluster,
    interiors: new Map([['shop', inside('shop', 'shop')]]),
    unseen: new Map(),
    noInherit: new Set(),
    admin: 'admin',
    master: 'master',
    hints: { roles: new Map(), databases: new Map() },
  }
}
