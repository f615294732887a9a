/** Looked up for every application, so made once. */
export interface Known {
  /** Names of all declared applications. */
  readonly declared: ReadonlySet<string>
  /** Roles that the delegated admin administers. */
  readonly administered: ReadonlySet<string>
  /** Members of rds_superuser. */
  readonly privileged: ReadonlySet<string>
  /** Members of rds_iam. */
  readonly byToken: ReadonlySet<string>
}
