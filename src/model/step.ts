/** Steps are data: what to change, why, where and as whom. One apply path serves the preview and the real run. */
import type { AuditObject, AuditStatus } from './audit.ts'
import type { Statement } from './statement.ts'

/** Whom and what a record or a step is about. */
export interface Subject {
  readonly application: string | null
  readonly database: string | null
  readonly username: string | null
  readonly object: AuditObject
}

/** One change: becomes one audit record with status `status` once its transaction has committed. */
export interface Step extends Subject {
  readonly action: string
  readonly status: Extract<AuditStatus, 'created' | 'updated' | 'removed'>
  /** Why this step is needed, in one sentence. */
  readonly message: string
  /** The role the statements run as: null is the delegated admin itself, else SET LOCAL ROLE. */
  readonly runAs: string | null
  readonly statements: readonly Statement[]
}

/** Something found that needs no statement; becomes one audit record. */
export interface Finding extends Subject {
  readonly action: string
  readonly status: Extract<AuditStatus, 'no_change' | 'skipped' | 'warning'>
  readonly message: string
}

/**
 * Steps that take effect together or not at all. `atomic: false` is for the one statement that cannot run in a
 * transaction (CREATE DATABASE).
 */
export interface Transaction {
  readonly atomic: boolean
  readonly steps: readonly Step[]
}

/** Transactions that run one after the other over one connection. Jobs of one stage run in parallel. */
export interface Job {
  readonly stage: Stage
  /** The database to connect to; null: the admin's own. */
  readonly connectTo: string | null
  /** The declared database that the job is about, for progress and errors; null: roles of several. */
  readonly database: string | null
  readonly transactions: readonly Transaction[]
}

/** In the order they run; a stage begins when the one before is done. */
export const STAGES = ['roles', 'databases', 'interiors', 'logins'] as const
export type Stage = (typeof STAGES)[number]

export interface Plan {
  readonly findings: readonly Finding[]
  readonly jobs: readonly Job[]
  /** Databases whose inside could not be seen yet: access is restored first, then they are inspected and planned anew. */
  readonly unseen: readonly string[]
}
