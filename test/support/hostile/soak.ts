/** Runs one after another while three logins do all at once, for as long as is asked: nothing fails, hangs or grows. */
import { performance } from 'node:perf_hooks'
import { type Bed, type Entry, type Outcome, type Stack } from '../provision.ts'
import { Field } from './field.ts'
import { OTHERS, othersDone, othersWith } from './others.ts'

/** The three: a login, an owner that may make databases, a guest of that owner that writes. */
const CAST = {
  plain: {},
  own: { can_create_databases: true, schemas: ['public', 'app'] },
  ed: { access_level: 'editor' },
} as const

/** Each is a run of its own, in this order, again and again. */
const KINDS = ['changes', 'no change', 'a guest comes', 'a guest goes'] as const
export type Kind = (typeof KINDS)[number]

export interface SoakRun {
  readonly kind: Kind
  readonly ms: number
  /** Resident memory of the process after the run, in MiB. */
  readonly rss: number
  /** What was wrong for others, in words; empty: nothing. */
  readonly faults: readonly string[]
  /** Applications of the three that the run left as they are. */
  readonly left: number
}

/** The first runs load what later ones use. */
const WARM_UP = 3

export async function soak(bed: Bed, seconds: number): Promise<readonly SoakRun[]> {
  bed.aws.putInstance('db-1')
  const stack = bed.declare({}, { stack: 'soak', secret_prefix: 'soak', lock_timeout: 30 })
  const field = new Field(bed, stack, 'foe', { name: '', cast: CAST, begin: () => {} })
  stack.applications = { ...othersWith(0), ...field.entries }
  await stack.applyOk()
  await field.as('own', 'CREATE TABLE app.t (x int)')
  await stack.applyOk()
  attackOnAllSides(field)
  const runs: SoakRun[] = []
  try {
    for (const end = performance.now() + seconds * 1000; performance.now() < end || runs.length < KINDS.length;)
      runs.push(await oneRun(bed, stack, field, runs.length))
  } finally {
    await field.over()
  }
  // When it is over, the next run does it all.
  stack.applications = { ...othersWith(runs.length), ...field.entries }
  await stack.applyOk()
  return runs
}

async function oneRun(bed: Bed, stack: Stack, field: Field, number: number): Promise<SoakRun> {
  const kind = KINDS[number % KINDS.length] ?? 'changes'
  const round = Math.floor(number / KINDS.length) * KINDS.length
  const guest = { soak_guest: { database_name: 'other1_dev_db', access_level: 'reader', cleanup_policy: 'delete' } }
  const foes = kind === 'no change' ? field.entries : field.with({ plain: { connection_limit: 20 + (number % 30) } })
  const guests: Record<string, Entry> = kind === 'a guest comes' ? guest : {}
  const started = performance.now()
  const faults: string[] = []
  if (kind === 'a guest goes') {
    stack.applications = { ...othersWith(round), ...field.entries, ...guest }
    const removal = await stack.destroy('soak_guest')
    if (removal.audit.run.exit_code !== 0) faults.push(`the guest stays: ${String(removal.audit.run.error)}`)
  }
  stack.applications = { ...othersWith(round), ...foes, ...guests }
  const outcome = await stack.apply()
  const ms = performance.now() - started
  faults.push(...(await faultsOf(bed, outcome, round, kind)))
  const { blocked = [], failed = [], not_begun: notBegun = [] } = outcome.audit.run.applications ?? {}
  const left = [...blocked, ...failed, ...notBegun]
  faults.push(
    ...left
      .filter((name) => !name.startsWith(field.id))
      .map((name) => `${name} is not done: ${String(outcome.audit.run.error)}`),
  )
  return { kind, ms, rss: process.memoryUsage().rss / 2 ** 20, faults, left: left.length }
}

async function faultsOf({ server }: Bed, { audit }: Outcome, round: number, kind: Kind): Promise<string[]> {
  if ((audit.run.applications ?? null) === null) return [`the run stopped for all: ${String(audit.run.error)}`]
  const done = await othersDone(server, round)
  const guests = await server.sql(`SELECT FROM pg_roles WHERE rolname = 'soak_guest_dev_user'`)
  return [
    ...OTHERS.filter((name) => !done.includes(name)).map((name) => `${name} is not as declared`),
    ...(guests.length > 0 === (kind === 'a guest comes') ? [] : ['the guest is not as declared']),
  ]
}

function attackOnAllSides(field: Field): void {
  const key = '8242267087886938998'
  const ends = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user
    AND pid <> pg_backend_pid() AND application_name LIKE 'rds-provision%'`
  field.loop('plain', [ends], { database: 'postgres' })
  field.loop('plain', [`SELECT pg_advisory_lock_shared(${key})`], { database: 'postgres', sessions: 2 })
  field.loop('plain', [
    'BEGIN; ALTER ROLE CURRENT_USER SET work_mem = 100; ALTER ROLE CURRENT_USER CONNECTION LIMIT 5',
    'SELECT pg_sleep(0.5)',
    'ROLLBACK',
  ])
  field.loop('plain', [
    `BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'hunter2'`,
    'SELECT pg_sleep(1)',
    'ROLLBACK',
    'SELECT pg_sleep(1)',
  ])
  field.loop('plain', ['SELECT lo_unlink(lo_create(0))'], { database: 'template1', renew: true })
  field.loop(
    'own',
    [`CREATE DATABASE foe_x TEMPLATE template0`, 'SELECT pg_sleep(1)', 'DROP DATABASE foe_x', 'SELECT pg_sleep(1)'],
    { database: 'postgres' },
  )
  field.loop(
    'own',
    [
      `ALTER DATABASE ${field.database} ALLOW_CONNECTIONS false`,
      'SELECT pg_sleep(2)',
      `ALTER DATABASE ${field.database} ALLOW_CONNECTIONS true`,
    ],
    { database: 'postgres' },
  )
  field.loop('own', [
    `BEGIN; GRANT ALL ON DATABASE ${field.database} TO PUBLIC; GRANT ALL ON SCHEMA app TO PUBLIC`,
    'SELECT pg_sleep(0.2)',
    'COMMIT',
  ])
  field.loop('own', ['CREATE TABLE app.x (x int)', 'DROP TABLE app.x'])
  field.loop('ed', ['BEGIN; LOCK TABLE app.t', 'SELECT pg_sleep(1)', 'ROLLBACK'])
  field.loop('ed', [ends], { sessions: 2 })
  field.loop('ed', ['SELECT 1'], { database: 'postgres', sessions: 2, renew: true })
}

export interface Memory {
  readonly first: number
  readonly last: number
}

/** Medians of the first and the last third, in MiB, without the runs that load what later ones use. */
export function memoryOf(runs: readonly SoakRun[]): Memory {
  const sizes = runs.slice(WARM_UP).map(({ rss }) => rss)
  const third = Math.max(1, Math.floor(sizes.length / 3))
  return { first: median(sizes.slice(0, third)), last: median(sizes.slice(-third)) }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
