/** What a removal is about: which logins go, what goes with them, and what stands in the way. Types only. */
import type { CleanupPolicy, RemovalPolicy } from './declaration.ts'
import type { Finding } from './step.ts'

/** What `destroy` is to remove. */
export interface DestroyTarget {
  readonly by: 'application' | 'build-id' | 'cluster-name'
  readonly value: string
}

/**
 * What a removal is about: what is named now, or whose removal was asked for before and is pending.
 * `application` null: of all that nobody declares.
 */
export type RemovalTarget = DestroyTarget | { readonly by: 'request'; readonly application: string | null }

/** What is to be removed, and by which policy. */
export interface RemovalOrder {
  readonly target: RemovalTarget
  /** RDS_CLEANUP_POLICY; null: each object's own policy stands. */
  readonly policy: CleanupPolicy | null
}

/** One managed login that is to go. */
export interface Departure {
  readonly application: string
  readonly username: string
  /** The database that it logs in to; null: not known (a teardown by tag). */
  readonly database: string | null
  /** The database that it owns and that goes with it; null: only the login goes. */
  readonly drops: string | null
  readonly policy: RemovalPolicy
  /** Whoever asks knows that the application owns no database, whatever its role owns. */
  readonly ownsNone?: true
}

/** Something that was asked for and does not go: it is gone already, another's by now, or to be retained. */
export interface DepartureFinding extends Finding {
  readonly kind: 'gone' | 'kept' | 'retained'
}

/** Privileges on one object that involve a departing role, as one aclexplode row. */
export interface Holding {
  /** The database where the object is; of a database itself, its name. */
  readonly database: string
  /** As GRANT names it, e.g. TABLE, ROUTINE, SCHEMA, DATABASE, FOREIGN SERVER. */
  readonly keyword: string
  /** The object's name as SQL, quoted by the server where it needs to be. */
  readonly identity: string
  readonly grantor: string
  /** '' is PUBLIC. */
  readonly grantee: string
  /** On a temporary table of another session, which no statement can name (src/README.md: Default privileges). */
  readonly isTemporary: boolean
}

/** Default privileges that give something to a departing role. */
export interface DefaultHolding {
  readonly database: string
  readonly grantee: string
  readonly creator: string
  /** null: in no particular schema. */
  readonly schema: string | null
  /** As ALTER DEFAULT PRIVILEGES names the class, e.g. TABLES. */
  readonly keyword: string
}

/** What it takes to get rid of what REASSIGN OWNED passes over. */
export type WayOut =
  /** On a table of `owner`, for the departing role and for `others`. */
  | {
      readonly kind: 'policy'
      readonly schema: string
      readonly table: string
      readonly name: string
      readonly owner: string
      readonly others: readonly string[]
    }
  /** The role's own, `schema` null: in no particular one; keyword as in `DefaultHolding`, '' is PUBLIC. */
  | {
      readonly kind: 'default_privileges'
      readonly schema: string | null
      readonly keyword: string
      readonly grantees: readonly string[]
    }
  /** Of the role, on a foreign server of `owner`. */
  | { readonly kind: 'user_mapping'; readonly server: string; readonly owner: string }

/** Something that would make the server refuse the removal, or that nobody asked to lose. */
export interface Obstacle {
  /** The departing role concerned; null: it stands in the way of the database. */
  readonly role: string | null
  /** null: it belongs to no database. */
  readonly database: string | null
  /** What it is, after the subject: `owns table public.things`, `is used by subscription s`. */
  readonly what: string
  /** It is inside a database, and goes with REASSIGN OWNED. */
  readonly isReassigned?: boolean
  /** It is inside a database, and REASSIGN OWNED passes over it. */
  readonly wayOut?: WayOut
  /** What to do about it; absent: hand it over, or remove it. */
  readonly remedy?: string
}

/** Sessions of one login in one database. */
export interface SessionCount {
  readonly database: string
  readonly login: string
  readonly isSuperuser: boolean
  readonly count: number
}

/** What was inspected for a removal, besides the cluster's catalogs. */
export interface RemovalFacts {
  readonly holdings: readonly Holding[]
  readonly defaults: readonly DefaultHolding[]
  readonly obstacles: readonly Obstacle[]
  /** Databases that could not be entered to the departing roles for which they had to be looked into. */
  readonly unseen: ReadonlyMap<string, readonly string[]>
  /** Database that goes to the other roles that own something in it. */
  readonly tenants: ReadonlyMap<string, readonly string[]>
  /** In databases that go, and of logins that go. */
  readonly sessions: readonly SessionCount[]
  /** The admin may end sessions of others (pg_signal_backend). */
  readonly canSignal: boolean
}
