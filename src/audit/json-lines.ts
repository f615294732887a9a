import type { AuditDocument, AuditRecord } from '../model/audit.ts'
import { RUNNER_COMMAND, UNPRINTABLE } from '../model/printable.ts'
import { shortLine } from './one-line.ts'
import type { Reporter, Write } from './reporter.ts'

export interface JsonLinesOptions {
  readonly write: Write
  /**
   * Terraform shows a line of more than 64 KiB as an empty one: a longer record leaves its statements to the audit
   * file, a longer run the end of its error.
   */
  readonly insideTerraform: boolean
}

/** Terraform's limit (seen on 1.11.4), less room for its prefix. */
const MAX_LINE_BYTES = 64 * 1024 - 1024

/**
 * `RDS_PROVISION_LOG=json`: each record as one complete line `{"type":"record",…}` with the fields of the audit's
 * records; at the end one line a problem (`"type":"problem"`) and note (`"type":"note"`), and last `{"type":"run",…}`
 * with the fields of the audit's run and the summary.
 */
export function createJsonLinesReporter(options: JsonLinesOptions): Reporter {
  return {
    record(record) {
      writeRecord(record, options)
    },
    finish(document, problems, notes) {
      for (const problem of problems) options.write(`${printableJson({ type: 'problem', ...problem })}\n`)
      for (const message of notes) options.write(`${printableJson({ type: 'note', message })}\n`)
      writeRun(document, options)
    },
  }
}

/** The audit itself as JSON lines, for standard output where its file could not be written. */
export function writeAuditLines(document: AuditDocument, options: JsonLinesOptions): void {
  for (const record of document.records) writeRecord(record, options)
  writeRun(document, options)
}

function writeRecord(record: AuditRecord, options: JsonLinesOptions): void {
  const full = { type: 'record', ...record }
  const left = { access: undefined, loses: undefined, gains: undefined }
  const short = { ...full, ...left, statements: [], statements_omitted: record.statements.length }
  writeFitting(full, short, options)
}

function writeRun({ run, summary }: AuditDocument, options: JsonLinesOptions): void {
  const full = { type: 'run', ...run, summary }
  writeFitting(full, { ...full, error: run.error === null ? null : shortLine(run.error) }, options)
}

/** `full`, or `short` where Terraform would show nothing of the full line. */
function writeFitting(full: object, short: object, { write, insideTerraform }: JsonLinesOptions): void {
  const line = printableJson(full)
  write(`${insideTerraform && Buffer.byteLength(line) > MAX_LINE_BYTES ? printableJson(short) : line}\n`)
}

/**
 * `value` as JSON on one line that means the same and neither moves a terminal nor commands a CI runner: `#` stands
 * only inside strings, so escaping the bracket keeps the meaning.
 */
export function printableJson(value: object): string {
  return JSON.stringify(value).replace(UNPRINTABLE, escapeUnits).replace(RUNNER_COMMAND, '##$1\\u005b')
}

/** Of a character beyond U+FFFF JSON names the two halves. */
function escapeUnits(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
