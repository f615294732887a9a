import { rmSync } from 'node:fs'
import { appendFile, lstat, mkdir, readdir, readFile, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import test from 'ava'
import { execa } from 'execa'

import { splitLine } from '../../../../src/audit/governance/jsonl.ts'
import { verifyChain, verifyCsv } from '../../../../src/audit/governance/verify.ts'
import { writeGovernance } from '../../../../src/audit/governance/write.ts'
import type { AccessMatrix } from '../../../../src/model/access.ts'
import { temporaryFolder } from '../folder.ts'
import { readCsv, readJson } from '../read-back.ts'
import { documentOf } from '../sample.ts'

const MATRIX: AccessMatrix = {
  environment: 'dev',
  stack: 'shared/dev',
  clusterName: 'shared',
  instance: 'shared',
  databases: [
    {
      database: 'd',
      owner: 'u',
      isSeen: true,
      outsideGrants: [],
      logins: [
        {
          username: 'u',
          application: 'a',
          accessLevel: 'owner',
          auth: 'password',
          canLogin: true,
          createDb: false,
          connectionLimit: null,
          memberOf: [],
          connect: true,
          temporary: true,
          create: true,
          schemas: [],
          build: '100',
          validUntil: null,
        },
      ],
    },
  ],
  orphans: [],
}

interface Files {
  readonly jsonl: string
  readonly csv: string
  readonly runs: readonly unknown[]
}

async function read(dir: string): Promise<Files> {
  const jsonl = await readFile(join(dir, 'dev', 'rds_provision_audit.jsonl'), 'utf8')
  const csv = await readFile(join(dir, 'dev', 'rds_provision_audit.csv'), 'utf8')
  const lines = jsonl.trimEnd().split('\n').map(readJson)
  return { jsonl, csv, runs: lines.filter(({ type }) => type === 'run').map(({ run_id }) => run_id) }
}

const write = (dir: string, runId: string, matrix: AccessMatrix | null = null): ReturnType<typeof writeGovernance> =>
  writeGovernance({ dir, document: documentOf([{ message: 'two\r\nlines' }, {}], { runId }), matrix })

const faults = ({ jsonl, csv }: Files): readonly unknown[] => [
  ...verifyChain(jsonl),
  ...verifyCsv(Buffer.from(csv), jsonl),
]

const NO_PROBLEM = { problem: null, repairs: [] }

test('runs are appended to both files, and access.md is written', async (t) => {
  const dir = join(temporaryFolder(t), 'made', 'on', 'the', 'way')
  const { head: first, ...one } = await write(dir, 'one', MATRIX)
  const { head: second, ...two } = await write(dir, 'two', MATRIX)
  t.deepEqual([one, two], [NO_PROBLEM, NO_PROBLEM])
  const files = await read(dir)
  t.deepEqual(files.runs, ['one', 'two'])
  t.is(files.csv.match(/^at,run_id/gm)?.length, 1)
  t.deepEqual(faults(files), [])
  const hashes = files.jsonl
    .trimEnd()
    .split('\n')
    .map((line) => splitLine(line)?.hash)
  const file = join(dir, 'dev', 'rds_provision_audit.jsonl')
  t.deepEqual(first, { file, chain: hashes[0], hash: hashes[hashes.length / 2 - 1], lines: hashes.length / 2 })
  t.deepEqual(second, { file, chain: hashes[0], hash: hashes.at(-1), lines: hashes.length })
  t.deepEqual((await readdir(join(dir, 'dev'))).toSorted(), [
    'access.md',
    'rds_provision_audit.csv',
    'rds_provision_audit.jsonl',
  ])
})

test('the day of access is that of the first run of its build, whichever run writes later', async (t) => {
  const dir = temporaryFolder(t)
  await write(dir, 'one', MATRIX)
  const first = await readFile(join(dir, 'dev', 'access.md'), 'utf8')
  t.regex(first, /2026-03-01 \| 100/)
  await writeGovernance({
    dir,
    document: documentOf([], { runId: 'two', startedAt: new Date('2026-05-05T00:00:00Z') }),
    matrix: MATRIX,
  })
  t.is(await readFile(join(dir, 'dev', 'access.md'), 'utf8'), first)
})

test('a run killed at any byte of its writing is moved away, and the next continues clean', async (t) => {
  const whole = temporaryFolder(t)
  await write(whole, 'one')
  const before = await read(whole)
  await write(whole, 'killed')
  const after = await read(whole)
  const added = Buffer.from(after.jsonl.slice(before.jsonl.length))
  const rows = Buffer.from(after.csv.slice(before.csv.length))
  const cuts = [
    ...[0, 1, 40, rows.length - 1].map((cut) => [cut, 0]),
    ...[0, 1, 300, added.length - 1].map((cut) => [rows.length, cut]),
  ]
  for (const [csvCut = 0, jsonlCut = 0] of cuts) {
    const dir = temporaryFolder(t)
    await write(dir, 'one')
    await appendFile(join(dir, 'dev', 'rds_provision_audit.csv'), rows.subarray(0, csvCut))
    await appendFile(join(dir, 'dev', 'rds_provision_audit.jsonl'), added.subarray(0, jsonlCut))
    const { problem, repairs } = await write(dir, 'next')
    const files = await read(dir)
    t.is(problem, null)
    t.is(repairs.length, Number(csvCut > 0) + Number(jsonlCut > 0))
    t.deepEqual(files.runs, ['one', 'next'])
    t.deepEqual(faults(files), [])
    t.true(files.csv.startsWith(before.csv))
    if (jsonlCut > 0)
      t.is(
        await readFile(join(dir, 'dev', 'rds_provision_audit.jsonl.interrupted'), 'utf8'),
        `${added.subarray(0, jsonlCut).toString()}\n`,
      )
    if (csvCut > 0)
      t.is(
        await readFile(join(dir, 'dev', 'rds_provision_audit.csv.interrupted'), 'utf8'),
        `${rows.subarray(0, csvCut).toString()}\n`,
      )
  }
})

test('a repair stands in the run line of the run that made it', async (t) => {
  const dir = temporaryFolder(t)
  await write(dir, 'one')
  await appendFile(join(dir, 'dev', 'rds_provision_audit.jsonl'), '{"type":"rec')
  const { repairs } = await write(dir, 'two')
  t.regex(
    repairs[0] ?? '',
    /^rds_provision_audit\.jsonl: 12 bytes .* moved to rds_provision_audit\.jsonl\.interrupted\.$/,
  )
  const line = readJson((await read(dir)).jsonl.trimEnd().split('\n').at(-1) ?? '')
  t.deepEqual(line['repairs'], repairs)
})

test('the very first run killed: nothing of it stays in the files', async (t) => {
  const dir = temporaryFolder(t)
  await mkdir(join(dir, 'dev'))
  await writeFile(join(dir, 'dev', 'rds_provision_audit.csv'), 'at,run_id,build')
  await writeFile(join(dir, 'dev', 'rds_provision_audit.jsonl'), '{"type":"record"}\n{"ty')
  await write(dir, 'one')
  const files = await read(dir)
  t.deepEqual(files.runs, ['one'])
  t.deepEqual(faults(files), [])
})

test('a CSV that somebody cut is continued, and stays known as cut', async (t) => {
  const dir = temporaryFolder(t)
  await write(dir, 'one')
  await truncate(join(dir, 'dev', 'rds_provision_audit.csv'), 200)
  await write(dir, 'two')
  const files = await read(dir)
  t.deepEqual(verifyChain(files.jsonl), [])
  t.regex(JSON.stringify(verifyCsv(Buffer.from(files.csv), files.jsonl)), /rows were removed/)
})

test('a run line larger than the window that is read is still found', async (t) => {
  const dir = temporaryFolder(t)
  await writeGovernance({ dir, document: documentOf([], { runId: 'x'.repeat(200_000) }), matrix: null })
  await appendFile(join(dir, 'dev', 'rds_provision_audit.jsonl'), '{"type":"record"}\n'.repeat(10_000))
  await write(dir, 'two')
  const files = await read(dir)
  t.is(files.runs.length, 2)
  t.deepEqual(faults(files), [])
})

test('processes that write at once lose nothing and break no chain', async (t) => {
  const dir = temporaryFolder(t)
  const writer = fileURLToPath(new URL('./writer.ts', import.meta.url))
  const names = ['a', 'b', 'c', 'd']
  await Promise.all(names.map((name) => execa(process.execPath, ['--import=tsx', writer, dir, name, '6'])))
  const files = await read(dir)
  t.deepEqual(faults(files), [])
  const expected = names.flatMap((name) => [0, 1, 2, 3, 4, 5].map((run) => `${name}-${run}`))
  t.deepEqual(files.runs.toSorted(), expected)
  t.is(readCsv(files.csv).length, expected.length * 2)
})

test('a lock that a killed writer left is taken over', async (t) => {
  const dir = temporaryFolder(t)
  const lock = join(dir, 'dev', '.rds_provision_audit.lock')
  await mkdir(lock, { recursive: true })
  await utimes(lock, new Date(0), new Date(0))
  t.like(await write(dir, 'one'), NO_PROBLEM)
})

test('a folder in which no lock can be made is told, and not waited for', async (t) => {
  const dir = temporaryFolder(t)
  const lock = join(dir, 'dev', '.rds_provision_audit.lock')
  await mkdir(join(dir, 'dev'), { recursive: true })
  await writeFile(lock, '')
  await utimes(lock, new Date(0), new Date(0))
  // Whoever goes on trying gets it then.
  const cleared = setTimeout(() => {
    rmSync(lock)
  }, 2_000)
  t.teardown(() => {
    clearTimeout(cleared)
  })
  const { problem } = await write(dir, 'one')
  t.regex(problem?.message ?? '', /ENOTDIR/)
})

test('an unwritable folder is a problem that names it', async (t) => {
  const file = join(temporaryFolder(t), 'file')
  await writeFile(file, '')
  const { problem } = await write(file, 'one')
  t.is(problem?.field, 'governance_dir')
  t.true(problem?.message.includes(join(file, 'dev')))
  t.not(problem?.remedy, '')
})

test('what is no regular file is neither written to nor waited for, as root too', async (t) => {
  const device = linkTo('/dev/null')
  for (const [name, make] of [
    ['rds_provision_audit.jsonl', pipe],
    ['rds_provision_audit.csv', pipe],
    ['rds_provision_audit.csv', device],
    ['access.md', pipe],
  ] as const) {
    const dir = temporaryFolder(t)
    await mkdir(join(dir, 'dev'))
    await make(join(dir, 'dev', name))
    const { problem, head } = await write(dir, 'one', MATRIX)
    t.is(problem?.code, 'governance_unwritable')
    t.regex(problem?.message ?? '', /is a (named pipe|character device), and not a regular file/)
    t.is(head, null)
    t.false((await lstat(join(dir, 'dev', name))).isFile())
  }
})

async function pipe(path: string): Promise<void> {
  await execa('mkfifo', [path])
}

function linkTo(target: string): (path: string) => Promise<void> {
  return (path) => symlink(target, path)
}
