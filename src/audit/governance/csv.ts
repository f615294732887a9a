import { stringify } from 'csv-stringify/sync'

import type { AuditDocument, AuditRecord } from '../../model/audit.ts'
import { visible } from '../one-line.ts'

/** The columns of `rds_provision_audit.csv`; an interface (src/README.md: The audit). */
export const CSV_COLUMNS = [
  'at',
  'run_id',
  'build_id',
  'environment',
  'cluster_name',
  'actor',
  'application',
  'database',
  'username',
  'object',
  'action',
  'status',
  'message',
] as const

/** The header row of a new file, RFC 4180 with CRLF. */
export function csvHeader(): string {
  return toCsv([CSV_COLUMNS])
}

/** One row a record, RFC 4180 with CRLF, safe to open in a spreadsheet. No record gives ''. */
export function csvRows({ run, records }: AuditDocument): string {
  const actor = run.actor?.arn ?? ''
  return toCsv(records.map((record) => csvRow(record, run.cluster_name ?? '', actor)))
}

function csvRow(record: AuditRecord, clusterName: string, actor: string): readonly string[] {
  return [
    record.at,
    record.run_id,
    record.build_id,
    record.environment,
    clusterName,
    actor,
    record.application ?? '',
    record.database ?? '',
    record.username ?? '',
    record.object,
    record.action,
    record.status,
    record.message,
  ]
}

/**
 * Any table so, safe on a terminal too: control characters are made visible. No row gives ''.
 *
 * csv-stringify's `escape_formulas` puts an apostrophe before = + - @ and their full-width forms (OWASP, CSV injection;
 * there tab, CR and LF too, which are no longer there). Added is the apostrophe itself, so that the escape can be
 * undone: one leading apostrophe is ours.
 */
export function toCsv(rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  return stringify(
    rows.map((cells) => cells.map(visible)),
    {
      record_delimiter: '\r\n',
      escape_formulas: true,
      cast: { string: (value) => (value.startsWith("'") ? `'${value}` : value) },
    },
  )
}

const QUOTE = 0x22
const CR = 0x0d
const LF = 0x0a

/** Where the last complete row of a CSV ends, in bytes: the last CRLF outside of quotes; 0 where there is none. */
export function lastRowEnd(bytes: Uint8Array): number {
  let quoted = false
  let end = 0
  for (const [index, byte] of bytes.entries()) {
    if (byte === QUOTE) quoted = !quoted
    else if (byte === LF && !quoted && bytes[index - 1] === CR) end = index + 1
  }
  return end
}
