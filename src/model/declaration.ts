/** What the caller declares, after parsing: every default filled in, every name checked. */
import type { OwnPrivileges } from './own-privileges.ts'

export const ENVIRONMENTS = ['dev', 'test', 'staging', 'prod'] as const
export type Environment = (typeof ENVIRONMENTS)[number]

/**
 * Which passwords a run proves by logging in: `all`; or `changed`, those whose secret has another version than the one
 * that the role's tag says was proven.
 */
export const VERIFY_LOGINS = ['all', 'changed'] as const
export type VerifyLogins = (typeof VERIFY_LOGINS)[number]

export const ACCESS_LEVELS = ['owner', 'editor', 'reader', 'none'] as const
export type AccessLevel = (typeof ACCESS_LEVELS)[number]

export const AUTH_METHODS = ['password', 'iam'] as const
export type AuthMethod = (typeof AUTH_METHODS)[number]

/** How an application's login proves who it is; `unmanaged`: its password is nobody's business here. */
export const LOGIN_METHODS = [...AUTH_METHODS, 'unmanaged'] as const
export type LoginMethod = (typeof LOGIN_METHODS)[number]

export const CLEANUP_POLICIES = ['retain', 'disable', 'release', 'delete', 'snapshot-and-delete'] as const
export type CleanupPolicy = (typeof CLEANUP_POLICIES)[number]

/** A policy by which something on the server changes. */
export type RemovalPolicy = Exclude<CleanupPolicy, 'retain'>

/** Whether data or a role is gone for good after it. */
export function deletes(policy: CleanupPolicy): boolean {
  return policy === 'delete' || policy === 'snapshot-and-delete'
}

/**
 * What was asked for before goes by RDS_CLEANUP_POLICY where that keeps more; what it was approved for it stays within.
 * @param given RDS_CLEANUP_POLICY; null: what was asked for stands
 */
export function gentler(asked: RemovalPolicy, given: CleanupPolicy | null): CleanupPolicy {
  const keepsMore = given === 'retain' || (deletes(asked) && given !== null && !deletes(given))
  const isSaved = asked === 'delete' && given === 'snapshot-and-delete'
  return given !== null && (keepsMore || isSaved) ? given : asked
}

/** Of an entry that names none, in a stack that names none: leaving the declaration takes a guest's access away. */
export function defaultPolicy(accessLevel: AccessLevel): CleanupPolicy {
  return accessLevel === 'owner' ? 'retain' : 'disable'
}

/** What becomes of what the declaration does not say (src/README.md: Beyond the declaration). */
export const UNDECLARED_MODES = ['keep', 'report', 'revoke'] as const
export type UndeclaredMode = (typeof UNDECLARED_MODES)[number]

/** Fields that `keep` leaves as the server has them, where the entry does not name them. */
export const KEEPABLE_FIELDS = [
  'can_login',
  'can_create_databases',
  'connection_limit',
  'valid_until',
  'database_connection_limit',
] as const
export type KeepableField = (typeof KEEPABLE_FIELDS)[number]

export const TLS_MODES = ['verify-full', 'verify-ca', 'disable'] as const
export type TlsMode = (typeof TLS_MODES)[number]

/** One value of `settings`: a list means several items, each quoted for itself (search_path). */
export type SettingValue = string | readonly string[]

/** One login on one database: one key of `application_databases`. */
export interface Application {
  /** The key in `application_databases`. */
  readonly name: string
  /** null, with level `none` only: it has nothing to do with any. */
  readonly database: string | null
  readonly username: string
  /** The application whose login this is: fields of the login are that one's; null: its own. */
  readonly loginOf: string | null
  readonly accessLevel: AccessLevel
  /** Whether it may connect to its database; with level `none` only where its login is a member of something. */
  readonly connects: boolean
  readonly secretId: string
  /** `unmanaged` too where nobody logs in as it: no secret is read. */
  readonly auth: LoginMethod
  /** Whether anybody logs in as this role; else it is a group, or an owner apart from logins. */
  readonly canLogin: boolean
  readonly canCreateDatabases: boolean
  /** Concurrent connections of the role; -1 is no limit, as in pg_roles.rolconnlimit. */
  readonly connectionLimit: number
  /** The moment the password expires, or a login without one is closed (`src/model/expiry.ts`); null is never. */
  readonly validUntil: Date | null
  /** Parameter name (lower case) to value, for this role in this database. */
  readonly settings: ReadonlyMap<string, SettingValue>
  /** Schemas this login has access to, by name: its own list, else the owner's. */
  readonly schemas: readonly string[]
  /** Besides, all schemas of the database's owner, now and later: `*` in that list. */
  readonly allSchemas: boolean
  /** Schemas of its database that belong to its role, not to the database's owner. */
  readonly ownsSchemas: readonly string[]
  /** On what the database's owner owns there. */
  readonly privileges: OwnPrivileges
  readonly cleanupPolicy: CleanupPolicy
  /** Id of the marker that stands for it in the state; null: not known, as by hand (src/README.md: Removal). */
  readonly marker: string | null
  /** Roles that its login is a member of, by name: of other applications, or predefined ones; sorted. */
  readonly memberOf: readonly string[]
  /** The role of another application that it acts as in its database, one of `memberOf`; null: itself. */
  readonly actsAs: string | null
  readonly adoptExisting: boolean
  /** Of its login, and in the owner's entry of its database. */
  readonly undeclared: UndeclaredMode
  /** Fields that stay as the server has them: under `keep`, those that the entry does not name. */
  readonly kept: ReadonlySet<KeepableField>
}

/** One database: its owner and all logins that share it. */
export interface Database {
  readonly name: string
  readonly owner: Application
  /** Editors, readers, and those with level `none`. */
  readonly guests: readonly Application[]
  /** Union of the schemas of all its applications, the owner's first. */
  readonly schemas: readonly string[]
  /** Those that belong to guests, with whose they are. */
  readonly schemaOwners: ReadonlyMap<string, Application>
  readonly extensions: readonly string[]
  /** null: the server's default for a new database, anything for an existing one. */
  readonly encoding: string | null
  readonly locale: string | null
  /** -1 is no limit, as in pg_database.datconnlimit. */
  readonly connectionLimit: number
  /** Whether a new, empty one takes its place where it existed before and is gone. */
  readonly recreateMissing: boolean
}

export interface Instance {
  readonly host: string
  readonly port: number
  /** The database that the admin connects to. */
  readonly database: string
  readonly identifier: string
}

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface Tls {
  readonly mode: TlsMode
  /** Path of a PEM file; null: the RDS certificate authorities that come with the program. */
  readonly caFile: string | null
  /** Name expected in the certificate; null: the instance's host. */
  readonly serverName: string | null
}

/** How the delegated admin logs in. */
export interface AdminLogin {
  readonly auth: AuthMethod
  /** null with `auth = "iam"` only. */
  readonly secretId: string | null
  /** Used where the secret names no user, and for IAM. */
  readonly username: string
}

export interface AwsSettings {
  readonly region: string | null
  /** Profile of the runner's AWS configuration; null: credentials are found as programs of AWS find them. */
  readonly profile: string | null
  readonly assumeRoleArn: string | null
  /** What the role's trust policy asks for besides; null: nothing. */
  readonly externalId: string | null
  /** Id of the only account in which a run may be; null: any. */
  readonly expectedAccount: string | null
}

/** One whole declaration: everything one run needs to know, secrets and run identity apart. */
export interface Declaration {
  readonly environment: Environment
  readonly instance: Instance
  /** Where connections really go (a tunnel); null: to the instance itself. */
  readonly connectThrough: Endpoint | null
  readonly clusterName: string
  readonly stack: string
  /**
   * The id of the state that this declaration belongs to; null: of none, as by hand (src/README.md: One application,
   * one state).
   */
  readonly claim: string | null
  /** The claim was given beside the input: a person runs it, and it may be older than what the state declares. */
  readonly isByHand: boolean
  /** When that state was begun, the claim made; null: not known, as by hand and for states from before 1.1. */
  readonly stackMadeAt: Date | null
  /** Terraform's workspace; null: not known, as by hand. */
  readonly workspace: string | null
  readonly acceptTagsFrom: ReadonlySet<string>
  readonly admin: AdminLogin
  readonly masterSecretId: string | null
  /** Below 16: keep the admin's rights over a major upgrade. Only with `masterSecretId`. */
  readonly prepareMajorUpgrade: boolean
  readonly aws: AwsSettings
  /** The module's own tags, added to every comment. */
  readonly tags: ReadonlyMap<string, string>
  readonly governanceDir: string | null
  readonly tls: Tls
  readonly maxConnections: number
  readonly verifyLogins: VerifyLogins
  readonly connectTimeoutSeconds: number
  readonly lockTimeoutSeconds: number
  readonly enforceNaming: boolean
  /** Sorted by name. */
  readonly applications: readonly Application[]
  /** Sorted by name. */
  readonly databases: readonly Database[]
}
