/**
 * The guides' screens are what the program prints: one story on a real server, each command run as a process. With
 * RDS_PROVISION_SCREENS=write they are written there, and the picture of the page is taken (needs Chromium).
 */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { execa } from 'execa'
import { writeGovernance } from '../../../src/audit/governance/write.ts'
import { bedFor, type Entry, type Stack } from '../../support/provision.ts'
import { PICTURE, screenIn, takePicture, withScreen } from '../../support/screens.ts'

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))
const DOCS = new URL('../../../terraform-module/docs/', import.meta.url)
const AUDIT_AND_REPORTS = new URL('audit-and-reports.md', DOCS)
const PIPELINES = new URL('pipelines.md', DOCS)
const isWriting = process.env['RDS_PROVISION_SCREENS'] === 'write'

const bed = bedFor(16)
const NAMES = {
  environment: 'dev',
  cluster_name: 'orders-dev',
  stack: 'orders-dev/dev',
  secret_prefix: 'platform',
  max_connections: 1,
}
const READER = { database_name: 'analytics_dev_db', username: 'analytics_dev_reader' }
const METABASE = { database_name: 'analytics_dev_db', access_level: 'reader' }
const APPLICATIONS: Readonly<Record<string, Entry>> = {
  analytics: {},
  analytics_reader: { ...READER, access_level: 'reader' },
  keycloak: {},
}

let stack: Stack
let folder = ''

/** One run of the story's past, on a day of 2026. */
async function runOn(day: string, build: string, applications: Readonly<Record<string, Entry>>): Promise<void> {
  stack.applications = applications
  stack.variables = { ...stack.variables, build_id: build, governance_dir: join(folder, 'audit') }
  const noon = `2026-${day}T12:00:00.000Z`
  const { audit, matrix } = await stack.apply({ now: () => new Date(noon) })
  const document = { ...audit, run: { ...audit.run, started_at: noon, finished_at: noon } }
  const { problem } = await writeGovernance({ dir: join(folder, 'audit'), document, matrix })
  if (problem !== null) throw new Error(problem.message)
}

/** What a command prints, in a folder with the declaration and the governance files. */
async function run(...args: readonly string[]): Promise<string> {
  const { governance_dir: _, ...input } = stack.input()
  await writeFile(
    join(folder, 'declaration.json'),
    JSON.stringify({
      ...input,
      instance: { host: bed().server.host, port: bed().server.port, identifier: 'orders-dev' },
    }),
  )
  const env = { ...bed().aws.env, PATH: process.env['PATH'] ?? '', RDS_PROVISION_RUN_ID: 'run-8' }
  const { exitCode, all } = await execa(process.execPath, [`--import=${import.meta.resolve('tsx')}`, MAIN, ...args], {
    env,
    extendEnv: false,
    reject: false,
    cwd: folder,
    all: true,
  })
  return `$ rds-provision ${args.join(' ')}\n${alike(all)}\n$ echo $?\n${String(exitCode)}\n`
}

/** What differs from run to run. */
function alike(text: string): string {
  return text
    .replaceAll(`:${String(bed().server.port)}`, ':5432')
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '…')
    .replaceAll(/\bmade \d{4}-\d\d-\d\dT[\d:]+Z/g, 'made 2026-11-24T10:00:00Z')
    .replaceAll(/ in \d+\.\d s /g, ' in 0.4 s ')
}

test.serial.before('the story so far', async () => {
  folder = await mkdtemp(join(tmpdir(), 'rds-provision-screens-'))
  stack = bed().declare(
    {},
    { ...NAMES, instance: { host: bed().server.host, port: bed().server.port, identifier: 'orders-dev' } },
  )
  await runOn('09-05', '100', APPLICATIONS)
  await runOn('10-20', '200', { ...APPLICATIONS, analytics_reader: { ...READER, access_level: 'editor' } })
  await runOn('10-21', '201', { ...APPLICATIONS, keycloak: { settings: { log_statement: 'all' } } })
  await runOn('11-02', '300', APPLICATIONS)
  await runOn('11-02', '301', APPLICATIONS)
  await stack.sql('keycloak', `ALTER ROLE keycloak_dev_user IN DATABASE keycloak_dev_db SET work_mem = '64MB'`)
  stack.applications = { ...APPLICATIONS, metabase: METABASE, keycloak: { settings: { statement_timeout: '30s' } } }
  stack.setPassword('metabase', 'x')
  stack.variables = { ...stack.variables, build_id: '400' }
})

async function screen(
  name: string,
  ...args: readonly string[]
): Promise<{ readonly printed: string; readonly stated: string }> {
  const printed = await run(...args)
  const page = name === 'report' ? AUDIT_AND_REPORTS : PIPELINES
  if (isWriting) await writeFile(page, withScreen(await readFile(page, 'utf8'), name, printed))
  return { printed, stated: screenIn(await readFile(page, 'utf8'), name) }
}

const SCREENS: readonly (readonly [string, ...string[]])[] = [
  ['plan', 'plan', '--input', 'declaration.json', '--detailed-exitcode'],
  ['apply', 'apply', '--input', 'declaration.json'],
  [
    'report',
    'report',
    '--governance-dir',
    'audit',
    '--application',
    'analytics',
    '--section',
    'access-history',
    '--since',
    '2026-10',
    '--until',
    '2026-10',
  ],
]
for (const [name, ...args] of SCREENS) {
  test.serial(`${name}: the guide shows what is printed`, async (t) => {
    const { printed, stated } = await screen(name, ...args)
    t.is(stated, printed)
  })
}

test.serial('blocked: the guide shows what is printed', async (t) => {
  await bed().server.sql('CREATE ROLE legacy_dev_user LOGIN')
  stack.setPassword('legacy', 'x')
  stack.applications = { ...stack.applications, legacy: {}, keycloak: { settings: { statement_timout: '30s' } } }
  const { printed, stated } = await screen('blocked', 'apply', '--input', 'declaration.json')
  t.is(stated, printed)
})

test.serial('the page of the picture holds what the picture shows', async (t) => {
  stack.applications = { ...APPLICATIONS, metabase: METABASE, keycloak: { settings: { statement_timeout: '30s' } } }
  await run(
    'report',
    '--input',
    'declaration.json',
    '--governance-dir',
    'audit',
    '--connect',
    '--section',
    'access-history,runs',
    '--format',
    'html',
    '--output',
    'report.html',
  )
  const page = await readFile(join(folder, 'report.html'), 'utf8')
  for (const section of ['access-history', 'runs']) t.true(page.includes(`<section id="${section}"`))
  if (isWriting) await takePicture(join(folder, 'report.html'))
  const { length } = await readFile(PICTURE)
  t.true(length > 10_000 && length < 150_000, `${String(length)} bytes`)
})
