/** Where the records of a run are shown as they happen. Types only. */
import type { Problem } from '../model/problem.ts'
import type { AuditDocument, AuditRecord } from '../model/audit.ts'

/** Takes text that ends in a line break; must not throw (see output.ts). */
export type Write = (text: string) => void

export interface Reporter {
  /** Called once for each record, as it happens. */
  record(record: AuditRecord): void
  /**
   * Called once, when nothing more will happen. `problems` is all that is wrong, empty where nothing is; `notes` are
   * sentences that want attention and belong to no record (what was repaired in the governance files).
   */
  finish(document: AuditDocument, problems: readonly Problem[], notes: readonly string[]): void
}
