import { join } from 'node:path'
import pRetry from 'p-retry'
import { makeFolder } from '../special.ts'

/** A lock this old, not refreshed, is of a writer that was killed; its holder refreshes it every half of this. */
const STALE_MS = 15_000

/** Waits for about a minute: longer than a killed writer's lock needs to become stale, even twice. */
const RETRIES = { retries: 150, factor: 1.1, minTimeout: 20, maxTimeout: 500, randomize: true }

/** What no other writer's end will change: not waited for. */
const LASTING = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOSPC', 'EDQUOT', 'EFBIG'])

/**
 * Runs `work` while no other process works in this folder (created where missing). `assertHeld` throws where the lock
 * was lost meanwhile (the process was suspended for longer than the lock lives): call it before each write.
 *
 * The lock is a folder that mkdir creates, which is atomic on local disks and on NFS. What remains: two writers that
 * find the same killed writer's lock in the same instant may both take it over; the chain then shows it
 * (`verifyChain`).
 */
export async function withFolderLock<T>(folder: string, work: (assertHeld: () => void) => Promise<T>): Promise<T> {
  // Loaded here, since it hooks into the process's signals and exit, and most runs have no governance folder.
  const { lock } = await import('proper-lockfile')
  await makeFolder(folder)
  const state: { lost: Error | null } = { lost: null }
  const options = {
    lockfilePath: join(folder, '.rds_provision_audit.lock'),
    stale: STALE_MS,
    onCompromised: (error: Error): void => {
      state.lost = error
    },
  }
  // Its own retries would wait out a folder that cannot be written, too.
  const release = await pRetry(() => lock(folder, options), {
    ...RETRIES,
    shouldRetry: (error) => !('code' in error && LASTING.has(String(error.code))),
  })
  try {
    return await work(() => {
      if (state.lost !== null) throw state.lost
    })
  } finally {
    if (state.lost === null) await release()
  }
}
