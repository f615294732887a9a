/** `npm run test:walk -- --seed N --walks N --server 16`: random walks on the model, the first that fails shrunk. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import * as fc from 'fast-check'
import { VERSIONS } from '../server-model/names.ts'
import { FOUND } from './found.ts'
import { type Walk, walks } from './generate.ts'
import { plantFaults } from './plant.ts'
import { walkOn } from './walk.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    walks: { type: 'string', default: '1000' },
    server: { type: 'string', default: '16' },
    // So many processes share the walks, each with the next seed.
    jobs: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
    first: { type: 'boolean', default: false },
    faults: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
})
const USAGE = `npm run test:walk -- [options]
  --walks 1000    how many
  --seed N        the same walks again; by default random ones
  --server 16     major version of the server that the model is of
  --jobs 1        processes that share them, each with the next seed
  --all           go on where one fails, and count what is wrong
  --first         end with the first that fails, and do not make it small
  --faults        plant faults in a copy of src, one at a time: walks have to find each
  --only TEXT     of these, only those that are called so, in part`
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
/** A run that is not done by then has failed. */
const LIMIT_MS = 1_800_000

const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const [count, version, jobs] = [Number(values.walks), Number(values.server), Number(values.jobs)]
for (const [name, value] of Object.entries({ seed, walks: count, server: version, jobs }))
  if (!Number.isSafeInteger(value) || value < (name === 'seed' ? 0 : 1))
    throw new Error(`--${name}: use a whole number`)
if (!VERSIONS.includes(version)) throw new Error(`--server: use one of ${VERSIONS.join(', ')}`)
const started = Date.now()
const endings = new Map<string, number>()

async function walk(item: Walk): Promise<readonly string[]> {
  const { kind, codes, wrong } = await walkOn(item)
  for (const word of [kind, ...new Set(codes)]) endings.set(word, (endings.get(word) ?? 0) + 1)
  return wrong
}

/** The first that fails, as small as it can be; prints it as `found.ts` takes it. @returns whether all went well */
async function walkAll(): Promise<boolean> {
  for (const [name, known] of Object.entries(FOUND)) {
    const wrong = await walk(known(version))
    if (wrong.length > 0) console.log(`Error: ${name}: ${wrong.join('; ')}`)
    if (wrong.length > 0) return false
  }
  const property = fc.asyncProperty(walks(version), async (item) => {
    const wrong = await walk(item)
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  })
  const { failed, counterexample, errorInstance, numRuns } = await fc.check(property, {
    seed,
    numRuns: count,
    endOnFailure: values.first,
    interruptAfterTimeLimit: LIMIT_MS,
    markInterruptAsFailure: true,
  })
  if (!failed) return true
  if (counterexample === null) {
    console.log(`Error: the time was up after ${String(numRuns)} of ${String(count)} walks, which were clean`)
    return false
  }
  const { version: _, ...rest } = counterexample[0]
  console.log(String(errorInstance))
  console.log(`'…': (version) => ({ version, ...${JSON.stringify(rest, null, 1)} }),`)
  console.log(
    `npm run test:walk -- --seed ${String(seed)} --walks ${String(count)} --server ${String(version)}  # after ${String(numRuns)} walks`,
  )
  return false
}

const NAMES = /\b(?:alpha|beta|gamma|delta)\b|_dev_\w+/g

/**
 * `--all`: goes on, and counts what is wrong by its words without names; each kind is told at once, with its first walk.
 * SIGINT, and the time that is up, end it. @returns whether all were walked, and went well
 */
async function countAll(): Promise<boolean> {
  const kinds = new Map<string, number>()
  const ending = { isAsked: false }
  process.once('SIGINT', () => (ending.isAsked = true))
  let walked = 0
  for (const item of fc.sample(walks(version), { seed, numRuns: count })) {
    if (ending.isAsked || Date.now() - started > LIMIT_MS) break
    const wrong = await walk(item)
    walked += 1
    for (const line of new Set(wrong.map((text) => text.replaceAll(NAMES, '…').slice(0, 400)))) {
      if (!kinds.has(line)) console.log(`Error: ${line}\n  ${JSON.stringify(item)}`)
      kinds.set(line, (kinds.get(line) ?? 0) + 1)
    }
  }
  for (const [line, times] of [...kinds].sort(([, a], [, b]) => b - a)) console.log(`${String(times)} ${line}`)
  if (walked < count) console.log(`Error: ended after ${String(walked)} of ${String(count)} walks`)
  return kinds.size === 0 && walked === count
}

/** @returns whether all of them went well */
async function share(): Promise<boolean> {
  const child = (index: number): Promise<boolean> => {
    const args = ['--seed', String(seed + index), '--walks', String(Math.ceil(count / jobs)), '--server', values.server]
    const more = values.all ? ['--all'] : []
    const main = fileURLToPath(import.meta.url)
    const run = spawn(process.execPath, [...process.execArgv, main, ...args, ...more], { stdio: 'inherit' })
    return new Promise((resolve) => run.on('close', (code) => resolve(code === 0)))
  }
  return (await Promise.all(Array.from({ length: jobs }, (_, index) => child(index)))).every(Boolean)
}

async function main(): Promise<boolean> {
  const args = ['--seed', String(seed), '--walks', values.walks, '--server', values.server]
  if (values.faults) return plantFaults(args, values.only) === 0
  if (jobs > 1) return share()
  return values.all ? countAll() : walkAll()
}

console.log(`seed ${String(seed)}, ${values.walks} walks, server ${values.server}`)
process.exitCode = (await main()) ? 0 : 1
const seconds = (Date.now() - started) / 1000
console.log(`${String(seconds)} s`, Object.fromEntries([...endings].sort(([, a], [, b]) => b - a)))
