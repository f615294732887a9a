import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { execa } from 'execa'
import { checkAuditPlace } from '../../../src/audit/place.ts'
import type { Problem } from '../../../src/model/problem.ts'
import { temporaryFolder } from './folder.ts'

const PLACE = fileURLToPath(new URL('../../../src/audit/place.ts', import.meta.url))
const fieldsOf = (problems: readonly Problem[]): string[] => problems.map(({ field }) => field)

test('places that can be written to have nothing but folders afterwards', async (t) => {
  const folder = temporaryFolder(t)
  const governance = { dir: join(folder, 'governance'), environment: 'dev' }
  await mkdir(join(folder, 'governance', 'dev'), { recursive: true })
  await writeFile(join(folder, 'governance', 'dev', 'rds_provision_audit.csv'), 'as it was')
  t.deepEqual(await checkAuditPlace({ auditPath: join(folder, 'a', 'b', 'run.json'), governance }), [])
  t.deepEqual(await readdir(join(folder, 'a', 'b')), [])
  t.deepEqual(await readdir(join(folder, 'governance', 'dev')), ['rds_provision_audit.csv'])
  t.is(await readFile(join(folder, 'governance', 'dev', 'rds_provision_audit.csv'), 'utf8'), 'as it was')
  t.deepEqual(await checkAuditPlace({ auditPath: '/dev/null', governance: null }), [])
})

test('each place that cannot be written to is named, with what to set', async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, 'file')
  const fifo = join(folder, 'fifo')
  await writeFile(file, '')
  await execa('mkfifo', [fifo])
  for (const path of [join(file, 'run.json'), fifo, folder, '/proc/rds-provision/run.json', '/sys/run.json']) {
    const problems = await checkAuditPlace({
      auditPath: path,
      governance: { dir: join(file, 'below'), environment: 'dev' },
    })
    t.deepEqual(fieldsOf(problems), ['audit file', 'governance_dir'], path)
    const [problem] = problems
    t.is(problem?.code, 'no_place_for_audit')
    t.regex(problem?.message ?? '', /cannot be written: .*; nothing was changed\.$/)
    t.regex(problem?.remedy ?? '', /^Set audit_dir, or --audit-file, to/)
  }
})

test('a governance file that is none, or a folder in its place, is found', async (t) => {
  const folder = temporaryFolder(t)
  await mkdir(join(folder, 'dev', 'access.md'), { recursive: true })
  const problems = await checkAuditPlace({
    auditPath: join(folder, 'run.json'),
    governance: { dir: folder, environment: 'dev' },
  })
  t.deepEqual(fieldsOf(problems), ['governance_dir'])
  t.regex(problems[0]?.message ?? '', /access\.md is a folder/)
})

test('a limit on the size of files counts from the end of those that are appended to', async (t) => {
  const folder = temporaryFolder(t)
  const auditPath = join(folder, 'run.json')
  await mkdir(join(folder, 'dev'))
  await writeFile(join(folder, 'dev', 'rds_provision_audit.jsonl'), Buffer.alloc(2 * 1024 * 1024))
  const script = `
    const { checkAuditPlace } = await import(${JSON.stringify(PLACE)})
    const found = await checkAuditPlace(${JSON.stringify({ auditPath, governance: { dir: folder, environment: 'dev' } })})
    console.log(JSON.stringify(found.map(({ field, message }) => [field, /EFBIG/.test(message)])))`
  const under = async (kib: number): Promise<unknown> => {
    const node = `"$0" --import=${import.meta.resolve('tsx')} --input-type=module -e "$1"`
    const { stdout } = await execa('bash', ['-c', `ulimit -f ${String(kib)}; ${node}`, process.execPath, script])
    return JSON.parse(stdout)
  }
  t.deepEqual(await under(100_000), [])
  t.deepEqual(await under(2_500), [['governance_dir', true]])
  t.deepEqual(await under(1), [
    ['audit file', true],
    ['governance_dir', true],
  ])
  t.deepEqual((await readdir(folder)).sort(), ['dev'])
})
