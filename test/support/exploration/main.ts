/** `npm run test:model`: every scene, within its small bounds or, with `--large`, wider ones; `--mutated`: rules broken one by one. */
import { parseArgs } from 'node:util'
import { VERSIONS } from '../server-model/names.ts'
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
    help: { type: 'boolean', default: false },
  },
})
const USAGE = `npm run test:model -- [options]
  --server 16     major version of the server that the model is of
  --scene NAME    only this one: ${Object.keys(SCENES).join('; ')}
  --large         more runs, crashes and losses in each scene
  --seconds 60    how long each may take (with --large 900)
  --mutated       break rules in a copy of src, one at a time: the exploration has to find each, on 16, in its own scene`
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
if (!VERSIONS.includes(Number(values.server))) throw new Error(`--server: use one of ${VERSIONS.join(', ')}`)
const limitMs = Number(values.seconds ?? (values.large ? 900 : 60)) * 1000

/** @returns whether the model found each of them */
async function exploreAllMutated(): Promise<boolean> {
  let areFound = true
  for (const mutated of chosenOf(MUTATED, ({ scene }) => scene)) {
    const text = await exploreMutated(mutated)
    const isFound = mutated.finds.test(text)
    console.log(isFound ? 'found' : `MISSED (${text})`, mutated.what)
    areFound &&= isFound
  }
  return areFound
}

/** @returns whether nothing was wrong, and each was gone through to its end */
async function exploreScenes(): Promise<boolean> {
  let areSound = true
  for (const [name, make] of chosenOf(Object.entries(SCENES), ([scene]) => scene)) {
    const started = Date.now()
    const { worlds, servers, executions, wrong, way, isCut } = await explore(
      await make(Number(values.server), values.large),
      limitMs,
    )
    const seconds = ((Date.now() - started) / 1000).toFixed(1)
    const seen = `${String(worlds)} states (${String(servers)} servers) in ${String(executions)} ways, ${seconds} s`
    console.log(`${name}: ${seen}${isCut ? ', and the time was up: NOT TO ITS END' : ''}`)
    if (wrong.length > 0) console.log(`  ${way.join('\n  ')}\n${wrong.join('\n')}`)
    areSound &&= wrong.length === 0 && !isCut
  }
  return areSound
}

/** Those of `--scene`, or all. @throws Error where there is none of that name */
function chosenOf<T>(items: readonly T[], sceneOf: (item: T) => string): readonly T[] {
  const chosen = items.filter((item) => values.scene === undefined || sceneOf(item) === values.scene)
  if (chosen.length === 0) throw new Error(`--scene: use one of ${Object.keys(SCENES).join('; ')}`)
  return chosen
}

process.exitCode = (await (values.mutated ? exploreAllMutated() : exploreScenes())) ? 0 : 1
