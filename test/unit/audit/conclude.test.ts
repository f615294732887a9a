import { readFile, writeFile } from 'node:fs/promises'

import test, { type ExecutionContext } from 'ava'

import type { Problem } from '../../../src/model/problem.ts'
import type { AuditDocument } from '../../../src/model/audit.ts'
import { concludeRun, type Conclusion } from '../../../src/audit/conclude.ts'
import type { RunResult } from '../../../src/audit/result.ts'
import { temporaryFolder } from './folder.ts'
import { DONE, DRAFT, recorder } from './sample.ts'
import { join } from 'node:path'

interface Ended {
  readonly document: AuditDocument
  readonly output: string
  readonly problems: readonly Problem[]
  readonly notes: readonly string[]
}

async function conclude(
  changes: Partial<Pick<RunResult & Conclusion, 'auditPath' | 'governance'>>,
  end = DONE,
): Promise<Ended> {
  const book = recorder()
  book.record(DRAFT)
  const output: string[] = []
  const seen: { problems: readonly Problem[]; notes: readonly string[] }[] = []
  const reporter = {
    record: () => {},
    finish: (_: AuditDocument, problems: readonly Problem[], notes: readonly string[]) =>
      void seen.push({ problems, notes }),
  }
  const document = await concludeRun(
    { document: book.finish(end), problems: end.problems, governance: changes.governance ?? null },
    {
      auditPath: changes.auditPath ?? null,
      reporters: [reporter],
      fallback: { write: (text) => output.push(text), insideTerraform: false },
    },
  )
  const [only, ...more] = seen
  if (only === undefined || more.length > 0) throw new Error('a reporter must be finished exactly once')
  return { document, output: output.join(''), ...only }
}

async function blockedPath(t: ExecutionContext): Promise<string> {
  const file = join(temporaryFolder(t), 'file')
  await writeFile(file, '')
  return join(file, 'below')
}

const onDisk = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))
const plain = (document: AuditDocument): unknown => JSON.parse(JSON.stringify(document))

test('file and governance files are written, and tell the same', async (t) => {
  const folder = temporaryFolder(t)
  const auditPath = join(folder, 'audit', 'run.json')
  const { document, output, problems } = await conclude({
    auditPath,
    governance: { dir: join(folder, 'governance'), matrix: null },
  })
  t.is(document.run.exit_code, 0)
  t.deepEqual(await onDisk(auditPath), plain(document))
  t.regex(
    await readFile(join(folder, 'governance', 'dev', 'rds_provision_audit.jsonl'), 'utf8'),
    new RegExp(`"finished_at":"${document.run.finished_at}"`),
  )
  t.deepEqual([output, problems], ['', []])
})

test('an unwritable governance folder: exit 1, the file says so, the audit is on standard output', async (t) => {
  const auditPath = join(temporaryFolder(t), 'run.json')
  const { document, output, problems } = await conclude({
    auditPath,
    governance: { dir: await blockedPath(t), matrix: null },
  })
  t.deepEqual([document.run.outcome, document.run.exit_code], ['failed', 1])
  t.regex(document.run.error ?? '', /^governance_dir: /)
  t.deepEqual(await onDisk(auditPath), plain(document))
  t.deepEqual(
    problems.map(({ field }) => field),
    ['governance_dir'],
  )
  t.deepEqual(
    output
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
    [
      { type: 'record', ...document.records[0] },
      { type: 'run', ...document.run, summary: document.summary },
    ],
  )
})

test('an unwritable audit file: exit 1, and the governance files know', async (t) => {
  const dir = temporaryFolder(t)
  const { document, problems, output } = await conclude({
    auditPath: await blockedPath(t),
    governance: { dir, matrix: null },
  })
  t.deepEqual([document.run.outcome, document.run.exit_code], ['failed', 1])
  t.deepEqual(
    problems.map(({ field }) => field),
    ['audit file'],
  )
  t.regex(
    await readFile(join(dir, 'dev', 'rds_provision_audit.jsonl'), 'utf8'),
    /"exit_code":1,"error_codes":\["audit_unwritable"\],"error":"audit file: /,
  )
  t.not(output, '')
})

test('another failure keeps its exit code and its error', async (t) => {
  const earlier: Problem = {
    application: 'a',
    code: 'owner_mismatch',
    field: 'owner mismatch',
    message: 'm',
    remedy: 'r',
  }
  const { document, problems } = await conclude(
    { auditPath: await blockedPath(t) },
    { outcome: 'blocked', exitCode: 4, problems: [earlier] },
  )
  t.deepEqual([document.run.outcome, document.run.exit_code], ['blocked', 4])
  t.deepEqual(document.run.error_codes, ['audit_unwritable', 'owner_mismatch'])
  t.regex(document.run.error ?? '', /^a: owner mismatch: m r\naudit file: /)
  t.deepEqual(
    problems.map(({ field }) => field),
    ['owner mismatch', 'audit file'],
  )
})

test('what was repaired in the governance files is told', async (t) => {
  const dir = temporaryFolder(t)
  await conclude({ governance: { dir, matrix: null } })
  await writeFile(join(dir, 'dev', 'rds_provision_audit.jsonl'), '{"torn', { flag: 'a' })
  const { notes, document } = await conclude({ governance: { dir, matrix: null } })
  t.is(notes.length, 1)
  t.is(document.run.exit_code, 0)
})
