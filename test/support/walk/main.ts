/** `npm run test:walk -- --seed N --walks N --server 16`: random walks on the model, the first that fails shrunk. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import * as fc from 'fast-check'

import { FAULTS } from './faults.ts'
import { type Walk, walks } from './generate.ts'
import { walkOn } from './walk.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    walks: { type: 'string', default: '1000' },
    server: { type: 'string', default: '16' },
    all: { type: 'boolean', default: false },
    faults: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const started = Date.now()
const codes = new Map<string, number>()
const count = (word: string): void => void codes.set(word, (codes.get(word) ?? 0) + 1)

console.log(`seed ${String(seed)}, ${values.walks} walks, server ${values.server}`)
const property = fc.asyncProperty(walks(Number(values.server)), async (walk: Walk) => {
  const { kind, codes: found, wrong } = await walkOn(walk)
  count(kind)
  for (const code of new Set(found)) count(code)
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
})
/** `--all`: goes on, and counts what is wrong by its words without names. */
async function countAll(): Promise<void> {
  const kinds = new Map<string, { count: number; walk: Walk }>()
  for (const walk of fc.sample(walks(Number(values.server)), { seed, numRuns: Number(values.walks) })) {
    const { wrong } = await walkOn(walk)
    for (const line of new Set(wrong.map((item) => item.replaceAll(/\b(?:alpha|beta|gamma|delta)\b|_dev_\w+/g, '…')))) {
      const known = kinds.get(line)
      kinds.set(line, { count: (known?.count ?? 0) + 1, walk: known?.walk ?? walk })
    }
  }
  for (const [line, { count, walk }] of [...kinds].sort(([, a], [, b]) => b.count - a.count))
    console.log(`${String(count)} ${line.slice(0, 400)}\n  ${JSON.stringify(walk)}`)
  process.exit()
}
/** `--faults`: plants each in a copy of `src`, and walks there. */
function plantFaults(): void {
  const checkout = fileURLToPath(new URL('../../../', import.meta.url))
  const folder = mkdtempSync(`${tmpdir()}/walk-`)
  let missed = 0
  for (const name of ['src', 'test/support/walk', 'package.json', 'tsconfig.json'])
    cpSync(`${checkout}${name}`, `${folder}/${name}`, { recursive: true })
  symlinkSync(`${checkout}node_modules`, `${folder}/node_modules`)
  for (const { what, file, from, to } of FAULTS) {
    const whole = readFileSync(`${folder}/${file}`, 'utf8')
    if (!whole.includes(from)) throw new Error(`${what}: ${file} has no such text`)
    writeFileSync(
      `${folder}/${file}`,
      whole.replace(from, () => to),
    )
    const args = ['--seed', String(seed), '--walks', values.walks, '--server', values.server]
    const { status } = spawnSync('npx', ['tsx', 'test/support/walk/main.ts', ...args], { cwd: folder })
    if (status === 0) missed += 1
    console.log(status === 0 ? 'MISSED' : 'found', what)
    writeFileSync(`${folder}/${file}`, whole)
  }
  rmSync(folder, { recursive: true })
  console.log(`${String(FAULTS.length - missed)} of ${String(FAULTS.length)} found`)
  process.exit(missed === 0 ? 0 : 1)
}
if (values.faults) plantFaults()
if (values.all) await countAll()
const result = await fc.check(property, { seed, numRuns: Number(values.walks), interruptAfterTimeLimit: 600_000 })
if (result.failed) {
  const [walk] = result.counterexample ?? []
  console.log(JSON.stringify(walk, null, 1))
  console.log(String(result.errorInstance))
  console.log(
    `npm run test:walk -- --seed ${String(seed)} --server ${values.server}  # after ${String(result.numRuns)} walks`,
  )
  process.exitCode = 1
}
console.log(`${String((Date.now() - started) / 1000)} s`, Object.fromEntries([...codes].sort(([, a], [, b]) => b - a)))
