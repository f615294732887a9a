import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Writes `text` as UTF-8 to `path` so that a reader, and whoever comes after a crash, sees the old file or the new one
 * and never a part: temporary file in the same folder, fsync, rename. Missing folders are created. A failure throws the
 * error of node:fs and leaves the old file as it was.
 *
 * Not `write-file-atomic`: version 7 calls fs.write once and ignores its count, so on a full disk it puts a cut file in
 * place and reports success. FileHandle.writeFile goes on until everything is written or the disk says ENOSPC.
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true })
  const temporary = join(folder, `.${basename(path).slice(0, 100)}.${randomUUID()}.tmp`)
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
