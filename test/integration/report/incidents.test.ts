/** Three incidents, each answered by one command; and what `--verify` finds. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { execa } from 'execa'
import { rowsOf } from '../../support/report-rows.ts'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'
import { writeGovernance } from '../../../src/audit/governance/write.ts'

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))
const bed = bedFor(VERSIONS[1] ?? 16)

let stack: Stack
let folder = ''
let history = ''
let declaration = ''

/** One run on a given day, recorded in the governance folder. */
async function runOn(day: string, build: string): Promise<void> {
  stack.variables = { ...stack.variables, build_id: build }
  const { audit } = await stack.applyOk({ now: () => new Date(`${day}T12:00:00Z`) })
  const { problem } = await writeGovernance({ dir: history, document: audit, matrix: null })
  if (problem !== null) throw new Error(problem.message)
}

async function report(
  ...args: readonly string[]
): Promise<{ code: number; stdout: string; stderr: string; rows: (section: string) => Record<string, unknown>[] }> {
  const {
    exitCode = -1,
    stdout,
    stderr,
  } = await execa(process.execPath, [`--import=${import.meta.resolve('tsx')}`, MAIN, 'report', ...args], {
    env: { ...bed().aws.env, PATH: process.env['PATH'] ?? '' },
    extendEnv: false,
    reject: false,
    cwd: folder,
  })
  return { code: exitCode, stdout, stderr, rows: (section) => rowsOf(stdout, section) }
}

test.serial.before('three builds', async () => {
  folder = await mkdtemp(join(tmpdir(), 'rds-provision-report-'))
  history = join(folder, 'governance')
  declaration = join(folder, 'declaration.json')
  const guest = { database_name: 'analytics_dev_db' }
  stack = bed().declare(
    { analytics: {}, writer: { ...guest, access_level: 'editor' }, viewer: { ...guest, access_level: 'reader' } },
    { stack: 'shop/dev' },
  )
  await runOn('2026-09-05', '100')
  stack.applications = { ...stack.applications, writer: { ...guest, access_level: 'reader' } }
  await runOn('2026-10-20', '200')
  stack.applications = { ...stack.applications, late: { ...guest, access_level: 'editor' } }
  await runOn('2026-11-02', '300')
  await writeFile(declaration, JSON.stringify({ ...stack.input(), governance_dir: history }))
})

test.serial('who could write to analytics in October?', async (t) => {
  const { code, rows } = await report(
    '--governance-dir',
    'governance',
    '--application',
    'analytics',
    '--section',
    'access-history',
    '--since',
    '2026-10',
    '--until',
    '2026-10',
    '--format',
    'json',
  )
  t.is(code, 0)
  const writers = rows('access-history').filter(({ may }) => String(may).includes('write'))
  t.deepEqual(
    writers.map(({ username, since_build, until, until_build }) => [username, since_build, until, until_build]),
    [
      ['analytics_dev_user', '100', null, null],
      ['writer_dev_user', '100', '2026-10-20T12:00:00.000Z', '200'],
    ],
  )
  const readers = rows('access-history').filter(({ may }) => !String(may).includes('write'))
  t.deepEqual(
    readers.map(({ username, since_build, until }) => [username, since_build, until]),
    [
      ['viewer_dev_user', '100', null],
      ['writer_dev_user', '200', null],
    ],
  )
})

test.serial('what did build 300 create?', async (t) => {
  const { code, rows } = await report(
    '--governance-dir',
    'governance',
    '--build-id',
    '300',
    '--section',
    'history',
    '--format',
    'json',
  )
  t.is(code, 0)
  const found = rows('history')
  t.true(found.length > 0)
  t.deepEqual(
    [...new Set(found.map(({ application, build_id }) => `${String(application)} ${String(build_id)}`))],
    ['late 300'],
  )
  t.deepEqual(
    found.filter(({ object }) => object === 'role').map(({ username, status }) => [username, status]),
    [['late_dev_user', 'created']],
  )
})

test.serial('is anything on this instance not ours?', async (t) => {
  await bed().server.sql('CREATE ROLE alice LOGIN CREATEDB')
  await bed().server.sql('CREATE DATABASE alices OWNER alice')
  const { code, rows } = await report('--input', declaration, '--connect', '--section', 'unmanaged', '--format', 'json')
  t.is(code, 0)
  const found = rows('unmanaged').map(({ kind, name, owner, managed_by, remarks }) => [
    kind,
    name,
    owner,
    managed_by,
    remarks,
  ])
  t.deepEqual(
    found.filter(([, name]) => name !== 'dbmaster'),
    [
      ['role', 'alice', null, null, 'CREATEDB'],
      ['database', 'alices', 'alice', null, ''],
    ],
  )
})

test.serial('the server is as declared; what is granted by hand is told', async (t) => {
  await stack.sql(
    'analytics',
    "GRANT CONNECT ON DATABASE analytics_dev_db TO alice; ALTER ROLE analytics_dev_user IN DATABASE analytics_dev_db SET work_mem = '9MB'",
  )
  const { code, rows } = await report('--input', declaration, '--connect', '--format', 'json')
  t.is(code, 0)
  t.deepEqual(
    rows('outside-grants').map(({ database, role, privilege, on }) => [database, role, privilege, on]),
    [['analytics_dev_db', 'alice', 'CONNECT', 'database']],
  )
  t.true(rows('drift').some(({ username, object }) => username === 'analytics_dev_user' && object === 'setting'))
})

test.serial('logins that expire and secrets that are old', async (t) => {
  await bed().server.sql(
    `ALTER ROLE viewer_dev_user VALID UNTIL '${new Date(Date.now() + 5.5 * 86_400_000).toISOString()}'`,
  )
  const { rows } = await report(
    '--input',
    declaration,
    '--connect',
    '--section',
    'expiring,secrets',
    '--secrets-older-than',
    '0',
    '--format',
    'json',
  )
  t.deepEqual(
    rows('expiring').map(({ username, days_left, state }) => [username, days_left, state]),
    [['viewer_dev_user', 5, 'expires']],
  )
  t.deepEqual(
    rows('secrets')
      .map(({ application }) => application)
      .sort(),
    ['(delegated admin)', 'analytics', 'late', 'viewer', 'writer'],
  )
  const later = await report(
    '--input',
    declaration,
    '--connect',
    '--section',
    'expiring,secrets',
    '--expires-within',
    '5',
    '--format',
    'json',
  )
  t.deepEqual([later.rows('expiring'), later.rows('secrets')], [[], []])
})

test.serial('everything is traceable: exit 0; an object that no audit knows: exit 1, named', async (t) => {
  const good = await report('--input', declaration, '--connect', '--verify', '--section', 'traceability')
  t.is(good.code, 0, good.stderr)
  t.regex(good.stdout, /5 of 5 roles and databases of this stack are traceable to a build\./)
  const tag = JSON.stringify({
    ManagedBy: 'platform',
    BuildId: 'by-hand',
    Stack: 'shop/dev',
    Environment: 'dev',
    Application: 'forged',
  })
  await bed().server.sql(`CREATE ROLE forged; COMMENT ON ROLE forged IS '${tag}'`)
  const bad = await report('--input', declaration, '--connect', '--verify', '--format', 'json')
  t.is(bad.code, 1)
  t.deepEqual(
    bad.rows('traceability').map(({ name, build_id }) => [name, build_id]),
    [['forged', 'by-hand']],
  )
  t.regex(bad.stderr, /1 role or database is not traceable to a build\./)
})

test.serial('an edited line and a torn end: named, the rest told, exit 1 under --verify', async (t) => {
  const file = join(history, 'dev', 'rds_provision_audit.jsonl')
  const text = await readFile(file, 'utf8')
  t.is((await report('--governance-dir', 'governance', '--verify')).code, 0)
  await writeFile(file, `${text.replace('"build_id":"100"', '"build_id":"101"')}{"type":"record","at":`)
  const { code, rows } = await report('--governance-dir', 'governance', '--verify', '--format', 'json')
  t.is(code, 1)
  const last = text.split('\n').length
  t.deepEqual(
    rows('problems')
      .filter(({ file: name }) => String(name).endsWith('.jsonl'))
      .map(({ line }) => line),
    [1, last],
  )
  t.deepEqual(
    rows('runs').map(({ build_id }) => build_id),
    ['300', '200', '100'],
  )
  t.is((await report('--governance-dir', 'governance')).code, 0)
  await writeFile(file, text)
})

test.serial(
  'what was removed or moved: file, line and what is wrong, the other runs told, exit 1 under --verify',
  async (t) => {
    const file = join(history, 'dev', 'rds_provision_audit.jsonl')
    const text = await readFile(file, 'utf8')
    const lines = text.trimEnd().split('\n')
    const [first = 0, second = 0] = lines.flatMap((line, index) => (line.startsWith('{"type":"run"') ? [index] : []))
    const [one, two, three] = [lines.slice(0, first + 1), lines.slice(first + 1, second + 1), lines.slice(second + 1)]
    const cases: readonly (readonly [readonly string[], number, RegExp, readonly string[]])[] = [
      [lines.toSpliced(1, 1), first, /^The run has \d+ records, and \d+ stand before its line/, ['300', '200', '100']],
      [
        [...one, ...three],
        one.length + three.length,
        /^The run names another run as the one before it/,
        ['300', '100'],
      ],
      [
        [...two, ...one, ...three],
        two.length,
        /^The run names another run as the one before it/,
        // As the lines stand: no clock decides.
        ['300', '100', '200'],
      ],
    ]
    for (const [edited, at, says, builds] of cases) {
      await writeFile(file, `${edited.join('\n')}\n`)
      const { code, rows } = await report('--governance-dir', 'governance', '--verify', '--format', 'json')
      t.is(code, 1)
      const found = rows('problems').find(({ file: name, line }) => String(name).endsWith('.jsonl') && line === at)
      t.regex(String(found?.['problem']), says)
      t.deepEqual(
        rows('runs').map(({ build_id }) => build_id),
        builds,
      )
    }
    await writeFile(file, text)
  },
)

test.serial('an unknown build or application: an empty report that says so, exit 0', async (t) => {
  for (const criterion of [
    ['--build-id', 'no-such-build'],
    ['--application', 'nobody'],
  ]) {
    const { code, stdout } = await report('--governance-dir', 'governance', ...criterion)
    t.is(code, 0)
    t.regex(stdout, /HISTORY\nNothing matches\.$/)
    t.regex(stdout, /RUNS\nNo run matches\.\n/)
  }
  const { code, stdout } = await report('--input', declaration, '--connect', '--application', 'nobody')
  t.is(code, 0)
  for (const says of [
    'ACCESS NOW\nNothing matches.',
    'GRANTED OUTSIDE OF RDS-PROVISION\nNothing matches.',
    'DRIFT\nNothing that was asked for differs',
    'No login of nobody expires',
  ])
    t.true(stdout.includes(says), says)
})

test.serial('nothing to report from, and folders that are not there, are told', async (t) => {
  t.like(await report(), {
    code: 3,
    stdout: '',
    stderr:
      'report: has nothing to report from. Give --governance-dir or --audit-dir, or --connect with the declaration.',
  })
  const missing = await report('--governance-dir', 'nowhere')
  t.is(missing.code, 3)
  t.regex(missing.stderr, /^--governance-dir: cannot be read: ENOENT/)
})
