/** Looking for secrets where none may be: in texts, files, folders and running processes. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What every verifier begins with (manual, pg_authid.rolpassword). */
export const VERIFIER = 'SCRAM-SHA-256$4096:'

/** Texts by where they were found. */
export class Corpus {
  readonly #texts: [string, string][] = []

  add(name: string, text: string): void {
    this.#texts.push([name, text])
  }

  /** Every file below a folder. */
  async addFolder(name: string, folder: string): Promise<void> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile()) this.add(`${name} ${path.slice(folder.length)}`, await readFile(path, 'latin1'))
    }
  }

  /** How many texts, and how much: a search in nothing finds nothing. */
  get size(): { readonly texts: number; readonly characters: number } {
    return { texts: this.#texts.length, characters: this.#texts.reduce((sum, [, text]) => sum + text.length, 0) }
  }

  has(needle: string): boolean {
    return this.#texts.some(([, text]) => text.includes(needle))
  }

  /** `where: what` for each secret found, plain or encoded. */
  hits(secrets: Readonly<Record<string, string>>): string[] {
    return Object.entries(secrets).flatMap(([title, secret]) =>
      this.#texts.flatMap(([name, text]) =>
        spellings(secret)
          .filter((spelling) => text.includes(spelling))
          .map(() => `${name}: ${title}`),
      ),
    )
  }
}

function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret)
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret),
      bytes.toString('hex'),
      bytes.toString('base64').replace(/=+$/, ''),
      bytes.toString('base64url'),
    ]),
  ]
}

/** Linux shows arguments and environment of every process of the same user. */
export const canWatchProcesses = existsSync('/proc/self/environ')

/**
 * Takes down arguments and environment of every process that `marker` stands in, until `done`.
 * @returns what was seen, one text a process.
 */
export async function watchProcesses(marker: string, done: Promise<unknown>): Promise<ReadonlyMap<string, string>> {
  const seen = new Map<string, string>()
  const state = { running: true }
  const stop = (): void => {
    state.running = false
  }
  const end = done.then(stop, stop)
  while (state.running) {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const [args, environment] = await Promise.all([
        readIfThere(`/proc/${pid}/cmdline`),
        readIfThere(`/proc/${pid}/environ`),
      ])
      if (Number(pid) !== process.pid && `${args}${environment}`.includes(marker))
        seen.set(pid, `${args}\n${environment}`)
    }
    await Promise.race([sleep(20), end])
  }
  return seen
}

/** Processes end while they are looked at. */
async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    return ''
  }
}
