/** What `--verify` finds by audits that were kept elsewhere, and what is no fault. */
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { writeAuditFile } from '../../../src/audit/file.ts'
import { writeGovernance } from '../../../src/audit/governance/write.ts'
import { problemsSection } from '../../../src/report/sections/problems.ts'
import { readAuditFiles } from '../../../src/report/sources/read.ts'
import { temporaryFolder } from '../audit/folder.ts'
import { documentOf } from '../audit/sample.ts'

/** Runs that are recorded in a governance folder, each with its audit. */
class Bed {
  readonly dir: string
  readonly audits: string
  readonly #root: string

  constructor(root: string) {
    this.#root = root
    this.dir = join(root, 'governance')
    this.audits = join(root, 'audits')
  }

  file(name: 'jsonl' | 'csv'): string {
    return join(this.dir, 'dev', `rds_provision_audit.${name}`)
  }

  async run(runId: string, dir: string | null = this.dir): Promise<void> {
    const document = documentOf([{ message: 'said\nand done' }, {}], { runId })
    const head = dir === null ? null : (await writeGovernance({ dir, document, matrix: null })).head
    const written = { ...document, run: { ...document.run, governance: head } }
    await writeAuditFile(join(this.audits, `${runId}.json`), written)
  }

  /** Both files as they were when this was called; gives a function that puts them back. */
  async remember(): Promise<() => Promise<void>> {
    const copies = join(this.#root, 'copies')
    await mkdir(copies, { recursive: true })
    const names = ['jsonl', 'csv'] as const
    for (const name of names) await copyFile(this.file(name), join(copies, name))
    return async () => {
      for (const name of names) await copyFile(join(copies, name), this.file(name))
    }
  }

  async verify(audits: string | null = this.audits, auditFile: string | null = null) {
    const governanceDir = existsSync(this.dir) ? this.dir : null
    const files = await readAuditFiles({ governanceDir, expectedDir: this.dir, auditDir: audits, auditFile })
    return { messages: files.faults.map(({ message }) => message), about: problemsSection(files).about, files }
  }
}

test('runs cut from the end of both files are missed by their audits, and by one alone', async (t) => {
  const bed = new Bed(temporaryFolder(t))
  await bed.run('one')
  const cut = await bed.remember()
  await bed.run('two')
  await bed.run('three')
  t.deepEqual((await bed.verify()).messages, [])
  t.regex((await bed.verify()).about, /^Every line is as it was written\. The ends were compared with 3 audits\.$/)
  await cut()
  const { messages, files } = await bed.verify()
  t.deepEqual(messages, [
    `The run of ${join(bed.audits, 'three.json')} and of 1 more is not in the file. It had 9 lines after that run, and has 3: lines were cut from its end, or written anew.`,
  ])
  t.like(files.faults[0], { file: bed.file('jsonl'), line: 3 })
  // One audit that was kept elsewhere, such as in Terraform's state.
  t.is((await bed.verify(null, join(bed.audits, 'two.json'))).messages.length, 1)
  t.deepEqual((await bed.verify(null, join(bed.audits, 'one.json'))).messages, [])
  t.deepEqual((await bed.verify(null)).messages, [])
  t.regex((await bed.verify(null)).about, /Whether runs were cut from the end is not known/)
})

test('runs that come after the cut do not hide it', async (t) => {
  const bed = new Bed(temporaryFolder(t))
  await bed.run('one')
  const cut = await bed.remember()
  await bed.run('two')
  await cut()
  await bed.run('three')
  t.regex((await bed.verify()).messages.join(), /^The run of \S+two\.json is not in the file\./)
})

test('a file that was written anew whole, with hashes that fit, is missed', async (t) => {
  const bed = new Bed(temporaryFolder(t))
  await bed.run('one')
  await bed.run('two')
  await rm(join(bed.dir, 'dev'), { recursive: true })
  await writeGovernance({ dir: bed.dir, document: documentOf([{}], { runId: 'forged' }), matrix: null })
  const { messages } = await bed.verify()
  t.is(messages.length, 1)
  t.regex(messages[0] ?? '', /^The run of \S+two\.json and of 1 more is not in .* written anew/)
})

test('files or a folder that are gone are missed', async (t) => {
  const bed = new Bed(temporaryFolder(t))
  await bed.run('one')
  for (const path of [join(bed.dir, 'dev'), bed.dir]) {
    await rm(path, { recursive: true })
    const { messages } = await bed.verify()
    t.is(messages.length, 1)
    t.regex(messages[0] ?? '', /^The run of \S+one\.json is not in the file\. It had 3 lines .* has 0: it was removed/)
  }
})

test('a folder that was begun anew on purpose has its former files beside it', async (t) => {
  const bed = new Bed(temporaryFolder(t))
  await bed.run('one')
  await rename(join(bed.dir, 'dev'), join(bed.dir, 'dev-2025'))
  await bed.run('two')
  const { messages, about, files } = await bed.verify()
  t.deepEqual(messages, [])
  t.regex(about, /compared with 2 audits/)
  t.deepEqual(
    files.entries.map(({ run }) => run?.run_id),
    ['one', 'two'],
  )
})

test('two governance folders, runs without one and audits of before there were heads are no fault', async (t) => {
  const root = temporaryFolder(t)
  const bed = new Bed(root)
  await bed.run('here')
  await bed.run('there', join(root, 'other'))
  await bed.run('nowhere', null)
  const old = (await readFile(join(bed.audits, 'nowhere.json'), 'utf8')).replace(/,\s*"governance": null/, '')
  t.notRegex(old, /governance/)
  await writeFile(join(bed.audits, 'old.json'), old)
  const { messages, about } = await bed.verify()
  t.deepEqual(messages, [])
  t.regex(about, /compared with 1 audit\. Named by audits, and not read: \S+other\/dev\/rds_provision_audit\.jsonl\.$/)
})
