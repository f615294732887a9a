/** Chains against the audits of their runs, which took down where each ended: what was cut off is missed. Pure. */
import { resolve, sep } from 'node:path'
import type { FileFault, RecordedRun } from '../../audit/governance/entry.ts'
import { hashOf, RUN_PREFIX } from '../../audit/governance/jsonl.ts'
import { groupBy } from '../../group-by.ts'
import type { GovernanceHead } from '../../model/audit.ts'

/** What one JSONL file has now. */
export interface Chain {
  readonly file: string
  /** The hash of its first line. */
  readonly id: string
  /** Of the lines of its runs. */
  readonly hashes: ReadonlySet<string>
  readonly lines: number
}

/** What an audit file says of the chain that its run was added to. */
export interface Witness {
  readonly file: string
  readonly head: GovernanceHead
}

export interface Comparison {
  readonly faults: readonly FileFault[]
  /** How many audits vouch for a chain that was read. */
  readonly compared: number
  /** Files that audits name and that were not read. */
  readonly unread: readonly string[]
}

export function chainOf(file: string, text: string): Chain {
  const lines = text.split('\n').slice(0, -1)
  const runs = lines.filter((line) => line.startsWith(RUN_PREFIX))
  return { file, id: hashOf(lines[0] ?? ''), hashes: new Set(runs.map(hashOf)), lines: lines.length }
}

export function witnessesIn(file: string, entries: readonly RecordedRun[]): Witness[] {
  return entries.flatMap(({ run }) => (run?.governance ? [{ file, head: run.governance }] : []))
}

/**
 * An audit whose chain was read must find its run there. One of another chain is no fault where its file is outside of
 * the folder, since there may be two, and a folder that was begun anew has its former files beside it; inside of it the
 * file is gone or another one.
 */
export function compareHeads(folder: string, chains: readonly Chain[], witnesses: readonly Witness[]): Comparison {
  const ids = new Set(chains.map(({ id }) => id))
  const known = witnesses.filter(({ head }) => ids.has(head.chain))
  const others = witnesses.filter(({ head }) => !ids.has(head.chain))
  const missing = others.filter(({ head }) => resolve(head.file).startsWith(`${resolve(folder)}${sep}`))
  const gone = groupBy(missing, ({ head }) => resolve(head.file))
  const faults = [
    ...chains.flatMap(({ file, id, hashes, lines }) => {
      const cut = known.filter(({ head }) => head.chain === id && !hashes.has(head.hash))
      return faultOf(file, lines, cut, 'lines were cut from its end, or written anew')
    }),
    ...[...gone].flatMap(([path, missed]) => {
      const now = chains.find(({ file }) => resolve(file) === path)
      return faultOf(now?.file ?? path, now?.lines ?? 0, missed, BEGUN_ANEW)
    }),
  ]
  const unread = others.filter((witness) => !missing.includes(witness)).map(({ head }) => head.file)
  return { faults, compared: known.length, unread: [...new Set(unread)].sort() }
}

const BEGUN_ANEW =
  'it was removed, begun anew or written anew. ' +
  'Where that was on purpose, put the former files into a folder beside this one'

/** One fault a file, by the audit that saw the most of it. */
function faultOf(file: string, lines: number, missed: readonly Witness[], why: string): FileFault[] {
  const [latest, ...more] = [...missed].sort((a, b) => b.head.lines - a.head.lines)
  if (latest === undefined) return []
  const also = more.length === 0 ? '' : ` and of ${String(more.length)} more`
  const counts = `It had ${String(latest.head.lines)} lines after that run, and has ${String(lines)}`
  const line = lines === 0 ? null : lines
  return [{ file, line, message: `The run of ${latest.file}${also} is not in the file. ${counts}: ${why}.` }]
}
