/** What stands at a path before it is written, and folders that are made for it. */
import { lstat, mkdir, stat } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import { dirname, resolve } from 'node:path'

export type FileKind =
  | 'missing'
  | 'file'
  | 'link'
  | 'folder'
  | 'character device'
  | 'block device'
  | 'named pipe'
  | 'socket'
  | 'name of an open file'

/** Below these a link names a device or an open file (`/dev/stdout`), and is nobody's to replace. */
const NAMES_OF_OPEN_FILES = /^\/(?:dev|proc)\//

/**
 * What stands at a path; a link is one, whatever it leads to, but for those that the system made. Throws the errors of
 * node:fs.
 * https://man7.org/linux/man-pages/man7/inode.7.html (the file type)
 */
export async function kindOf(path: string): Promise<FileKind> {
  const own = await unlessMissing(lstat(path))
  if (own === null) return 'missing'
  if (!own.isSymbolicLink()) return kindOfStats(own)
  if (!NAMES_OF_OPEN_FILES.test(resolve(path))) return 'link'
  const kind = await kindOfTarget(path)
  return kind === 'file' ? 'name of an open file' : kind
}

async function kindOfTarget(path: string): Promise<FileKind> {
  const target = await unlessMissing(stat(path))
  return target === null ? 'missing' : kindOfStats(target)
}

function kindOfStats(stats: Stats): FileKind {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'folder'
  if (stats.isCharacterDevice()) return 'character device'
  if (stats.isBlockDevice()) return 'block device'
  return stats.isFIFO() ? 'named pipe' : 'socket'
}

/**
 * For a file that is appended to, and a link followed.
 * @throws Error where something else than a regular file stands there, which might keep the run waiting.
 */
export async function assertRegular(path: string): Promise<void> {
  const kind = await kindOfTarget(path)
  if (kind !== 'missing' && kind !== 'file') throw notRegular(path, kind)
}

export function notRegular(path: string, kind: FileKind): Error {
  return new Error(`${path} is a ${kind}, and not a regular file`)
}

/**
 * Makes a folder and those above it, as far as they are missing. Not `mkdir` with `recursive`: below /proc, where
 * nothing can be made, it tries for ever (seen on Node.js 20). Throws the errors of node:fs.
 */
export async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = []
  for (let path = resolve(folder); (await unlessMissing(stat(path))) === null; path = dirname(path)) missing.push(path)
  for (const path of missing.reverse()) {
    try {
      await mkdir(path)
    } catch (error) {
      // Another run may have made it meanwhile.
      if (!hasCode(error, 'EEXIST')) throw error
    }
  }
}

async function unlessMissing(stats: Promise<Stats>): Promise<Stats | null> {
  try {
    return await stats
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null
    throw error
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
