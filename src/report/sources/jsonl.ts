import { parseLine } from '../../audit/governance/jsonl.ts'
import { verifyChain } from '../../audit/governance/verify.ts'
import type { AuditRecord, AuditRun } from '../../model/audit.ts'
import { type RecordedRun, type FileFault, parseRecord, parseRun } from '../../audit/governance/entry.ts'

/**
 * The runs of one `rds_provision_audit.jsonl`, and everything wrong with the file, by line. A line that cannot be read
 * is left out; the rest still counts, and so does a line that does not match its hash.
 */
export function readJsonl(
  file: string,
  text: string,
): { readonly entries: readonly RecordedRun[]; readonly faults: readonly FileFault[] } {
  const entries: RecordedRun[] = []
  const faults: FileFault[] = verifyChain(text).map((fault) => ({ ...fault, file }))
  let records: AuditRecord[] = []
  let before: AuditRun | null = null
  for (const [index, line] of text.split('\n').entries()) {
    const value = parseLine(line)
    if (value === null) continue
    const { type } = value
    if (type === 'run') {
      const { value: run, problem } = parseRun(value)
      if (problem !== null) faults.push({ file, line: index + 1, message: `The run cannot be read: ${problem}.` })
      if (run !== null && before !== null && isBackwards(before, run))
        faults.push({ file, line: index + 1, message: backwards(before, run) })
      before = run ?? before
      if (run !== null || records.length > 0) entries.push({ run, records })
      records = []
    } else if (type === 'record') {
      const { value: record, problem } = parseRecord(value)
      if (record === null) faults.push({ file, line: index + 1, message: `The record cannot be read: ${problem}.` })
      else records.push(record)
    } else faults.push({ file, line: index + 1, message: 'The line is neither a record nor a run.' })
  }
  if (records.length > 0) entries.push({ run: null, records })
  return { entries, faults: faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) }
}

/** Runs end beside each other, on machines whose clocks differ, and wait for the folder for a minute at most. */
const TOLERANCE_MS = 5 * 60_000

/** The chain tells which run came later: its end is compared, since a run of an hour began before many others. */
function isBackwards(before: AuditRun, run: AuditRun): boolean {
  return Date.parse(run.finished_at) < Date.parse(before.finished_at) - TOLERANCE_MS
}

function backwards(before: AuditRun, run: AuditRun): string {
  const times = `The run ended at ${run.finished_at} by its clock, and the run before it at ${before.finished_at}`
  return `${times}: time goes backwards, so a clock was wrong. The order of the lines counts.`
}
