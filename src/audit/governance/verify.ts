import { GENESIS, hashLink } from './hash.ts'
import { csvMark, hashOf, parseLine, RUN_PREFIX, splitLine, type CsvMark } from './jsonl.ts'

/** One thing that is wrong in a governance file. */
export interface ChainFault {
  /** 1 is the first line. */
  readonly line: number
  readonly message: string
}

/**
 * Checks the text of `rds_provision_audit.jsonl` against its own chain (see `runLines`). Gives every fault with its
 * line, in order; [] where every line is as it was written and the last run is complete. What it cannot see is a run
 * taken from the end with all its lines; `verifyCsv` sees that, since the CSV is then longer than the runs say.
 */
export function verifyChain(text: string): readonly ChainFault[] {
  if (text === '') return []
  const lines = text.split('\n')
  const rest = lines.pop()
  const faults: ChainFault[] = []
  let previous = GENESIS
  let before: Before = { runHash: GENESIS, lines: 0 }
  for (const [index, line] of lines.entries()) {
    const run = line.startsWith(RUN_PREFIX) ? parseLine(line) : null
    const message = (run === null ? null : runFault(run, before)) ?? lineFault(line, previous)
    if (message !== null) faults.push({ line: index + 1, message })
    previous = hashOf(line)
    before = run === null ? { ...before, lines: before.lines + 1 } : { runHash: previous, lines: 0 }
  }
  if (rest !== '')
    faults.push({
      line: lines.length + 1,
      message: 'The last line is torn: it has no line break. The next run repairs it.',
    })
  else if (parseLine(lines.at(-1) ?? '')?.['type'] !== 'run')
    faults.push({
      line: lines.length,
      message:
        'The file does not end with the line of a run: a run was interrupted while writing, or lines were removed.',
    })
  return faults
}

/** What stands before the line of a run. */
interface Before {
  /** The hash of the last run line. */
  readonly runHash: string
  /** The lines since then. */
  readonly lines: number
}

/**
 * A run line tells how many records its run has and which run came before: so what was taken away or moved can be said.
 */
function runFault(run: Readonly<Record<string, unknown>>, before: Before): string | null {
  const { previous_hash: previousHash, summary } = run
  const records =
    typeof summary === 'object' && summary !== null
      ? Object.values(summary).reduce((sum: number, count) => sum + Number(count), 0)
      : before.lines
  if (previousHash !== before.runHash)
    return 'The run names another run as the one before it than the one that stands there: a run was removed, inserted or moved, or the line was edited.'
  return records === before.lines
    ? null
    : `The run has ${records} records, and ${before.lines} stand before its line: lines were removed or inserted, or the line was edited.`
}

function lineFault(line: string, previous: string): string | null {
  if (parseLine(line) === null) return 'The line is no JSON object: it is torn or was edited.'
  const parts = splitLine(line)
  if (parts === null) return 'The line does not end with a hash: it was edited, or not written by rds-provision.'
  return hashLink(previous, parts.content) === parts.hash
    ? null
    : 'The line does not match its hash: it was edited, or a line before it was removed, inserted or moved.'
}

/**
 * Checks the bytes of `rds_provision_audit.csv` against the marks in the JSONL's run lines: each run's bytes must be
 * where its mark says, and link to those of the run before. Lines are those of the CSV file as an editor counts them.
 * The JSONL's own chain is checked by `verifyChain`; run lines without a mark are left out here.
 *
 * An edit that makes the file longer or shorter moves all rows after it. Rows that are found whole at the moved place
 * are as they were written, so that the edit is named and not everything behind it.
 */
export function verifyCsv(csv: Uint8Array, jsonl: string): readonly ChainFault[] {
  const faults: ChainFault[] = []
  const marks = csvMarks(jsonl)
  const moved = csv.length - (marks.at(-1)?.mark.end ?? 0)
  let by = 0
  let before: Pick<CsvMark, 'end' | 'hash'> | null = null
  for (const { mark, run } of marks) {
    const expected = before ?? { end: mark.start, hash: GENESIS }
    const add = (at: number, message: string): void => void faults.push({ line: lineAt(csv, at), message })
    const isWhole = (offset: number): boolean =>
      hashLink(expected.hash, csv.subarray(Math.max(0, mark.start + offset), Math.max(0, mark.end + offset))) ===
      mark.hash
    if (mark.start !== expected.end)
      add(
        Math.min(mark.start, expected.end) + by,
        `Before run ${run} the file was ${mark.start} bytes long, and the run before it had left ${expected.end}: rows were removed or added.`,
      )
    if (!isWhole(by)) {
      if (isWhole(moved)) {
        if (faults.length === 0) add(mark.start + by, `Rows were added or removed before those of run ${run}.`)
        by = moved
      } else if (mark.end > csv.length)
        add(csv.length, `The file ends before the rows of run ${run} do: rows were removed.`)
      else
        add(
          mark.start + by,
          `The rows of run ${run}, which begin here, do not match their hash: they were edited, or rows among them added or removed.`,
        )
    }
    before = mark
  }
  const end = (before?.end ?? 0) + by
  if (csv.length > end)
    faults.push({
      line: lineAt(csv, end),
      message:
        'The rows from here on belong to no run in the JSONL file: a run was interrupted while writing, or rows were added here or removed there.',
    })
  return faults
}

function csvMarks(jsonl: string): readonly { readonly mark: CsvMark; readonly run: string }[] {
  return jsonl.split('\n').flatMap((line) => {
    const value = parseLine(line)
    const mark = value?.['type'] === 'run' ? csvMark(value['csv']) : null
    return mark === null ? [] : [{ mark, run: String(value?.['run_id']) }]
  })
}

/** The number of the line that holds this byte. */
function lineAt(bytes: Uint8Array, offset: number): number {
  return bytes.subarray(0, offset).reduce((count, byte) => (byte === 0x0a ? count + 1 : count), 1)
}
