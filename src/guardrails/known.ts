/** Looked up for every application, so made once. */
export interface Known {
  /** Declared applications that have no login of ours under their own name: a role with their tag is theirs. */
  readonly homeless: ReadonlySet<string>
  /** Roles that the delegated admin administers. */
  readonly administered: ReadonlySet<string>
  /** Members of rds_superuser. */
  readonly privileged: ReadonlySet<string>
  /** Members of rds_iam. */
  readonly byToken: ReadonlySet<string>
}
