/** How long the bundle takes to say anything: `--version`, `--help`, and the first byte that reaches the database server. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import { execa } from 'execa'
import * as v from 'valibot'
import type { Bed } from './bed.ts'
import { BUNDLE, inputOf } from './candidates/bundle.ts'
import { median } from './measure.ts'

export interface StartUp {
  /** Medians, in seconds. */
  readonly node: number
  readonly version: number
  readonly help: number
  readonly firstByte: number
}

const TIMES = 15

export async function startUp(bed: Bed): Promise<StartUp> {
  const times = { node: [] as number[], version: [] as number[], help: [] as number[], firstByte: [] as number[] }
  for (let time = 0; time < TIMES; time += 1) {
    times.node.push(await secondsOf(() => execa(process.execPath, ['-e', '0'])))
    times.version.push(await secondsOf(() => execa(process.execPath, [BUNDLE, '--version'])))
    times.help.push(await secondsOf(() => execa(process.execPath, [BUNDLE, '--help'])))
    times.firstByte.push(await firstByte(bed))
  }
  const [node, version] = [median(times.node), median(times.version)]
  return { node, version, help: median(times.help), firstByte: median(times.firstByte) }
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

/** A server that takes the first bytes and says nothing; the run is ended then. */
async function firstByte(bed: Bed): Promise<number> {
  const listener = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => {
      listener.emit('bytes', performance.now())
    })
  }).listen(0, 'localhost')
  await once(listener, 'listening')
  const address = listener.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const input = inputOf({ ...bed, variables: { ...bed.variables, connect_through: { host: 'localhost', port } } })
  const started = performance.now()
  const run = execa(process.execPath, [BUNDLE, 'plan'], {
    env: { ...bed.aws.env, RDS_PROVISION_INPUT: input },
    reject: false,
  })
  const [arrived] = v.parse(v.tuple([v.number()]), await once(listener, 'bytes'))
  const seconds = (arrived - started) / 1000
  run.kill('SIGKILL')
  await run
  listener.close()
  return seconds
}
