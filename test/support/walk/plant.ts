/** Plants faults, one at a time, in a copy of `src`, and walks there. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { copySources } from '../planted.ts'
import { FAULTS } from './faults.ts'

/**
 * @param args of each walk (`main.ts`)
 * @param only a part of what a fault is called; empty: all of them
 * @returns how many no walk found
 */
export function plantFaults(args: readonly string[], only: string): number {
  const copy = copySources()
  const walkThere = (): SpawnSyncReturns<string> =>
    spawnSync('npx', ['tsx', 'test/support/walk/main.ts', '--first', ...args], { cwd: copy.folder, encoding: 'utf8' })
  try {
    const sound = walkThere()
    if (sound.status !== 0) throw new Error(`without a fault: ${sound.stdout}${sound.stderr}`)
    const chosen = FAULTS.filter(({ what }) => what.includes(only))
    if (chosen.length === 0) throw new Error(`--only: no fault is called like ${JSON.stringify(only)}`)
    let missed = 0
    for (const fault of chosen) {
      const undo = copy.plant(fault.what, [fault])
      const walked = walkThere()
      undo()
      // What a walk finds it prints so; nothing was found where the time was up, or where the model cannot follow.
      const found =
        walked.status === 0 ? undefined : /^Error: (?!the time was up|the model knows no).*/m.exec(walked.stdout)?.[0]
      if (found === undefined) missed += 1
      console.log(
        found === undefined
          ? `MISSED ${fault.what} ${walked.stderr.slice(0, 200)}`
          : `found ${fault.what}: ${found.slice(0, 200)}`,
      )
    }
    console.log(`${String(chosen.length - missed)} of ${String(chosen.length)} found`)
    return missed
  } finally {
    copy.remove()
  }
}
