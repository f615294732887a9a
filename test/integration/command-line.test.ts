/** The program as a person or a CI system runs it, without a server: what it prints where, and how it exits. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { execa } from 'execa'
import * as v from 'valibot'

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
  t.regex((await run(['report', '--input', 'declared.json'])).stdout, /^Report\n\nfrom declared audits\/4712\.json\n/)
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
