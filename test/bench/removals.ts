/**
 * `npm run bench:removals`: many databases that leave with a snapshot in one apply, with this module and with the one
 * before part two, in turns on servers of the same kind. Writes results/removals.json.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chooseVersions } from '../support/provision/versions.ts'
import { makeStack, MODULE } from '../support/terraform.ts'
import { FORMER, unpackModule } from '../upgrade/unpack.ts'
import { type Bed, makeBed } from './bed.ts'
import { median } from './measure.ts'

const { values: options } = parseArgs({
  options: {
    applications: { type: 'string', default: '50' },
    repeat: { type: 'string', default: '3' },
    /** Without the former module. */
    'this-only': { type: 'boolean', default: false },
    postgres: { type: 'string', default: '16' },
    /** Seconds until a snapshot is available. */
    snapshot: { type: 'string', default: '10' },
    output: { type: 'string', default: fileURLToPath(new URL('results/', import.meta.url)) },
  },
})

interface Sample {
  readonly module: 'this' | 'former'
  readonly seconds: number
  /** Of Terraform and what it started, the server left out. */
  readonly cpuSeconds: number
  readonly snapshots: number
}

/** Processor time of processes that have ended below this one: proc_pid_stat(5), cutime and cstime, in ticks of 10 ms. */
async function childrenSeconds(): Promise<number> {
  const text = await readFile('/proc/self/stat', 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / 100
}

async function removed(bed: Bed, name: Sample['module'], module: string): Promise<Sample> {
  const { server, aws, logins, variables } = bed
  aws.putInstance('bench')
  aws.snapshotsTake({ milliseconds: Number(options.snapshot) * 1000 })
  const applications = Object.fromEntries(
    logins.map(({ application }) => [application, { cleanup_policy: 'snapshot-and-delete' }]),
  )
  const stack = await makeStack({ server, aws, applications, variables, outputs: [] })
  try {
    stack.variables['source'] = relative(stack.folder, module)
    await stack.applyOk()
    stack.applications = {}
    const [cpu, started] = [await childrenSeconds(), performance.now()]
    await stack.applyOk()
    const seconds = (performance.now() - started) / 1000
    const left = await server.sql(`SELECT FROM pg_roles WHERE rolname LIKE 'app%'`)
    if (left.length > 0) throw new Error(`${name}: ${String(left.length)} logins are still there`)
    return { module: name, seconds, cpuSeconds: (await childrenSeconds()) - cpu, snapshots: aws.snapshots.length }
  } finally {
    await stack.remove()
  }
}

const folder = await mkdtemp(join(tmpdir(), 'rds-provision-bench-removals-'))
try {
  const [version = 16] = chooseVersions(options.postgres)
  const modules = new Map<Sample['module'], string>([
    ['this', MODULE],
    ...(options['this-only'] ? [] : [['former', await unpackModule(FORMER, folder)] as const]),
  ])
  const samples: Sample[] = []
  for (let time = 0; time < Number(options.repeat); time += 1)
    for (const [name, module] of modules) {
      const bed = await makeBed(version, Number(options.applications), 0)
      try {
        const sample = await removed(bed, name, module)
        samples.push(sample)
        const load = loadavg()[0]?.toFixed(1) ?? ''
        console.log(
          `${name} ${sample.seconds.toFixed(1)} s, ${sample.cpuSeconds.toFixed(1)} s of processor, ${String(sample.snapshots)} snapshot(s), load ${load}`,
        )
      } finally {
        await bed.stop()
      }
    }
  const of = (name: Sample['module'], key: 'seconds' | 'cpuSeconds'): number =>
    median(samples.filter(({ module }) => module === name).map((sample) => sample[key]))
  const ratio = (key: 'seconds' | 'cpuSeconds'): string => (of('this', key) / of('former', key)).toFixed(2)
  if (!options['this-only'])
    console.log(
      `${options.applications} removals: ${ratio('seconds')} of the former's seconds, ${ratio('cpuSeconds')} of its processor time`,
    )
  await mkdir(options.output, { recursive: true })
  await writeFile(
    join(options.output, 'removals.json'),
    `${JSON.stringify({ at: new Date(), ...options, samples }, null, 1)}\n`,
  )
} finally {
  await rm(folder, { recursive: true, force: true })
}
