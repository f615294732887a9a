/** Faults planted in a copy of the sources: what runs there has to find them. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Edit {
  /** In the checkout, `src/plan/tags.ts`. */
  readonly file: string
  /** Stands there once at least; the first is replaced. */
  readonly from: string
  readonly to: string
}

/** What runs on the model of the server needs. */
const COPIED = [
  'src',
  'test/support/server-model',
  'test/support/walk',
  'test/support/exploration',
  'test/support/planted.ts',
  'package.json',
  'tsconfig.json',
]

/** A folder to run in. */
export interface SourceCopy {
  readonly folder: string
  /** @returns what takes it back @throws Error where the text is not there: the fault is out of date */
  plant(what: string, edits: readonly Edit[]): () => void
  remove(): void
}

export function copySources(): SourceCopy {
  const checkout = fileURLToPath(new URL('../..', import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'planted-'))
  for (const name of COPIED) cpSync(join(checkout, name), join(folder, name), { recursive: true })
  symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'))
  return {
    folder,
    plant: (what, edits) => {
      const files = new Map(edits.map(({ file }) => [join(folder, file), readFileSync(join(folder, file), 'utf8')]))
      for (const { file, from, to } of edits) {
        const whole = readFileSync(join(folder, file), 'utf8')
        if (!whole.includes(from)) throw new Error(`${what}: ${file} has no such text`)
        writeFileSync(
          join(folder, file),
          whole.replace(from, () => to),
        )
      }
      return () => {
        for (const [file, whole] of files) writeFileSync(file, whole)
      }
    },
    remove: () => {
      rmSync(folder, { recursive: true })
    },
  }
}
