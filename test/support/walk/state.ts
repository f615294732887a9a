/** What the model remembers of a server. All of it is plain data, so that a copy undoes a transaction. */
import type {
  AclItem,
  DefaultClass,
  Membership,
  ObjectClass,
  RoleState,
  StoredSetting,
} from '../../../src/model/catalog.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** `password`: what was set, a verifier as the builders write it or anything by hand. */
export type ModelRole = Writable<RoleState> & { password: string | null; inherits: boolean }

export interface ModelSchema {
  name: string
  owner: string
  acl: AclItem[]
}

export interface ModelObject {
  schema: string
  name: string
  objectClass: ObjectClass
  args: string | null
  owner: string
  /** null: the built-in default. */
  acl: AclItem[] | null
}

/** One row of pg_default_acl. */
export interface ModelDefault {
  creator: string
  schema: string | null
  objectClass: DefaultClass
  acl: AclItem[]
}

export interface ModelDatabase {
  /** Never given twice: a database that was dropped and made anew has another. */
  oid: number
  name: string
  owner: string
  connectionLimit: number
  allowConnections: boolean
  isTemplate: boolean
  comment: string | null
  acl: AclItem[]
  schemas: Map<string, ModelSchema>
  objects: ModelObject[]
  defaults: ModelDefault[]
}

export interface State {
  /** server_version_num */
  version: number
  nextOid: number
  roles: Map<string, ModelRole>
  databases: Map<string, ModelDatabase>
  memberships: Writable<Membership>[]
  settings: StoredSetting[]
}

export const SUPERUSER = 'rdsadmin'

/** What the server answers to a statement that it does not do. */
export class Refusal extends Error {}

const ALL_ON_TABLES = ['DELETE', 'INSERT', 'REFERENCES', 'SELECT', 'TRIGGER', 'TRUNCATE', 'UPDATE'] as const

/** All privileges on one kind of object; MAINTAIN came with 17. */
export function allOn(kind: DefaultClass | 'database', version: number): readonly string[] {
  switch (kind) {
    case 'database':
      return ['CONNECT', 'CREATE', 'TEMPORARY']
    case 'schema':
      return ['CREATE', 'USAGE']
    case 'table':
      return version >= 170000 ? [...ALL_ON_TABLES, 'MAINTAIN'] : ALL_ON_TABLES
    case 'sequence':
      return ['SELECT', 'UPDATE', 'USAGE']
    case 'function':
      return ['EXECUTE']
  }
}

/** The manual, "Privileges": what an object has that nobody granted anything on. */
export function builtIn(kind: DefaultClass | 'database', owner: string, version: number): AclItem[] {
  const toPublic = kind === 'database' ? ['CONNECT', 'TEMPORARY'] : kind === 'function' ? ['EXECUTE'] : []
  return [
    ...toPublic.map((privilege) => ({ grantor: owner, grantee: '', privilege })),
    ...allOn(kind, version).map((privilege) => ({ grantor: owner, grantee: owner, privilege })),
  ]
}

export const itemKey = ({ grantor, grantee, privilege }: AclItem): string =>
  JSON.stringify([grantor, grantee, privilege])

export function sameAcl(a: readonly AclItem[], b: readonly AclItem[]): boolean {
  const text = (items: readonly AclItem[]): string => items.map(itemKey).sort().join()
  return text(a) === text(b)
}

/** The list after a GRANT or REVOKE by this grantor. */
export function changed(
  acl: readonly AclItem[],
  grants: boolean,
  privileges: readonly string[],
  grantor: string,
  grantee: string,
): AclItem[] {
  const items = privileges.map((privilege) => ({ grantor, grantee, privilege }))
  const keys = new Set(items.map(itemKey))
  const others = acl.filter((item) => !keys.has(itemKey(item)))
  return grants ? [...others, ...items] : others
}

/** The list of an object that changes its owner: the new one stands where the old one stood. */
export function ofNewOwner(acl: readonly AclItem[], from: string, to: string): AclItem[] {
  const renamed = (role: string): string => (role === from ? to : role)
  const items = acl.map((item) => ({ ...item, grantor: renamed(item.grantor), grantee: renamed(item.grantee) }))
  return [...new Map(items.map((item) => [itemKey(item), item])).values()]
}
