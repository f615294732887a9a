import { type RecordedRun, type FileFault, parseDocument, parseRecord } from '../../audit/governance/entry.ts'
import type { AuditRecord } from '../../model/audit.ts'

/** The run in one audit file of an `audit_dir`, and everything wrong with it. */
export function readDocument(
  file: string,
  text: string,
): { readonly entries: readonly RecordedRun[]; readonly faults: readonly FileFault[] } {
  const parsed = parseJson(text)
  if (parsed.error !== null)
    return {
      entries: [],
      faults: [
        { file, line: parsed.line, message: `The file is no JSON: it is torn or was edited (${parsed.error}).` },
      ],
    }
  const { value: document, problem } = parseDocument(parsed.value)
  if (document === null)
    return { entries: [], faults: [{ file, line: null, message: `The file is no audit: ${problem}.` }] }
  const records: AuditRecord[] = []
  const faults: FileFault[] = []
  for (const [index, item] of document.records.entries()) {
    const { value: record, problem: wrong } = parseRecord(item)
    if (record === null)
      faults.push({ file, line: null, message: `Record ${String(index + 1)} cannot be read: ${wrong}.` })
    else records.push(record)
  }
  return { entries: [{ run: document.run, records }], faults }
}

type Json = { readonly value: unknown; readonly error: null } | { readonly error: string; readonly line: number }

function parseJson(text: string): Json {
  try {
    return { value: JSON.parse(text), error: null }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { error: message, line: lineOf(message, text) }
  }
}

/** V8 names the position where it can ("at position 12"); a file that ends too early is torn at its last line. */
function lineOf(message: string, text: string): number {
  const position = /at position (\d+)/.exec(message)?.[1]
  const before = position === undefined ? text.trimEnd() : text.slice(0, Number(position))
  return before.split('\n').length
}
