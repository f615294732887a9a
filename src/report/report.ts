/** A report: sections of rows, which every format prints. Types, and names of sections. */
import type { Criteria, ReportSection } from '../input/report-options.ts'

/** Those of a review are asked for by `--review`, and stand alone; `instance` is never printed. */
export const REVIEW_SECTIONS = ['review', 'decisions', 'instance'] as const
export type SectionId = ReportSection | (typeof REVIEW_SECTIONS)[number]

/** null: there is no such thing; printed as nothing. */
export type Cell = string | number | null

export interface Column {
  /** The field's name in JSON and CSV; stays as it is. */
  readonly key: string
  readonly title: string
  /** A person fills it in: it stands there though it says nothing yet, or the same in all rows. */
  readonly isForm?: true
}

export interface ReportRow {
  /** One for each column of the section, in its order. */
  readonly cells: readonly Cell[]
  /** What the row is about, for filters; null: nothing of the kind, undefined: the section knows no such thing. */
  readonly environment?: string | null
  readonly application?: string | null
  readonly build?: string | null
  /** For a row's looks: a status or outcome of the audit. */
  readonly mark?: string
  /** More about the row, such as its SQL: shown where there is room for it. */
  readonly details?: readonly string[]
}

export interface Section {
  readonly id: SectionId
  readonly title: string
  /** What the section says, or why it says nothing; one or two sentences. */
  readonly about: string
  /** What of it wants attention, as a part of a sentence: `2 of 14 runs failed`; null or left out: nothing. */
  readonly attention?: string | null
  readonly columns: readonly Column[]
  readonly rows: readonly ReportRow[]
}

/** The stack on the instance that a report asked. */
export interface ReportServer {
  readonly environment: string
  readonly stack: string
  /** The instance's identifier. */
  readonly instance: string
}

export interface Report {
  readonly generatedAt: Date
  readonly toolVersion: string
  readonly criteria: Criteria
  /** null: it is made from files alone. */
  readonly server: ReportServer | null
  /** Files and server that were read, in words. */
  readonly sources: readonly string[]
  readonly sections: readonly Section[]
  /** What `--verify` fails for; empty: all is well. */
  readonly wrong: readonly string[]
}
