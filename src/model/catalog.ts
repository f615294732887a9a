/** What the server's catalogs say, as far as provisioning needs it. */
import type { InsideAccess } from './access.ts'
import type { Locale } from './locale.ts'
import type { ObjectClass } from './object-class.ts'
import type { OtherGrant, Uncovered } from './unreached.ts'

export type { ObjectClass } from './object-class.ts'

/** One item of an access control list (aclexplode); grantee '' is PUBLIC. */
export interface AclItem {
  readonly grantor: string
  readonly grantee: string
  /** CONNECT, TEMPORARY, CREATE, USAGE, SELECT, … as aclexplode spells them. */
  readonly privilege: string
}

export interface RoleState {
  /** Another one where a role of that name was made anew, as from a dump; 0 for one that is not there yet. */
  readonly oid: number
  readonly name: string
  readonly canLogin: boolean
  readonly superuser: boolean
  readonly createDb: boolean
  readonly createRole: boolean
  readonly replication: boolean
  readonly bypassRls: boolean
  /** -1 is no limit. */
  readonly connectionLimit: number
  /** null: never expires. */
  readonly validUntil: Date | null
  readonly comment: string | null
}

/** One row of pg_auth_members. Below 16 `inherit` follows the member and `set` is always true. */
export interface Membership {
  readonly role: string
  readonly member: string
  readonly grantor: string
  readonly admin: boolean
  readonly inherit: boolean
  readonly set: boolean
}

export interface DatabaseState {
  readonly name: string
  readonly owner: string
  readonly encoding: string
  readonly collate: string
  readonly ctype: string
  readonly localeProvider: Locale['provider']
  /** The ICU or builtin locale (15 and later), null with libc. */
  readonly icuLocale: string | null
  /** -1 is no limit, INVALID what `isInvalid` tells. */
  readonly connectionLimit: number
  readonly allowConnections: boolean
  /** Whoever has CREATEDB may copy it. */
  readonly isTemplate: boolean
  readonly comment: string | null
  /** Never null: the built-in default is filled in. */
  readonly acl: readonly AclItem[]
}

/** pg_database.datconnlimit of a database whose DROP was interrupted. */
const INVALID = -2

/**
 * Whether a database can only be dropped, since its DROP was interrupted: it lets nobody in, whatever it allows
 * (the manual, "DROP DATABASE").
 */
export function isInvalid({ connectionLimit }: Pick<DatabaseState, 'connectionLimit'>): boolean {
  return connectionLimit === INVALID
}

/** One parameter of `ALTER ROLE role [IN DATABASE database] SET` or `ALTER DATABASE database SET`, as it is stored. */
export interface StoredSetting {
  /** null: in all databases. */
  readonly database: string | null
  /** '': all roles. */
  readonly role: string
  readonly name: string
  readonly value: string
}

/** One row of pg_show_all_settings(). */
export interface Parameter {
  readonly name: string
  /** `user`, `superuser`, `sighup`, … */
  readonly context: string
}

export interface AvailableExtension {
  readonly name: string
  /** The default version may be installed by a role that is no superuser and has CREATE on the database. */
  readonly trusted: boolean
  readonly requires: readonly string[]
  /** The schema its control file fixes; null: the caller chooses. */
  readonly schema: string | null
}

export interface ServerFacts {
  /** server_version_num, e.g. 160004. */
  readonly version: number
  /** e.g. 16.4 */
  readonly versionText: string
  /** session_user: who we are. */
  readonly login: string
  /** pg_is_in_recovery: a replica. */
  readonly inRecovery: boolean
  readonly passwordEncryption: string
  /** rds.restrict_password_commands: only members of rds_password may set passwords. */
  readonly restrictsPasswords: boolean
  /** Of the database that the admin is connected to. */
  readonly encoding: string
  /** What a new database has where none is declared: template0's. */
  readonly defaultEncoding: string
  /** How many more connections it would give the admin now; 0 and less: none. */
  readonly freeConnections: number
}

/** Everything inspected from the admin's database: one fixed number of queries for the whole instance. */
export interface Cluster {
  readonly server: ServerFacts
  readonly roles: ReadonlyMap<string, RoleState>
  readonly databases: ReadonlyMap<string, DatabaseState>
  readonly memberships: readonly Membership[]
  readonly settings: readonly StoredSetting[]
  /** Those that are declared, and those of its settings that not every login may set, in lower case. */
  readonly parameters: ReadonlyMap<string, Parameter>
  readonly extensions: ReadonlyMap<string, AvailableExtension>
  /** Encoding as declared to the server's own name for it; absent where no database can have it. */
  readonly encodings: ReadonlyMap<string, string>
  /** Locales as declared for databases that are to be made, of which the server has none. */
  readonly unknownLocales: ReadonlySet<string>
  /** Database to the roles that an access control list inside it names (pg_shdepend), owners of the objects apart. */
  readonly holders: ReadonlyMap<string, ReadonlySet<string>>
}

export interface SchemaState {
  readonly name: string
  readonly owner: string
  /** Never null: the built-in default is filled in. */
  readonly acl: readonly AclItem[]
  /** Tables, sequences and functions of other owners than the database's, extension members left out. */
  readonly foreignObjects: number
  /** Of those, a few as `table orders (dbmaster)`, and how many the database's owner may not use; absent: none. */
  readonly foreign?: { readonly names: readonly string[]; readonly unusable: number }
  /** All tables, sequences and functions, extension members left out. */
  readonly objects: number
}

/** A table, sequence or function. */
export interface SchemaObject {
  readonly schema: string
  readonly name: string
  readonly objectClass: ObjectClass
  readonly owner: string
  /** Input arguments of a function, as `IN` and what format_type prints, with commas: already SQL; null for others. */
  readonly args: string | null
  /** Never null: the built-in default is filled in. */
  readonly acl: readonly AclItem[]
  /** The same of single columns, without their names; none of sequences and functions. */
  readonly columnAcl: readonly AclItem[]
}

/** What default privileges are on; on schemas only where they are for no particular one. */
export type DefaultClass = ObjectClass | 'schema'

/** One item of pg_default_acl in one schema, for objects made by `creator`. */
export interface DefaultAcl {
  readonly creator: string
  /** null: in no particular schema (applies to all). */
  readonly schema: string | null
  readonly objectClass: DefaultClass
  readonly grantee: string
  readonly privilege: string
}

export interface InstalledExtension {
  readonly name: string
  readonly owner: string
}

/** Everything inspected inside one database. */
export interface Interior {
  readonly database: string
  readonly schemas: ReadonlyMap<string, SchemaState>
  /**
   * Objects of the role that the schema is to belong to, in all schemas where a guest may hold or need a privilege;
   * empty in a database without guests.
   */
  readonly objects: readonly SchemaObject[]
  /** Objects of others that have a list of their own; empty where nobody asked for them. */
  readonly othersObjects: readonly SchemaObject[]
  readonly defaultAcl: readonly DefaultAcl[]
  /** Empty in a database without guests. */
  readonly uncovered: readonly Uncovered[]
  /** Empty where nobody asked for them. */
  readonly otherGrants: readonly OtherGrant[]
  readonly extensions: ReadonlyMap<string, InstalledExtension>
  /** Who may do what here; absent where nobody asked for the access matrix. */
  readonly access?: InsideAccess
}

/** What logging in as the application showed. */
export type LoginState =
  /**
   * The password is right; `note` says why the login still failed after authentication (53300, 42501, 3D000, NOLOGIN).
   */
  | { readonly kind: 'password_right'; readonly note: string | null }
  /** The password of AWSCURRENT is not the role's, and no rotation explains it. */
  | { readonly kind: 'password_wrong' }
  /** Nothing can be known: the password expired (VALID UNTIL), and the server answers as to a wrong one. */
  | { readonly kind: 'expired' }
  /** AWSPENDING logs in: a rotation is between its set and its finish step. */
  | { readonly kind: 'rotation_in_progress' }
  /** The server wants another method than a password for this role (rds_iam). */
  | { readonly kind: 'other_method' }
  /** The login was ended: it would have proven nothing, or the server could not be read; `remedy` is what helps. */
  | { readonly kind: 'unproven'; readonly reason: string; readonly remedy: string }
  /** The server let nobody in who calls itself so (pg_hba and the like); the password was not asked for. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Not tried: its tag says that the password of this version of its secret was proven, and that is to do. */
  | { readonly kind: 'proven_before' }
  /** Not tried: the role does not exist yet, or logs in by IAM. */
  | { readonly kind: 'not_tried' }

/** Why nobody could look inside a database. */
export interface Unseen {
  /** The server's words. */
  readonly reason: string
  /** 53300: its connections are all taken, those of the server, or those of the admin. */
  readonly isFull: boolean
}

/** The whole actual state that the plan is made from. */
export interface Actual {
  readonly cluster: Cluster
  /** Database name to its inside; absent where the database does not exist or could not be entered. */
  readonly interiors: ReadonlyMap<string, Interior>
  /** By database name; those into which nobody was let. */
  readonly unseen: ReadonlyMap<string, Unseen>
  /** Application name to what its login showed. */
  readonly logins: ReadonlyMap<string, LoginState>
}
