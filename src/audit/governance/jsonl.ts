import type { AuditDocument } from '../../model/audit.ts'
import { GENESIS, hashLink } from './hash.ts'

/** How far the CSV goes after this run: the run's bytes are `[start, end)`, and `hash` links them to those before. */
export interface CsvMark {
  readonly start: number
  readonly end: number
  readonly hash: string
}

/** What a run must know of the run line before it. */
export interface LastRun {
  readonly hash: string
  /** null: the line does not say (edited by hand). */
  readonly csv: CsvMark | null
}

/** Every line that ends a run begins like this, and no other line does. */
export const RUN_PREFIX = '{"type":"run",'

/** The hash is always the last member, so the line without it is known byte for byte. */
const HASHED_LINE = /^(\{.*),"hash":"([0-9a-f]{64})"\}$/s

/**
 * The lines that one run adds to `rds_provision_audit.jsonl`, each ended by LF: its records (`type: record`), then the
 * run itself (`type: run`: the fields of the audit's run, the summary, what was repaired in the files before, the CSV's
 * mark and `previous_hash`, the hash of the run line before).
 *
 * Each line carries a `hash` as its last member: `link(hash of the line before, this line without its hash)`, and
 * GENESIS stands before the first line. So an edited line no longer matches its hash, and after a removed, inserted or
 * moved one the next does not. The chain has no key: who may rewrite the whole file may also recompute it, which is
 * what the copies elsewhere (git, S3 with object lock, the audit in Terraform's state) are for.
 */
export function runLines(
  document: AuditDocument,
  previousHash: string,
  csv: CsvMark,
  repairs: readonly string[],
): string {
  let hash = previousHash
  const lines: string[] = []
  const add = (content: string): void => {
    hash = hashLink(hash, content)
    lines.push(`${content.slice(0, -1)},"hash":"${hash}"}\n`)
  }
  for (const record of document.records) add(JSON.stringify({ type: 'record', ...record }))
  add(
    JSON.stringify({
      type: 'run',
      ...document.run,
      // The line cannot hold its own hash.
      governance: undefined,
      summary: document.summary,
      repairs,
      csv,
      previous_hash: previousHash,
    }),
  )
  return lines.join('')
}

/** A line taken apart into what is hashed and the hash that it states; null where it states none. */
export function splitLine(line: string): { readonly content: string; readonly hash: string } | null {
  const match = HASHED_LINE.exec(line)
  return match?.[1] === undefined || match[2] === undefined ? null : { content: `${match[1]}}`, hash: match[2] }
}

/** The hash that the next line follows: the one stated, else (edited by hand) that of the line's text. */
export function hashOf(line: string): string {
  return splitLine(line)?.hash ?? hashLink(GENESIS, line)
}

/** Parses one line of the file; null where it is no JSON object. */
export function parseLine(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** What the run line says that the next run must know. */
export function readRunLine(line: string): LastRun {
  return { hash: hashOf(line), csv: csvMark(parseLine(line)?.['csv']) }
}

/** The CSV mark of a run line's `csv` member; null where it is none. */
export function csvMark(value: unknown): CsvMark | null {
  if (!isObject(value)) return null
  const { start, end, hash } = value
  return isSize(start) && isSize(end) && start <= end && typeof hash === 'string' ? { start, end, hash } : null
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
