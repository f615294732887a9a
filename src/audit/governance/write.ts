import { readFile } from 'node:fs/promises'

import type { Problem } from '../../model/problem.ts'
import type { AccessMatrix } from '../../model/access.ts'
import type { AuditDocument, GovernanceHead } from '../../model/audit.ts'
import { writeAtomically } from '../atomic.ts'
import { describeFileError, governanceFiles, governanceFolder } from '../file.ts'
import { assertRegular } from '../special.ts'
import { csvHeader, csvRows } from './csv.ts'
import { GENESIS, hashLink } from './hash.ts'
import { readHead } from './head.ts'
import { hashOf, runLines } from './jsonl.ts'
import { withFolderLock } from './lock.ts'
import { appendDurably, repairCsv, repairJsonl } from './repair.ts'
import { replaceSection } from './sections.ts'
import { readBeginnings } from './starts.ts'

export interface GovernanceRun {
  /** `governance_dir`; missing folders are created. */
  readonly dir: string
  readonly document: AuditDocument
  /** null: what may be accessed is not known (the run was blocked or failed before it looked); access.md stays. */
  readonly matrix: AccessMatrix | null
}

export interface GovernanceResult {
  /**
   * Why the folder could not be written; null: it was. What the run did stands (exit 1, the audit on standard output).
   */
  readonly problem: Problem | null
  /** The end of the chain after the run; null: it is not in it. */
  readonly head: GovernanceHead | null
  /** Sentences on what was found broken, and moved away, in files of earlier runs. */
  readonly repairs: readonly string[]
}

/**
 * Adds one finished run to the governance files of its environment (src/README.md: The audit): rows to
 * `rds_provision_audit.csv`, lines to `rds_provision_audit.jsonl`, and its section of `access.md`. Safe beside other
 * writers (a lock) and after killed ones: a run counts once its run line is complete, and what is behind the last one
 * is moved away first.
 */
export async function writeGovernance({ dir, document, matrix }: GovernanceRun): Promise<GovernanceResult> {
  const folder = governanceFolder(dir, document.run.environment)
  try {
    const written = await withFolderLock(folder, (assertHeld) => writeAll(folder, document, matrix, assertHeld))
    return { problem: null, ...written }
  } catch (error) {
    return { problem: unwritable(folder, error), head: null, repairs: [] }
  }
}

async function writeAll(
  folder: string,
  document: AuditDocument,
  matrix: AccessMatrix | null,
  assertHeld: () => void,
): Promise<Pick<GovernanceResult, 'head' | 'repairs'>> {
  const { jsonl, csv, access } = governanceFiles(folder)
  for (const file of [jsonl, csv, access]) await assertRegular(file)
  const { lastRun, repair } = await repairJsonl(jsonl)
  const table = await repairCsv(csv, lastRun)
  const repairs = [repair, table.repair].filter((sentence) => sentence !== null)

  const rows = (table.size === 0 ? csvHeader() : '') + csvRows(document)
  const mark = {
    start: table.size,
    end: table.size + Buffer.byteLength(rows),
    hash: hashLink(lastRun?.csv?.hash ?? GENESIS, rows),
  }
  assertHeld()
  await appendDurably(csv, rows)
  const lines = runLines(document, lastRun?.hash ?? GENESIS, mark, repairs)
  await appendDurably(jsonl, lines)
  const head = await readHead(jsonl, hashOf(lines.slice(lines.lastIndexOf('\n', lines.length - 2) + 1, -1)))

  if (matrix !== null) {
    const previous = await readIfExists(access)
    const text = replaceSection(previous, matrix, await readBeginnings(jsonl))
    assertHeld()
    if (text !== previous) await writeAtomically(access, text)
  }
  return { head, repairs }
}

async function readIfExists(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

function unwritable(folder: string, error: unknown): Problem {
  return {
    application: null,
    code: 'governance_unwritable',
    field: 'governance_dir',
    message: `The run could not be recorded in ${folder}: ${describeFileError(error)}.`,
    remedy: 'What the run did stands; its audit is on standard output. Make the folder writable and run again.',
  }
}
