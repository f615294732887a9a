/** All that may happen in a scene: the first choice is followed to its end, the others wait in the order they came; two worlds that go on alike are looked at once. */
import { startKey } from './keys.ts'
import { checkRecovery } from './recover.ts'
import type { Choice, Scene } from './scene.ts'
import { World } from './world.ts'

export interface Explored {
  /** Worlds that differ. */
  readonly worlds: number
  /** Servers that differ, each of which runs had to get out of. */
  readonly servers: number
  /** Ways that were gone, each from the scene's beginning. */
  readonly executions: number
  /** What does not hold, with the way there; the first one ends the exploration. */
  readonly wrong: readonly string[]
  readonly way: readonly string[]
  /** The time was up before all was seen. */
  readonly isCut: boolean
}

/** @param limitMs no new way is begun after that */
export async function explore(scene: Scene, limitMs: number): Promise<Explored> {
  const started = Date.now()
  const worlds = new Set<string>()
  const servers = new Set<string>()
  const queue: (readonly Choice[])[] = [[]]
  let executions = 0
  const found = (wrong: readonly string[], way: readonly Choice[], isCut = false): Explored => {
    const words = way.map((choice) => wordsOf(scene, choice))
    return { worlds: worlds.size, servers: servers.size, executions, wrong, way: words, isCut }
  }
  for (let way = queue.shift(); way !== undefined; way = queue.shift()) {
    if (Date.now() - started > limitMs) return found([], [], true)
    executions += 1
    const world = new World(scene)
    const done: Choice[] = []
    // What leads there was looked at; from then on the first choice is gone on with, and the others are for later.
    for (const choice of way) {
      const wrong = await world.take(choice)
      done.push(choice)
      if (done.length === way.length && wrong.length > 0) return found(wrong, done)
    }
    for (;;) {
      const key = world.key()
      if (worlds.has(key)) break
      worlds.add(key)
      const start = world.asStart()
      const server = `${startKey(start)} ${world.hand?.name ?? ''}`
      if (!servers.has(server)) {
        servers.add(server)
        const wrong = await checkRecovery(start, scene, world.hand)
        if (wrong.length > 0) return found(wrong, done)
      }
      const [first, ...others] = world.choices()
      queue.push(...others.map((choice) => [...done, choice]))
      if (first === undefined) break
      const wrong = await world.take(first)
      done.push(first)
      if (wrong.length > 0) return found(wrong, done)
    }
    world.end()
  }
  return found([], [])
}

function wordsOf({ specs, hands }: Scene, choice: Choice): string {
  if (choice.kind === 'hand') return `by hand: ${hands[choice.what]?.name ?? ''}`
  return `${choice.kind} ${specs[choice.who]?.name ?? ''}`
}
