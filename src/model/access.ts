/** The access matrix: who may do what on which database (src/README.md: The audit). */
import type { GrantPlace } from './beyond.ts'
import type { AccessLevel, LoginMethod } from './declaration.ts'

/** What one stack's logins may do on one instance. */
export interface AccessMatrix {
  readonly environment: string
  readonly stack: string
  readonly clusterName: string
  /** The instance's identifier. */
  readonly instance: string
  readonly databases: readonly DatabaseAccess[]
  /** Managed and no longer declared. */
  readonly orphans: readonly OrphanLogin[]
}

/**
 * What becomes of a login that left the declaration: `retained` stays as it is; `disabled` may not log in; `removal
 * pending` is asked to go; `undeclared` has a policy that removes it, and nobody has asked for that yet.
 */
export const ORPHAN_STATES = ['retained', 'disabled', 'removal pending', 'undeclared'] as const
export type OrphanState = (typeof ORPHAN_STATES)[number]

export interface OrphanLogin {
  readonly username: string
  /** As its tag names it. */
  readonly application: string
  readonly state: OrphanState
  /** That of the request, else of the tag; null: the tag names none. */
  readonly cleanupPolicy: string | null
  readonly canLogin: boolean
  /** Databases of the stack that it owns or may use. */
  readonly databases: readonly string[]
  /** When it came to that state, RFC 3339; null: not known. */
  readonly since: string | null
  readonly build: string | null
}

export interface DatabaseAccess {
  readonly database: string
  /** The role that owns it. */
  readonly owner: string
  /** Logins that this stack manages. */
  readonly logins: readonly LoginAccess[]
  readonly outsideGrants: readonly OutsideGrant[]
  /** Whether anybody looked inside; else schemas and grants in it are not known. */
  readonly isSeen: boolean
}

export interface LoginAccess {
  readonly username: string
  /** null: managed, and no longer declared. */
  readonly application: string | null
  /** null: neither declared nor owner, and nobody looked inside. */
  readonly accessLevel: AccessLevel | null
  readonly auth: LoginMethod
  readonly canLogin: boolean
  readonly createDb: boolean
  /** Connections it may have at once; null: no limit. */
  readonly connectionLimit: number | null
  /** Roles whose rights it has, by membership; sorted. */
  readonly memberOf: readonly string[]
  /** What the server says it may do on the database: has_database_privilege. */
  readonly connect: boolean
  readonly temporary: boolean
  readonly create: boolean
  readonly schemas: readonly SchemaAccess[]
  /** The build that created the login, from its tag; null: the tag names none. */
  readonly build: string | null
  /** When the password ends; null is never. */
  readonly validUntil: Date | null
}

export interface SchemaAccess {
  readonly schema: string
  /** In words, e.g. `create objects`, `read and write rows`, `read`. */
  readonly may: string
}

/** A privilege that somebody else granted. */
export interface OutsideGrant {
  /** '' is PUBLIC, as in AclItem. */
  readonly role: string
  /** CONNECT, SELECT, … as aclexplode spells it. */
  readonly privilege: string
  /** In words, e.g. `database`, `schema public`, `table public.things`. */
  readonly on: string
  /** The same as data; absent where it is no grant but a membership. */
  readonly place?: GrantPlace
}

/** What the server says one managed login may do on one database: has_database_privilege. */
export interface DatabasePrivileges {
  readonly login: string
  readonly database: string
  readonly connect: boolean
  readonly temporary: boolean
  readonly create: boolean
}

/** Privileges on tables, views and the like that the access levels are made of (src/README.md: Access levels). */
export const ROW_PRIVILEGES = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const

/** The same, and those that only `privileges` of an entry names; MAINTAIN from PostgreSQL 17 on. */
export const TABLE_PRIVILEGES = [...ROW_PRIVILEGES, 'TRUNCATE', 'REFERENCES', 'MAINTAIN'] as const
export type TablePrivilege = (typeof TABLE_PRIVILEGES)[number]

/** What the server says one managed login may do in one schema: has_schema_privilege, has_table_privilege. */
export interface SchemaPrivileges {
  readonly login: string
  readonly schema: string
  readonly usage: boolean
  readonly create: boolean
  /** Tables, views, materialized views and foreign tables, those of extensions left out. */
  readonly tables: number
  /** On how many of `tables` it holds the privilege. */
  readonly held: Readonly<Record<TablePrivilege, number>>
  /** What it will hold on tables that the database's owner creates here. */
  readonly byDefault: Readonly<Record<TablePrivilege, boolean>>
}

/** Who may do what inside one database; `grants` are those to others than owners, the managed logins' own included. */
export interface InsideAccess {
  readonly privileges: readonly DatabasePrivileges[]
  readonly schemas: readonly SchemaPrivileges[]
  readonly grants: readonly OutsideGrant[]
}
