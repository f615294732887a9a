/** `npm run test:model`: every scene, within its small bounds or, with `--large`, those of the night; `--mutated`: rules broken one by one. */
import { parseArgs } from 'node:util'
import { explore } from './explore.ts'
import { exploreMutated, MUTATED } from './mutated.ts'
import { SCENES } from './scenes.ts'

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: '16' },
    scene: { type: 'string' },
    large: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    mutated: { type: 'boolean', default: false },
  },
})
const limitMs = Number(values.seconds ?? (values.large ? 900 : 60)) * 1000

if (values.mutated) {
  for (const mutated of MUTATED) {
    if (values.scene !== undefined && values.scene !== mutated.scene) continue
    const text = await exploreMutated(mutated)
    const isFound = mutated.finds.test(text)
    console.log(isFound ? 'found' : `MISSED (${text})`, mutated.what)
    if (!isFound) process.exitCode = 1
  }
  process.exit()
}
for (const [name, make] of Object.entries(SCENES)) {
  if (values.scene !== undefined && values.scene !== name) continue
  const started = Date.now()
  const { worlds, servers, executions, wrong, way, isCut } = await explore(
    await make(Number(values.server), values.large),
    limitMs,
  )
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  const seen = `${String(worlds)} states (${String(servers)} servers) in ${String(executions)} ways, ${seconds} s`
  console.log(`${name}: ${seen}${isCut ? ', and the time was up' : ''}`)
  if (wrong.length === 0) continue
  console.log(`  ${way.join('\n  ')}\n${wrong.join('\n')}`)
  process.exitCode = 1
}
