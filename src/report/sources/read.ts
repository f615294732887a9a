/** The audit files of a report, from disk. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { verifyCsv } from '../../audit/governance/verify.ts'
import { InvalidInputError } from '../../errors.ts'
import { readDocument } from './document.ts'
import type { RecordedRun, FileFault } from '../../audit/governance/entry.ts'
import { type Chain, chainOf, compareHeads, type Comparison, witnessesIn } from './heads.ts'
import { readJsonl } from './jsonl.ts'

export interface AuditFiles {
  /**
   * In order of time, but those of a chain in the order of the chain, which no clock decides. A run that stands in both
   * folders counts once.
   */
  readonly entries: readonly RecordedRun[]
  readonly faults: readonly FileFault[]
  readonly files: readonly string[]
  /** null: no governance files were asked for. */
  readonly heads: Comparison | null
}

export interface Folders {
  /** Every environment below it is read. */
  readonly governanceDir: string | null
  readonly auditDir: string | null
  /** The governance folder that audits should find their chain in, whether or not it is there; null: none. */
  readonly expectedDir: string | null
  /** One audit more, such as `terraform output -raw audit_json` gives. */
  readonly auditFile: string | null
}

const JSONL = 'rds_provision_audit.jsonl'
const CSV = 'rds_provision_audit.csv'

/**
 * Reads what is there; what cannot be read is a fault of its file.
 * @throws InvalidInputError where a folder does not exist or cannot be listed.
 */
export async function readAuditFiles({
  governanceDir,
  expectedDir,
  auditDir,
  auditFile,
}: Folders): Promise<AuditFiles> {
  const chained = governanceDir === null ? [] : await inOrder(await chainFiles(governanceDir), readChain)
  const paths = [...(auditDir === null ? [] : await jsonFiles(auditDir)), ...(auditFile === null ? [] : [auditFile])]
  const documents = await inOrder(paths, (file) => readOne(file, readDocument))
  const witnesses = documents.flatMap(({ file, entries }) => witnessesIn(file, entries))
  const chains = chained.map(({ chain }) => chain)
  const heads = expectedDir === null ? null : compareHeads(expectedDir, chains, witnesses)
  const all: FileRead[] = [...chained, ...documents]
  return {
    entries: inOrderOfTime(all.map(({ entries }) => entries)),
    faults: [...all.flatMap(({ faults }) => faults), ...(heads?.faults ?? [])],
    files: all.map(({ file }) => file),
    heads,
  }
}

interface FileRead {
  readonly file: string
  readonly entries: readonly RecordedRun[]
  readonly faults: readonly FileFault[]
}

/** One after the other: an audit folder may hold thousands of files, and a process a limited number of open ones. */
async function inOrder<T>(files: readonly string[], read: (file: string) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (const file of files) results.push(await read(file))
  return results
}

async function readOne(file: string, read: (file: string, text: string) => Omit<FileRead, 'file'>): Promise<FileRead> {
  try {
    return { file, ...read(file, await readFile(file, 'utf8')) }
  } catch (error) {
    return {
      file,
      entries: [],
      faults: [{ file, line: null, message: `The file cannot be read: ${reasonOf(error)}.` }],
    }
  }
}

/** A chained file, with the table beside it, whose rows the runs of the chain vouch for. */
async function readChain(file: string): Promise<FileRead & { readonly chain: Chain }> {
  let text = ''
  const read = await readOne(file, (name, content) => readJsonl(name, (text = content)))
  const chain = chainOf(file, text)
  const csv = join(file, '..', CSV)
  const { faults } = await readOne(csv, () => ({ entries: [], faults: [] }))
  if (faults.length > 0) return { ...read, chain, faults: [...read.faults, ...faults] }
  const tableFaults = verifyCsv(await readFile(csv), text).map((fault) => ({ ...fault, file: csv }))
  return { ...read, chain, faults: [...read.faults, ...tableFaults] }
}

async function chainFiles(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await list(folder, '--governance-dir')) {
    const below = entry.isDirectory() ? await list(join(folder, entry.name), '--governance-dir') : []
    if (isGovernance(entry.name)) found.push(join(folder, JSONL))
    if (below.some(({ name }) => isGovernance(name))) found.push(join(folder, entry.name, JSONL))
  }
  return [...new Set(found)].sort()
}

/** A table whose chain is gone is a fault, and no folder without runs. */
function isGovernance(name: string): boolean {
  return name === JSONL || name === CSV
}

async function jsonFiles(folder: string): Promise<string[]> {
  const entries = await list(folder, '--audit-dir')
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map(({ name }) => join(folder, name))
    .sort()
}

async function list(folder: string, option: string) {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    throw new InvalidInputError(
      [
        {
          application: null,
          code: 'unreadable_folder',
          field: option,
          message: `cannot be read: ${reasonOf(error)}.`,
          remedy: 'Give the path of a folder that rds-provision wrote to.',
        },
      ],
      { cause: error },
    )
  }
}

/**
 * The entries of all files, each file's in its own order. A clock that was ahead holds up its chain, and no other.
 * The chained copy of a run comes first and stays; runs are told apart by id, command and start.
 */
function inOrderOfTime(files: readonly (readonly RecordedRun[])[]): RecordedRun[] {
  const seen = new Set<string>()
  const dated = files.flatMap((entries) => {
    let time = -Infinity
    return entries.map((entry) => ({ entry, time: (time = Math.max(time, timeOf(entry))) }))
  })
  return dated
    .filter(({ entry: { run } }) => {
      if (run === null) return true
      const key = JSON.stringify([run.run_id, run.command, run.started_at])
      return seen.size !== seen.add(key).size
    })
    .sort((a, b) => a.time - b.time)
    .map(({ entry }) => entry)
}

function timeOf({ run, records }: RecordedRun): number {
  return Date.parse(run?.started_at ?? records[0]?.at ?? '')
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
