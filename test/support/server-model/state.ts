/** What the model remembers of a server. All of it is plain data, so that a copy undoes a transaction. */
import type {
  AclItem,
  DefaultClass,
  Membership,
  ObjectClass,
  RoleState,
  StoredSetting,
} from '../../../src/model/catalog.ts'
import { SUPERUSER } from './names.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * Without an oid of its own: a role that is dropped and made anew has none of its memory. `password`: what was set, a
 * verifier as the builders write it or anything by hand.
 */
export type ModelRole = Writable<Omit<RoleState, 'oid'>> & { password: string | null; inherits: boolean }

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
  /** By name, whose each is. */
  extensions: Map<string, string>
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

/** What the server answers to a statement that it does not do. */
export class Refusal extends Error {
  /** SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly code: string

  constructor(message: string, code = INSUFFICIENT_PRIVILEGE) {
    super(message)
    this.code = code
  }
}

const INSUFFICIENT_PRIVILEGE = '42501'

/** SQLSTATEs of what is not there, or there already. */
export const NO = { role: '42704', database: '3D000', schema: '3F000', relation: '42P01', routine: '42883' } as const
export const THERE = { role: '42710', database: '42P04', schema: '42P06', relation: '42P07' } as const
export const DEPENDENTS = '2BP01'
export const CIRCLE = '0LP01'

/** A copy that later statements do not touch. */
export function cloneState(state: State): State {
  return {
    ...state,
    roles: new Map([...state.roles].map(([name, role]) => [name, { ...role }])),
    databases: new Map(
      [...state.databases].map(([name, database]) => [
        name,
        {
          ...database,
          schemas: new Map([...database.schemas].map(([key, schema]) => [key, { ...schema }])),
          objects: database.objects.map((item) => ({ ...item })),
          defaults: database.defaults.map((item) => ({ ...item })),
          extensions: new Map(database.extensions),
        },
      ]),
    ),
    memberships: state.memberships.map((item) => ({ ...item })),
    settings: [...state.settings],
  }
}

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

const itemKey = ({ grantor, grantee, privilege }: AclItem): string => JSON.stringify([grantor, grantee, privilege])

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

/** Extensions that an instance has files for. */
export const AVAILABLE = [
  { name: 'citext', trusted: true },
  { name: 'pg_stat_statements', trusted: false },
] as const

/** The server's own, which pg_shdepend does not know. */
export const isPinned = (role: string): boolean => role === '' || role === SUPERUSER || role.startsWith('pg_')

/** Who owns something inside. */
export function ownersIn({ schemas, objects, defaults, extensions }: ModelDatabase): Set<string> {
  const owners = [
    ...[...schemas.values(), ...objects].map(({ owner }) => owner),
    ...defaults.map(({ creator }) => creator),
    ...extensions.values(),
  ]
  return new Set(owners.filter((role) => !isPinned(role)))
}

/** Whom lists inside name, the owner of the object apart. */
export function namedIn({ schemas, objects, defaults }: ModelDatabase): Set<string> {
  const lists = [
    ...[...schemas.values(), ...objects].map(({ owner, acl }) => ({ owner, acl: acl ?? [] })),
    ...defaults.map(({ creator, acl }) => ({ owner: creator, acl })),
  ]
  const named = lists.flatMap(({ owner, acl }) =>
    acl.flatMap(({ grantee, grantor }) => [grantee, grantor].filter((role) => role !== owner)),
  )
  return new Set(named.filter((role) => !isPinned(role)))
}
