/** Plants faults, one at a time, in a copy of `src`, and walks there. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { FAULTS } from './faults.ts'

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * @param args of each walk (`main.ts`)
 * @param only a part of what a fault is called; empty: all of them
 * @returns how many no walk found
 */
export function plantFaults(args: readonly string[], only: string): number {
  const folder = mkdtempSync(`${tmpdir()}/walk-`)
  for (const name of ['src', 'test/support/walk', 'package.json', 'tsconfig.json'])
    cpSync(`${CHECKOUT}${name}`, `${folder}/${name}`, { recursive: true })
  symlinkSync(`${CHECKOUT}node_modules`, `${folder}/node_modules`)
  const walkThere = (): SpawnSyncReturns<string> =>
    spawnSync('npx', ['tsx', 'test/support/walk/main.ts', '--first', ...args], { cwd: folder, encoding: 'utf8' })
  const sound = walkThere()
  if (sound.status !== 0) throw new Error(`without a fault: ${sound.stdout}`)
  const chosen = FAULTS.filter(({ what }) => what.includes(only))
  if (chosen.length === 0) throw new Error(`--only: no fault is called like ${JSON.stringify(only)}`)
  let missed = 0
  for (const { what, file, from, to } of chosen) {
    const whole = readFileSync(`${folder}/${file}`, 'utf8')
    if (!whole.includes(from)) throw new Error(`${what}: ${file} has no such text`)
    writeFileSync(
      `${folder}/${file}`,
      whole.replace(from, () => to),
    )
    const walked = walkThere()
    // What a walk finds it prints so; a fault that does not even run is none that was found.
    const found = walked.status === 0 ? undefined : /^Error: .*/m.exec(walked.stdout)?.[0]
    if (found === undefined) missed += 1
    console.log(
      found === undefined ? `MISSED ${what} ${walked.stderr.slice(0, 200)}` : `found ${what}: ${found.slice(0, 200)}`,
    )
    writeFileSync(`${folder}/${file}`, whole)
  }
  rmSync(folder, { recursive: true })
  console.log(`${String(chosen.length - missed)} of ${String(chosen.length)} found`)
  return missed
}
