import { open, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'

import { assertRegular } from '../special.ts'
import { lastRowEnd } from './csv.ts'
import { readRunLine, RUN_PREFIX, type LastRun } from './jsonl.ts'

/** How much of the file's end is read at first; doubled until the last run line is in it. */
const WINDOW_BYTES = 64 * 1024

const RUN_LINE_START = Buffer.from(RUN_PREFIX)
const LF = 0x0a

/** A governance file, open for reading and writing, and where the next run continues. */
export interface Continuation {
  readonly lastRun: LastRun | null
  /** What was found broken and moved away, in a sentence; null: nothing. */
  readonly repair: string | null
}

/**
 * Makes the JSONL end with the line of a run: whatever a killed run left behind it (records without their run, a torn
 * line) is moved to `<file>.interrupted`, so that nothing is lost and nothing broken is continued. Gives the last run.
 */
export async function repairJsonl(path: string): Promise<Continuation> {
  return withFile(path, async (handle, size) => {
    const { end, line } = await findLastRun(handle, size)
    return { lastRun: line === null ? null : readRunLine(line), repair: await moveTail(handle, path, end, size) }
  })
}

/**
 * The same for the CSV, which is written before the JSONL: rows behind the last run's mark are of a killed run. Without
 * a usable mark (a new JSONL, or somebody cut the CSV) the rows stay and only a torn last row is moved. Gives the size
 * that is left, in bytes.
 */
export async function repairCsv(
  path: string,
  lastRun: LastRun | null,
): Promise<{ readonly size: number; readonly repair: string | null }> {
  return withFile(path, async (handle, size) => {
    const mark = lastRun?.csv ?? null
    const end = mark !== null && mark.end <= size ? mark.end : lastRowEnd(await readRange(handle, 0, size))
    return { size: end, repair: await moveTail(handle, path, end, size) }
  })
}

/** Appends bytes and waits until the disk has them. */
export async function appendDurably(path: string, bytes: string | Uint8Array): Promise<void> {
  await assertRegular(path)
  const handle = await open(path, 'a')
  try {
    await handle.appendFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function withFile<T>(path: string, work: (handle: FileHandle, size: number) => Promise<T>): Promise<T> {
  // 'a+' creates the file where it is missing, reads anywhere, and can be truncated.
  const handle = await open(path, 'a+')
  try {
    return await work(handle, (await handle.stat()).size)
  } finally {
    await handle.close()
  }
}

/** The last complete line that is a run's, and the offset behind its line break; offset 0 where there is none. */
async function findLastRun(
  handle: FileHandle,
  size: number,
): Promise<{ readonly end: number; readonly line: string | null }> {
  for (let window = WINDOW_BYTES; ; window *= 2) {
    const start = Math.max(0, size - window)
    const bytes = await readRange(handle, start, size)
    const found = lastRunIn(bytes, start === 0)
    if (found !== null) return { end: start + found.end, line: bytes.toString('utf8', found.start, found.end - 1) }
    if (start === 0) return { end: 0, line: null }
  }
}

/** A line is known to begin at a line break, or at the beginning of the file. */
function lastRunIn(bytes: Buffer, fromBeginning: boolean): { readonly start: number; readonly end: number } | null {
  let lineEnd = bytes.lastIndexOf(LF)
  while (lineEnd >= 0) {
    const before = lineEnd === 0 ? -1 : bytes.lastIndexOf(LF, lineEnd - 1)
    if (before < 0 && !fromBeginning) return null
    const start = before + 1
    if (bytes.subarray(start, start + RUN_LINE_START.length).equals(RUN_LINE_START)) return { start, end: lineEnd + 1 }
    lineEnd = before
  }
  return null
}

/** Moves `[end, size)` to `<path>.interrupted`: copied and on disk there before it is cut off here. */
async function moveTail(handle: FileHandle, path: string, end: number, size: number): Promise<string | null> {
  if (end === size) return null
  const tail = await readRange(handle, end, size)
  const aside = `${path}.interrupted`
  await appendDurably(aside, Buffer.concat([tail, Buffer.from('\n')]))
  await handle.truncate(end)
  await handle.sync()
  const why = 'a run was killed while writing, or lines were removed by hand'
  const what = `${size - end} bytes at its end belong to no complete run (${why})`
  return `${basename(path)}: ${what}; they were moved to ${basename(aside)}.`
}

async function readRange(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start)
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled)
    if (bytesRead === 0) throw new Error('The file became shorter while it was read.')
    filled += bytesRead
  }
  return bytes
}
