/**
 * `npm run bench:tables`: the bundle on databases with many tables: a reader comes, is raised, lowered and goes, and nothing to do.
 * Writes results/tables.json. https://www.postgresql.org/docs/current/runtime-config-locks.html
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startAws } from '../support/aws.ts'
import { startServer } from '../support/postgres.ts'
import type { Entry } from '../support/provision.ts'
import { ADMIN_SECRET, Stack } from '../support/provision/stack.ts'
import { chooseVersions } from '../support/provision/versions.ts'
import { makeTables } from '../support/tables.ts'
import { REPORT, usageIn } from './candidates/bundle.ts'
import type { Usage } from './measure.ts'

const { values: options } = parseArgs({
  options: {
    tables: { type: 'string', default: '1000,5000,20000' },
    postgres: { type: 'string', default: '14,16,18' },
    /** So many readers on 1,000 tables; 0: left out. */
    readers: { type: 'string', default: '500' },
    output: { type: 'string', default: fileURLToPath(new URL('results/', import.meta.url)) },
  },
})

interface Sample extends Usage {
  readonly postgres: number
  readonly tables: number
  readonly readers: number
  readonly work: string
  readonly seconds: number
}

const samples: Sample[] = []

async function measured(
  stack: Stack,
  about: Pick<Sample, 'postgres' | 'tables' | 'readers' | 'work'>,
  args: string[],
): Promise<void> {
  const started = performance.now()
  const audit = join(tmpdir(), `rds-provision-tables-${String(process.pid)}.json`)
  const { code, stderr } = await stack.bundle([...args, '--audit-file', audit], { NODE_OPTIONS: `--import=${REPORT}` })
  if (code !== 0) throw new Error(`exit ${String(code)}: ${stderr}`)
  const sample = { ...about, seconds: (performance.now() - started) / 1000, ...usageIn(stderr) }
  samples.push(sample)
  const { postgres, tables, readers, work, seconds, cpuSeconds, megabytes } = sample
  console.log(
    [
      postgres,
      tables,
      readers,
      work,
      seconds.toFixed(2),
      cpuSeconds.toFixed(2),
      megabytes.toFixed(0),
      loadavg()[0]?.toFixed(0),
    ].join('\t'),
  )
}

const guest = (level: string): Entry => ({
  database_name: 'shop_dev_db',
  access_level: level,
  cleanup_policy: 'delete',
})

type Declare = (applications: Readonly<Record<string, Entry>>, variables: Entry) => Stack

async function withBed(postgres: (typeof versions)[number], use: (declare: Declare) => Promise<void>): Promise<void> {
  const settings = { max_connections: '80', fsync: 'on', shared_buffers: '128MB', log_statement: 'none' }
  const [server, aws] = await Promise.all([startServer({ version: postgres, settings }), startAws()])
  aws.putLogin(ADMIN_SECRET, server.admin.user, server.admin.password)
  const declare: Declare = (applications, variables) => new Stack({ server, aws }, applications, variables)
  await use(declare).finally(() => Promise.all([server.stop(), aws.stop()]))
}

const versions = chooseVersions(options.postgres)
console.log('postgres\ttables\treaders\twork\tseconds\tprocessor\tMB\tload')
for (const postgres of versions) {
  for (const tables of options.tables.split(',').map(Number).filter(Boolean)) {
    await withBed(postgres, async (declare) => {
      const shop: Entry = { schemas: ['app'] }
      const stack = declare({ shop }, { stack: 'tables' })
      await stack.applyOk()
      await makeTables(stack, 'shop', 'app', tables)
      const about = { postgres, tables, readers: 1 }
      stack.applications = { shop, rd: guest('reader') }
      await measured(stack, { ...about, work: 'add' }, ['apply'])
      await measured(stack, { ...about, work: 'again' }, ['apply'])
      stack.applications = { shop, rd: guest('editor') }
      await measured(stack, { ...about, work: 'raise' }, ['apply'])
      stack.applications = { shop, rd: guest('reader') }
      await measured(stack, { ...about, work: 'lower' }, ['apply'])
      await measured(stack, { ...about, work: 'remove' }, ['destroy', '--application', 'rd'])
    })
  }
  const readers = Number(options.readers)
  if (readers > 0)
    await withBed(postgres, async (declare) => {
      const names = Array.from({ length: readers }, (_, index) => `rd${String(index)}`)
      const all = Object.fromEntries(names.map((name) => [name, guest('reader')]))
      const stack = declare({ shop: { schemas: ['app'] }, ...all }, { stack: 'readers', max_connections: 20 })
      await stack.applyOk()
      // Default privileges give them to the readers.
      await makeTables(stack, 'shop', 'app', 1_000)
      await measured(stack, { postgres, tables: 1_000, readers, work: 'again' }, ['apply'])
    })
}
await mkdir(options.output, { recursive: true })
await writeFile(join(options.output, 'tables.json'), `${JSON.stringify(samples, null, 1)}\n`)
