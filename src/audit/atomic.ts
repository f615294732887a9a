import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { kindOf, makeFolder, notRegular } from './special.ts'

/**
 * Writes `text` as UTF-8 to `path` so that a reader, and whoever comes after a crash, sees the old file or the new one
 * and never a part: temporary file in the same folder, fsync, rename. Missing folders are created. A failure throws the
 * error of node:fs and leaves the old file as it was.
 *
 * A character device (`/dev/null`, a terminal) is written through. Another special file is refused: a pipe that nobody
 * reads would keep the run waiting. A link is replaced, wherever it leads, but for those that the system gives, such as
 * `/dev/stdout`.
 *
 * Not `write-file-atomic`: version 7 calls fs.write once and ignores its count, so on a full disk it puts a cut file in
 * place and reports success. FileHandle.writeFile goes on until everything is written or the disk says ENOSPC.
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const kind = await kindOf(path)
  if (kind === 'character device') return writeThrough(path, text)
  // rename refuses a folder by itself, with its own code.
  if (!['missing', 'file', 'link', 'folder'].includes(kind)) throw notRegular(path, kind)
  const folder = dirname(path)
  await makeFolder(folder)
  const temporary = temporaryPath(path)
  try {
    const handle = await open(temporary, 'wx')
    try {
      await handle.writeFile(text, 'utf8')
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** A name beside `path` that nobody else has. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 100)}.${randomUUID()}.tmp`)
}

/** A device keeps nothing that could be synced. */
async function writeThrough(path: string, text: string): Promise<void> {
  const handle = await open(path, 'w')
  try {
    await handle.writeFile(text, 'utf8')
  } finally {
    await handle.close()
  }
}
