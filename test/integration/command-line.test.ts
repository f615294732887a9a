/** The program as a person or a CI system runs it, without a server: what it prints where, and how it exits. */
import { existsSync } from 'node:fs'
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { execa } from 'execa'
import * as v from 'valibot'
import { concludeRun } from '../../src/audit/conclude.ts'
import { createRecorder } from '../../src/audit/recorder.ts'
import type { RecordDraft } from '../../src/model/audit.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const Line = v.looseObject({ type: v.string() })
const DECLARATION = {
  environment: 'prod',
  build_id: '7',
  instance: { host: 'db-1.example' },
  admin_secret_id: 'admin',
  application_databases: { shop: {} },
}

let folder = ''
test.before('a folder', async () => {
  folder = await mkdtemp(join(tmpdir(), 'rds-provision-command-line-'))
  await writeFile(join(folder, 'prod.json'), JSON.stringify(DECLARATION))
})
test.after.always(() => rm(folder, { recursive: true, force: true }))

async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdout: string | null = null,
  input?: string | Readable,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const redirect = stdout === null ? '' : ` >${stdout}`
  const command = [
    'sh',
    '-c',
    `exec "$0" "$@"${redirect}`,
    process.execPath,
    `--import=${import.meta.resolve('tsx')}`,
    MAIN,
    ...args,
  ]
  const [shell = '', ...rest] = command
  const ended = await execa(shell, rest, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    extendEnv: false,
    reject: false,
    cwd: folder,
    ...(input !== undefined && { input }),
  })
  return { code: ended.exitCode ?? -1, stdout: ended.stdout, stderr: ended.stderr }
}

for (const place of ['by hand', 'inside Terraform'] as const) {
  test(`JSON lines stay alone on standard output on GitHub Actions, ${place}; the annotations are on standard error`, async (t) => {
    const summary = join(folder, `summary ${place}.md`)
    const inside = place === 'by hand' ? {} : { RDS_PROVISION_AUDIT_FILE: join(folder, 'audit.json') }
    const { code, stdout, stderr } = await run(['apply', '--input', 'prod.json'], {
      GITHUB_ACTIONS: 'true',
      GITHUB_STEP_SUMMARY: summary,
      RDS_PROVISION_LOG: 'json',
      ...inside,
    })
    t.is(code, 4)
    const types = stdout.split('\n').map((line) => v.parse(Line, JSON.parse(line)).type)
    t.deepEqual([...new Set(types)], ['record', 'problem', 'run'])
    t.regex(
      stderr,
      place === 'by hand' ? /^::error title=rds-provision::approval: / : /^##\[error title=rds-provision\]approval: /,
    )
    t.regex(await readFile(summary, 'utf8'), /blocked \(exit 4\): nothing changed/)
  })
}

test('the declaration comes through standard input, as JSON and in a plan of Terraform', async (t) => {
  const json = JSON.stringify(DECLARATION)
  const plan = JSON.stringify({ output_changes: { declaration: { after: DECLARATION, after_unknown: false } } })
  const whole = { ...DECLARATION, schema_version: 1, connect_timeout: 1 }
  const known = JSON.stringify({ output_changes: { declaration: { after: whole, after_unknown: false } } })
  for (const [args, input, code, words] of [
    [['apply', '--input', '-'], json, 4, /ALLOW_DB_PROVISION/],
    [['destroy', '--application', 'shop', '--input', '-'], json, 0, /its cleanup_policy is retain/],
    [['plan', '--input', '-'], '', 3, /^input: is empty\./],
    [['plan', '--input', '-'], '╷\n│ Warning: No outputs found\n╵', 3, /message of Terraform's/],
    [['report', '--connect', '--input', '-'], '{', 3, /is not JSON/],
    [['plan', '--terraform-plan', '-'], plan, 3, /no output that holds a declaration/],
    [['plan', '--terraform-plan', '-'], known, 5, /secret|AWS/],
  ] as const) {
    const ended = await run(args, {}, null, input)
    t.is(ended.code, code, `${args.join(' ')}: ${ended.stdout}${ended.stderr}`)
    t.regex(ended.stdout + ended.stderr, words)
  }
})

test('standard input without an end is refused once it is larger than any declaration', async (t) => {
  const endless = Readable.from(
    (function* () {
      for (;;) yield ' '.repeat(1024 * 1024)
    })(),
  )
  const { code, stderr } = await run(['plan', '--input', '-'], {}, null, endless)
  t.is(code, 3)
  t.regex(stderr, /^--input: is larger than 64 MiB\./)
})

test('a plan that could not be made stands in the job summary too', async (t) => {
  const summary = join(folder, 'plan.md')
  const { code, stderr } = await run(['plan', '--input', 'nowhere.json'], {
    GITHUB_ACTIONS: 'true',
    GITHUB_STEP_SUMMARY: summary,
  })
  t.is(code, 3)
  t.regex(stderr, /^--input: cannot be read: .*\n##\[error title=rds-provision\]--input: /)
  t.regex(await readFile(summary, 'utf8'), /^### rds-provision plan\n\n\*\*Problems: 1\*\*\n\n[^]*ENOENT/)
})

test('--verify of a folder without a file proves nothing, and says so', async (t) => {
  await mkdir(join(folder, 'empty'), { recursive: true })
  for (const option of ['--governance-dir', '--audit-dir']) {
    const { code, stdout } = await run(['report', option, 'empty', '--verify'])
    t.is(code, 1)
    t.regex(stdout, /\n! There is no audit file to check\.$/)
    t.is((await run(['report', option, 'empty'])).code, 0)
  }
})

test('--verify names a table whose chain was taken away', async (t) => {
  await mkdir(join(folder, 'governance', 'dev'), { recursive: true })
  await writeFile(join(folder, 'governance', 'dev', 'rds_provision_audit.csv'), 'at,run_id\r\n')
  const { code, stdout } = await run(['report', '--governance-dir', 'governance', '--verify'])
  t.is(code, 1)
  t.regex(stdout, /rds_provision_audit\.jsonl .*The file cannot be read: ENOENT/)
})

// A device that is always full; Linux has it.
if (existsSync('/dev/full')) {
  test('a report or a help text that could not be written whole is no success', async (t) => {
    await mkdir(join(folder, 'none'), { recursive: true })
    for (const args of [['report', '--audit-dir', 'none'], ['--help'], ['--version']]) {
      const { code, stderr } = await run(args, {}, '/dev/full')
      t.is(code, 1, args.join(' '))
      t.regex(stderr, /^standard output: cannot be written: ENOSPC/)
    }
  })
}

test('a reader that goes away, or a closed output, is no failure', async (t) => {
  t.is((await run(['--help'], {}, '&-')).code, 0)
  // The pipe has no reader from the beginning.
  const { stderr } = await execa('sh', [
    '-c',
    '{ exec 3>&1; sleep 1; "$@" >&3; echo "exit $?" >&2; } | true',
    'sh',
    process.execPath,
    `--import=${import.meta.resolve('tsx')}`,
    MAIN,
    '--help',
  ])
  t.is(stderr, 'exit 0')
})

test('a run by hand keeps its audit in the declared audit_dir, and the report finds it there', async (t) => {
  await writeFile(join(folder, 'declared.json'), JSON.stringify({ ...DECLARATION, audit_dir: 'declared audits' }))
  t.is((await run(['apply', '--input', 'declared.json'], { RDS_PROVISION_RUN_ID: '4712' })).code, 4)
  t.regex(await readFile(join(folder, 'declared audits', '4712.json'), 'utf8'), /"outcome": "blocked"/)
  t.regex(
    (await run(['report', '--input', 'declared.json'])).stdout,
    /^Report\n[^]*\nfrom declared audits\/4712\.json\n/,
  )
})

test('removals of one CI run that have the same name keep an audit each', async (t) => {
  const variables = { RDS_PROVISION_RUN_ID: '4711' }
  const removals = ['one', 'two', 'three'].map(async (host) => {
    const instance = { host: `${host}.example` }
    const { code } = await run(['destroy', '--application', 'shop'], {
      ...variables,
      RDS_PROVISION_INPUT: JSON.stringify({ ...DECLARATION, instance, audit_dir: 'removals' }),
    })
    t.is(code, 0)
  })
  await Promise.all(removals)
  const files = (await readdir(join(folder, 'removals'))).sort()
  t.deepEqual(files, ['destroy-shop-4711-2.json', 'destroy-shop-4711-3.json', 'destroy-shop-4711.json'])
  const audits = await Promise.all(files.map((file) => readFile(join(folder, 'removals', file), 'utf8')))
  t.deepEqual(audits.map((text) => /"host": "(\w+)\.example"/.exec(text)?.[1]).sort(), ['one', 'three', 'two'])
})

test('a flag with a value that is neither true nor false begins nothing', async (t) => {
  const { code, stdout, stderr } = await run([
    'destroy',
    '--input',
    'prod.json',
    '--application',
    'shop',
    '--dry-run=yes',
  ])
  t.is(code, 3)
  t.is(stdout, '')
  t.is(stderr, '--dry-run: "yes" is not accepted. Give it without a value.')
})

test('the audit of an input that cannot be read does not say that no approval was needed', async (t) => {
  await writeFile(join(folder, 'torn.json'), '{"environment":"prod",')
  const { code } = await run(['apply', '--input', 'torn.json', '--audit-file', 'torn-audit.json'])
  t.is(code, 3)
  t.regex(await readFile(join(folder, 'torn-audit.json'), 'utf8'), /"approval": "missing"/)
})

// Nothing of these connects: the server's name leads nowhere.
const APPROVED = { ALLOW_DB_PROVISION: 'true', RDS_PROVISION_INPUT: JSON.stringify(DECLARATION) }

test('an audit that could not be written changes nothing: exit 3, with what to set', async (t) => {
  const fifo = join(folder, 'fifo')
  await execa('mkfifo', [fifo])
  for (const path of [fifo, '/proc/rds-provision/audit.json', join(folder, 'prod.json', 'audit.json'), '/dev/stdout']) {
    const { code, stdout } = await run(['apply', '--audit-file', path], APPROVED)
    t.is(code, 3, path)
    t.regex(
      stdout,
      /^problems: 1\n! audit file: .* cannot be written: .*; nothing was changed\.\n {2}-> Set audit_dir/m,
    )
    // The audit itself, which would be lost otherwise.
    t.regex(stdout, /^\{"type":"run",.*"error_codes":\["no_place_for_audit"\]/m)
  }
  t.true((await lstat(fifo)).isFIFO())
  const removal = await run(['destroy', '--application', 'shop', '--audit-file', fifo], APPROVED)
  t.is(removal.code, 3)
})

test('a governance folder that could not be written changes nothing, and the audit says so', async (t) => {
  const input = JSON.stringify({ ...DECLARATION, governance_dir: 'prod.json' })
  const { code, stdout } = await run(['apply', '--audit-file', 'no-governance.json'], {
    ...APPROVED,
    RDS_PROVISION_INPUT: input,
  })
  t.is(code, 3)
  t.regex(stdout, /^problems: 1\n! governance_dir: prod\.json\/prod cannot be written: ENOTDIR/m)
  t.regex(await readFile(join(folder, 'no-governance.json'), 'utf8'), /"no_place_for_audit"[^]*"not begun: nothing/)
})

if (existsSync('/dev/full')) {
  test('where neither audit nor output can be written nothing is changed, and standard error says why', async (t) => {
    for (const log of ['text', 'json']) {
      const variables = { ...APPROVED, RDS_PROVISION_LOG: log }
      const { code, stderr } = await run(['apply', '--audit-file', '/proc/x/audit.json'], variables, '/dev/full')
      t.is(code, 3)
      t.regex(stderr, /^audit file: \/proc\/x\/audit\.json cannot be written: ENOENT/)
    }
  })
}

test('an audit for /dev/null goes there, and /dev/null stays', async (t) => {
  const { code } = await run(['apply', '--input', 'prod.json', '--audit-file', '/dev/null'])
  t.is(code, 4)
  t.true((await lstat('/dev/null')).isCharacterDevice())
})

/** Three runs that make a login an editor, a reader and an editor again; the clock of the second is a year ahead. */
async function recordThree(name: string): Promise<void> {
  const lines = (on: 'granted' | 'revoked'): RecordDraft => ({
    ...GUEST,
    object: 'default_privileges',
    action: 'grant',
    status: 'updated',
    access: { level: null, changes: [{ on: 'table', schema: 'app', [on]: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] }] },
  })
  const drafts: readonly (readonly RecordDraft[])[] = [
    [{ ...GUEST, object: 'role', action: 'create', status: 'created' }, lines('granted')],
    [lines('revoked')],
    [lines('granted')],
  ]
  const years = [2026, 2027, 2026]
  for (const [index, records] of drafts.entries()) {
    const at = new Date(Date.UTC(years[index] ?? 0, 0, index + 1))
    const recorder = createRecorder({
      identity: {
        runId: `run-${String(index + 1)}`,
        buildId: `c${String(index + 1)}`,
        command: 'apply',
        approval: 'approved',
        startedAt: at,
        toolVersion: '1.0.0',
        takesOver: false,
        approvedPlan: null,
        refusedApproval: null,
        cleanupPolicy: null,
        mayDelete: false,
        inputSha256: '',
      },
      environment: 'prod',
      clusterName: 'db-1',
      instance: { identifier: 'db-1', host: 'db-1.example', port: 5432 },
      now: () => at,
      sinks: [],
    })
    for (const record of records) recorder.record(record)
    const ended = { outcome: 'changed', exitCode: 0, problems: [] } as const
    await concludeRun(
      {
        document: recorder.finish(ended),
        problems: [],
        governance: { dir: join(folder, name, 'governance'), matrix: null },
      },
      { auditPath: join(folder, name, 'audits', `${String(index + 1)}.json`), reporters: [], fallback: null },
    )
  }
}

const GUEST = {
  application: 'guest',
  database: 'shop_db',
  username: 'guest_user',
  durationMs: 0,
  message: '',
  statements: [],
}

test('access over time follows the chain and no clock; --verify names the time that goes backwards', async (t) => {
  await recordThree('clocks')
  const args = ['report', '--governance-dir', 'clocks/governance', '--verify', '--section', 'access-history']
  const { code, stdout } = await run([...args, '--format', 'json'])
  t.is(code, 1)
  const { sections } = v.parse(
    v.looseObject({ sections: v.record(v.string(), v.array(v.looseObject({}))) }),
    JSON.parse(stdout),
  )
  t.deepEqual(
    sections['access-history']?.map((row) => [row['may'], row['since_build'], row['until_build']]),
    [
      ['read and write rows in app', 'c1', 'c2'],
      ['log in', 'c2', 'c3'],
      ['read and write rows in app', 'c3', null],
    ],
  )
  t.like(sections['problems'], [{ line: 7 }])
  t.regex(String(sections['problems']?.[0]?.['problem']), /2026-01-03.*2027-01-02.*time goes backwards/)
})

test('--verify misses runs that were cut from the end of both files, by the audits of those runs', async (t) => {
  await recordThree('cut')
  const dev = join(folder, 'cut', 'governance', 'prod')
  const verify = ['report', '--governance-dir', 'cut/governance', '--verify', '--section', 'problems']
  for (const [file, rows] of [
    ['rds_provision_audit.jsonl', 3],
    ['rds_provision_audit.csv', 3],
  ] as const) {
    const lines = (await readFile(join(dev, file), 'utf8')).split('\n')
    await writeFile(join(dev, file), `${lines.slice(0, rows).join('\n')}\n`)
  }
  const alone = await run(verify)
  t.is(alone.code, 0)
  t.regex(alone.stdout, /Whether runs were cut from the end is not known: no audit of theirs was compared/)
  for (const more of [
    ['--audit', 'cut/audits/3.json'],
    ['--audit-dir', 'cut/audits'],
  ]) {
    const { code, stdout } = await run([...verify, ...more])
    t.is(code, 1)
    t.regex(stdout, /The run of cut\/audits\/3\.json.* is not in the file\. It had 7 lines .* has 3: lines were cut/)
  }
  t.is((await run([...verify, '--audit', 'cut/audits/1.json'])).code, 0)
  // Where the declaration names both folders, nobody has to.
  await writeFile(
    join(folder, 'both.json'),
    JSON.stringify({ ...DECLARATION, audit_dir: 'cut/audits', governance_dir: 'cut/governance' }),
  )
  t.is((await run(['report', '--input', 'both.json', '--verify'])).code, 1)
})
