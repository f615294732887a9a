/** Whether a run can write down what it will have done, tried before its first change. */
import { constants, open, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Problem } from '../model/problem.ts'
import { temporaryPath } from './atomic.ts'
import { describeFileError, governanceFiles, governanceFolder } from './file.ts'
import { assertRegular, hasCode, kindOf, makeFolder, notRegular } from './special.ts'

/** More than the audit of a hundred applications; a limit or a disk that has no room for it is found with it. */
const PROBE = Buffer.alloc(1024 * 1024, ' ')

export interface AuditPlace {
  readonly auditPath: string
  /** null: no governance files. */
  readonly governance: { readonly dir: string; readonly environment: string } | null
}

/**
 * Tries to write where the audit and the governance files will go, and leaves nothing but folders behind.
 * @returns what cannot be written, empty where all can (src/README.md: Where the audit goes)
 */
export async function checkAuditPlace({ auditPath, governance }: AuditPlace): Promise<Problem[]> {
  const problems = [
    await problemOf('audit file', auditPath, 'audit_dir, or --audit-file,', () => tryAuditFile(auditPath)),
  ]
  if (governance !== null) {
    const folder = governanceFolder(governance.dir, governance.environment)
    problems.push(await problemOf('governance_dir', folder, 'governance_dir', () => tryGovernance(folder)))
  }
  return problems.filter((problem) => problem !== null)
}

async function problemOf(
  field: string,
  path: string,
  setting: string,
  attempt: () => Promise<void>,
): Promise<Problem | null> {
  try {
    await attempt()
    return null
  } catch (error) {
    return {
      application: null,
      code: 'no_place_for_audit',
      field,
      message: `${path} cannot be written: ${describeFileError(error)}; nothing was changed.`,
      remedy: `Set ${setting} to a place that can be written to, with room for it (disk, ulimit -f), and run again.`,
    }
  }
}

async function tryAuditFile(path: string): Promise<void> {
  const kind = await kindOf(path)
  if (['missing', 'file', 'link'].includes(kind)) await tryFolder(dirname(path), 0)
  else if (kind === 'character device') await tryOpen(path)
  else throw notRegular(path, kind)
}

/** Files that are there are appended to, so a limit on their size counts from their end. */
async function tryGovernance(folder: string): Promise<void> {
  let longest = 0
  await makeFolder(folder)
  for (const file of Object.values(governanceFiles(folder))) {
    await assertRegular(file)
    longest = Math.max(longest, await tryAppending(file))
  }
  await tryFolder(folder, longest)
}

/** @returns the size; 0 where there is no file yet. */
async function tryAppending(path: string): Promise<number> {
  try {
    await tryOpen(path)
    return (await stat(path)).size
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0
    throw error
  }
}

/** Opened as it is, neither made nor cut. */
async function tryOpen(path: string): Promise<void> {
  const handle = await open(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  await handle.close()
}

/** Writes behind a hole of `offset` bytes, which takes no room. */
async function tryFolder(folder: string, offset: number): Promise<void> {
  await makeFolder(folder)
  const path = temporaryPath(join(folder, 'probe'))
  const handle = await open(path, 'wx')
  try {
    for (let written = 0; written < PROBE.length;)
      written += (await handle.write(PROBE, written, PROBE.length - written, offset + written)).bytesWritten
  } finally {
    await handle.close()
    await rm(path, { force: true })
  }
}
