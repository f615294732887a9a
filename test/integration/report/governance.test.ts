/** The governance folder as real runs write it: side by side, where it cannot be written, and as a person reads it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { execa } from 'execa'
import * as v from 'valibot'
import { verifyChain, verifyCsv } from '../../../src/audit/governance/verify.ts'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))
const bed = bedFor(VERSIONS[1] ?? 16)
const Line = v.looseObject({
  type: v.string(),
  statements: v.optional(v.array(v.string())),
  outcome: v.optional(v.string()),
  error: v.optional(v.nullable(v.string())),
})

let folder = ''

test.before('a folder', async () => {
  folder = await mkdtemp(join(tmpdir(), 'rds-provision-governance-'))
})
test.after.always(() => rm(folder, { recursive: true, force: true }))

/** One apply as a process of its own. */
async function apply(
  stack: Stack,
  variables: Readonly<Record<string, string>> = {},
  limit = 'true',
): Promise<{ code: number; stdout: string }> {
  // The preview makes the secrets.
  await stack.preview()
  const audit = join(folder, `${Math.random().toString(36).slice(2)}.json`)
  const env = {
    ...bed().aws.env,
    PATH: process.env['PATH'] ?? '',
    RDS_PROVISION_INPUT: JSON.stringify(stack.input()),
    ...variables,
  }
  const { exitCode = -1, stdout } = await execa(
    'bash',
    [
      '-c',
      `${limit}; exec "$0" "$@"`,
      process.execPath,
      `--import=${import.meta.resolve('tsx')}`,
      MAIN,
      'apply',
      '--audit-file',
      audit,
    ],
    { env, extendEnv: false, reject: false, cwd: folder },
  )
  return { code: exitCode, stdout }
}

function linesOf(stdout: string): v.InferOutput<typeof Line>[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => v.parse(Line, JSON.parse(line)))
}

test.serial('processes that apply at once record every run, in one chain, with a section each', async (t) => {
  const dir = join(folder, 'shared')
  const stacks = ['one', 'two', 'three'].map((name) =>
    bed().declare({ [name]: {} }, { stack: name, governance_dir: dir, build_id: `build-${name}` }),
  )
  const ended = await Promise.all(stacks.map((stack) => apply(stack)))
  t.deepEqual(
    ended.map(({ code }) => code),
    [0, 0, 0],
    ended.map(({ stdout }) => stdout).join('\n'),
  )
  const [jsonl, csv, access] = await Promise.all(
    ['rds_provision_audit.jsonl', 'rds_provision_audit.csv', 'access.md'].map((name) =>
      readFile(join(dir, 'dev', name), 'utf8'),
    ),
  )
  t.deepEqual(verifyChain(jsonl ?? ''), [])
  t.deepEqual(verifyCsv(Buffer.from(csv ?? ''), jsonl ?? ''), [])
  t.is(linesOf(jsonl ?? '').filter(({ type }) => type === 'run').length, 3)
  t.deepEqual(
    [...(access ?? '').matchAll(/^## Stack (\S+) on/gm)].map(([, stack]) => stack),
    ['one', 'three', 'two'],
  )
})

test.serial('a folder that cannot be written: nothing is changed, and the audit says so', async (t) => {
  const dir = join(folder, 'no-folder')
  await writeFile(dir, '')
  for (const log of ['text', 'json']) {
    const { code, stdout } = await apply(bed().declare({ stands: {} }, { governance_dir: dir }), {
      RDS_PROVISION_LOG: log,
    })
    t.is(code, 3)
    t.deepEqual(await bed().server.sql(`SELECT FROM pg_database WHERE datname = 'stands_dev_db'`), [])
    t.regex(stdout, /governance_dir.*no-folder\/dev cannot be written: ENOTDIR/)
    const told = linesOf(stdout)
    t.like(told.at(-1), { type: 'run', outcome: 'failed' })
    t.is(told.filter(({ type }) => type === 'run').length, 1)
  }
})

test.serial('a limit on the size of files, met before the first change: no statement runs', async (t) => {
  const dir = join(folder, 'limited')
  const { code, stdout } = await apply(bed().declare({ limited: {} }, { governance_dir: dir }), {}, 'ulimit -f 1')
  t.is(code, 3)
  t.deepEqual(await bed().server.sql(`SELECT FROM pg_database WHERE datname = 'limited_dev_db'`), [])
  t.regex(stdout, /! audit file: .*EFBIG[^]*! governance_dir: .*EFBIG/)
})

test.serial('access.md tells since when, and by which build, a login may do what it may do', async (t) => {
  const dir = join(folder, 'history')
  const guest = { database_name: 'shop_dev_db' }
  const stack = bed().declare(
    { shop: {}, guest: { ...guest, access_level: 'reader' } },
    { governance_dir: dir, build_id: 'first' },
  )
  const rowOf = async (build: string, level: string): Promise<string[]> => {
    stack.variables = { ...stack.variables, build_id: build }
    stack.applications = { ...stack.applications, guest: { ...guest, access_level: level } }
    t.is((await apply(stack)).code, 0)
    const access = await readFile(join(dir, 'dev', 'access.md'), 'utf8')
    const cells = /^\| guest_dev_user .*$/m.exec(access)?.[0].split(' | ') ?? []
    return [cells[2] ?? '', cells[8] ?? '']
  }
  t.deepEqual(await rowOf('first', 'reader'), ['reader', 'first'])
  t.deepEqual(await rowOf('second', 'editor'), ['editor', 'second'])
  t.deepEqual(await rowOf('third', 'editor'), ['editor', 'second'])
})
