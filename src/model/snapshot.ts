/** A manual RDS snapshot of an instance. Types only. */
export interface Snapshot {
  readonly id: string
  /** `creating`, `available`, `failed`, … */
  readonly status: string
  /** 0 to 100. */
  readonly percent: number
  readonly tags: ReadonlyMap<string, string>
}
