/**
 * `npm run bench`: this module, its bundle alone, hand-written SQL, the `postgresql` provider and the Python script do the same
 * work on servers of the same kind, one after the other, in one run. Writes results/bench.json, results/bench.md and results/bench.svg.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { POSTGRES_VERSIONS, type PostgresVersion } from '../support/postgres.ts'
import { prepareTerraform, type Terraform } from '../support/terraform.ts'
import { aimsOf } from './aims.ts'
import { type Bed, makeBed } from './bed.ts'
import { bundleRunner } from './candidates/bundle.ts'
import { plainSqlRunner } from './candidates/plain-sql.ts'
import { providerRunner } from './candidates/provider.ts'
import { pythonRunner } from './candidates/python.ts'
import { terraformRunner } from './candidates/terraform.ts'
import { chartOf } from './chart.ts'
import { type Growth, measureGrowth } from './growth.ts'
import { measure, type Runner, type Sample, WORKS } from './measure.ts'
import { bareRunner } from './plans.ts'
import { startUp } from './start-up.ts'
import { BARE, BARE_REMOTE, OURS, PLAIN_SQL, PROVIDER, PYTHON, REMOTE, rowsOf, SCRIPT, tableOf } from './table.ts'

const HELP = `npm run bench -- [options]
  --applications 20,30,100,1000  how many (default 20,30,100,1000); empty: only start and growth
  --round-trip 0,10              milliseconds added to each round trip to the server (default 0,10), up to 100 applications
  --growth 100,1000,5000         logins, 50 a database, for the script alone (default 100,1000,5000); empty: left out
  --repeat 3                     runs of each, of which the median counts; 1,000 applications and more run once, and so does
                                 the provider from 100 on, from 20 on with a round trip
  --postgres 15                  major version of the server
  --provider FILE                terraform-provider-postgresql (cyrilgdn/postgresql); without it, it is left out
  --provider-limit 100           the most applications that the provider is measured with, a fifth of it with a round trip
  --python-script FILE           rds_provision.py, which this project replaces; without it, it is left out
  --only NAME                    candidates whose name contains this; may be repeated
  --output FOLDER                where the results go (default test/bench/results)
`

const { values: options } = parseArgs({
  options: {
    applications: { type: 'string', default: '20,30,100,1000' },
    'round-trip': { type: 'string', default: '0,10' },
    growth: { type: 'string', default: '100,1000,5000' },
    repeat: { type: 'string', default: '3' },
    postgres: { type: 'string', default: '15' },
    provider: { type: 'string' },
    'provider-limit': { type: 'string', default: '100' },
    'python-script': { type: 'string' },
    only: { type: 'string', multiple: true, default: [''] },
    output: { type: 'string', default: fileURLToPath(new URL('results/', import.meta.url)) },
    help: { type: 'boolean', default: false },
  },
})

/** More applications tell nothing new of what a round trip costs. */
const FAR_LIMIT = 100

interface Candidate {
  readonly name: string
  /** The most applications that it is measured with. */
  readonly limit: number
  /** From so many on it runs once. */
  readonly onceFrom: number
  start(bed: Bed): Promise<Runner>
}

function candidatesOf(terraform: Terraform, roundTripMs: number): Candidate[] {
  const { program } = terraform
  const { provider, 'python-script': script } = options
  const providerLimit = Number(options['provider-limit']) / (roundTripMs > 0 ? 5 : 1)
  const all: Candidate[] = [
    { name: OURS, limit: Infinity, onceFrom: 1000, start: (bed) => terraformRunner(bed, 'local') },
    { name: REMOTE, limit: Infinity, onceFrom: 1000, start: (bed) => terraformRunner(bed, 'http') },
    { name: SCRIPT, limit: Infinity, onceFrom: 1000, start: (bed) => bundleRunner(bed) },
    { name: PLAIN_SQL, limit: Infinity, onceFrom: 1000, start: (bed) => plainSqlRunner(bed, 4) },
    { name: BARE, limit: Infinity, onceFrom: 1000, start: (bed) => bareRunner(bed, terraform, 'local') },
    { name: BARE_REMOTE, limit: Infinity, onceFrom: 1000, start: (bed) => bareRunner(bed, terraform, 'http') },
    ...(provider === undefined
      ? []
      : [
          {
            name: PROVIDER,
            limit: providerLimit,
            onceFrom: roundTripMs > 0 ? 20 : 100,
            start: (bed: Bed) => providerRunner(bed, program, provider),
          },
        ]),
    ...(script === undefined
      ? []
      : [{ name: PYTHON, limit: 100, onceFrom: 1000, start: (bed: Bed) => pythonRunner(bed, script) }]),
  ]
  const chosen = all.filter(({ name }) => options.only.some((part) => name.includes(part)))
  if (chosen.length === 0) throw new Error(`--only: use a part of ${all.map(({ name }) => name).join('; ')}`)
  return chosen
}

function numbers(list: string): number[] {
  if (list === '') return []
  const found = list.split(',').map(Number)
  if (!found.every((number) => Number.isInteger(number) && number >= 0)) throw new Error(`${list}: use whole numbers`)
  return found
}

function version(): PostgresVersion {
  const found = POSTGRES_VERSIONS.find((item) => String(item) === options.postgres)
  if (found === undefined) throw new Error(`--postgres: ${options.postgres} is none of ${POSTGRES_VERSIONS.join(', ')}`)
  return found
}

async function run(candidate: Candidate, applications: number, roundTripMs: number): Promise<Sample[]> {
  const bed = await makeBed(version(), applications, roundTripMs)
  const runner = await candidate.start(bed)
  const samples: Sample[] = []
  try {
    for (const work of WORKS) {
      const act = runner.works[work]
      if (act === undefined) continue
      const sample = await measure({ candidate: candidate.name, work, applications, roundTripMs }, bed.proxy, act)
      samples.push(sample)
      console.log(
        `${String(applications).padStart(5)} ${String(roundTripMs).padStart(3)} ms  ${candidate.name.padEnd(31)} ${work.padEnd(8)} ${sample.seconds.toFixed(2).padStart(8)} s  ${shareOf(sample)}load ${loadavg()[0]?.toFixed(1) ?? ''}`,
      )
    }
    return samples
  } finally {
    await runner.remove()
    await bed.stop()
  }
}

function shareOf({ terraformSeconds }: Sample): string {
  return terraformSeconds === null ? '' : `of it Terraform ${terraformSeconds.toFixed(2)} s  `
}

async function main(): Promise<void> {
  const terraform = await prepareTerraform()
  const samples: Sample[] = []
  const started = { at: new Date().toISOString(), load: loadavg() }
  for (const roundTripMs of numbers(options['round-trip'])) {
    for (const applications of numbers(options.applications)) {
      if (roundTripMs > 0 && applications > FAR_LIMIT) continue
      // One after the other in turns, so that a machine that gets busy meanwhile does not strike one of them alone.
      for (let time = 0; time < Number(options.repeat); time += 1) {
        for (const candidate of candidatesOf(terraform, roundTripMs)) {
          if (applications <= candidate.limit && (time === 0 || applications < candidate.onceFrom))
            samples.push(...(await run(candidate, applications, roundTripMs)))
        }
      }
    }
  }
  const bed = await makeBed(version(), 1, 0)
  const start = await startUp(bed).finally(() => bed.stop())
  const growth = await measureGrowth(version(), numbers(options.growth))
  const ended = loadavg()
  await write({ ...started, ended, machine: machine(terraform), start, growth, samples })
}

interface Results {
  readonly at: string
  /** Load averages at the start. */
  readonly load: readonly number[]
  /** And at the end. */
  readonly ended: readonly number[]
  readonly machine: Readonly<Record<string, string>>
  readonly start: Awaited<ReturnType<typeof startUp>>
  readonly growth: readonly Growth[]
  readonly samples: readonly Sample[]
}

function machine({ program }: Terraform): Record<string, string> {
  const all = cpus()
  return {
    processor: `${all.length} × ${all[0]?.model ?? 'unknown'}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    node: process.version,
    terraform: `${program.command} ${program.version}`,
    postgres: `${options.postgres}, fsync on, TLS, on the same machine`,
  }
}

async function write(results: Results): Promise<void> {
  const rows = rowsOf(results.samples)
  const about = [
    ...Object.entries(results.machine).map(([key, value]) => `${key}: ${value}`),
    `load at the start: ${results.load.map((value) => value.toFixed(1)).join(', ')}`,
    `at the end: ${results.ended.map((value) => value.toFixed(1)).join(', ')}`,
  ]
  const text = `${aimsOf(rows, results)}\n\n${tableOf(rows)}\n\n${about.join('; ')}. ${results.at}\n`
  await mkdir(options.output, { recursive: true })
  await writeFile(join(options.output, 'bench.json'), `${JSON.stringify({ ...results, rows }, null, 1)}\n`)
  await writeFile(join(options.output, 'bench.md'), text)
  const sizes = numbers(options.applications)
  const size = sizes.includes(100) ? 100 : Math.max(...sizes)
  const [roundTripMs = 0] = numbers(options['round-trip'])
  const charted = rows.filter((row) => row.applications === size && row.roundTripMs === roundTripMs)
  if (charted.length > 0)
    await writeFile(join(options.output, 'bench.svg'), chartOf(charted, `${size} applications, seconds (logarithmic)`))
  console.log(`\n${text}`)
}

if (options.help) console.log(HELP)
else await main()
