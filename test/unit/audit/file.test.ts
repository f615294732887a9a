import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import test from 'ava'

import { writeAtomically } from '../../../src/audit/atomic.ts'
import {
  auditJson,
  defaultAuditPath,
  destroyAuditPath,
  safeFileName,
  takeAuditPath,
  writeAuditFile,
} from '../../../src/audit/file.ts'
import { temporaryFolder } from './folder.ts'
import { documentOf } from './sample.ts'

test('the document is written whole, with its folders, and nothing else is left', async (t) => {
  const path = join(temporaryFolder(t), 'a', 'b', 'run.json')
  const document = documentOf([{}])
  t.is(await writeAuditFile(path, document), null)
  t.deepEqual(JSON.parse(await readFile(path, 'utf8')), JSON.parse(JSON.stringify(document)))
  t.deepEqual(await readdir(dirname(path)), ['run.json'])
})

test('a record stands on a line of its own', async (t) => {
  const path = join(temporaryFolder(t), 'run.json')
  const document = documentOf([{ message: 'a\nb', statements: ['SELECT 1', '"outcome": "changed"'] }, {}])
  await writeAuditFile(path, document)
  const lines = (await readFile(path, 'utf8')).split('\n')
  const records = lines.flatMap((line) =>
    line.startsWith('    {') ? [JSON.parse(line.replace(/,$/, '')) as unknown] : [],
  )
  t.deepEqual(records, JSON.parse(JSON.stringify(document.records)))
  // The module's output `changed` looks for this text.
  t.is(lines.filter((line) => /"outcome": ?"changed"/.test(line)).length, 1)
})

test('an existing file is replaced', async (t) => {
  const path = join(temporaryFolder(t), 'run.json')
  await writeFile(path, 'x'.repeat(100_000))
  await writeAuditFile(path, documentOf([]))
  t.is(await readFile(path, 'utf8'), auditJson(documentOf([])))
})

test('an unwritable place is a problem with a remedy, not an exception', async (t) => {
  const file = join(temporaryFolder(t), 'file')
  await writeFile(file, '')
  const problem = await writeAuditFile(join(file, 'run.json'), documentOf([]))
  t.is(problem?.field, 'audit file')
  t.regex(problem?.message ?? '', /ENOTDIR|EEXIST/)
  t.not(problem?.remedy, '')
})

test('a write that fails half-way leaves the old file and no temporary one', async (t) => {
  const folder = temporaryFolder(t)
  await mkdir(join(folder, 'target', 'inner'), { recursive: true })
  await t.throwsAsync(writeAtomically(join(folder, 'target'), 'x'), { code: 'EISDIR' })
  t.deepEqual(await readdir(folder), ['target'])
})

test('a link in the place is replaced, not followed', async (t) => {
  const path = join(temporaryFolder(t), 'full')
  await symlink('/dev/full', path)
  await writeAtomically(path, 'x')
  t.is(await readFile(path, 'utf8'), 'x')
})

test('a place that is taken stays as it is; one that cannot be made is told by the writing', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'below', 'a.json')
  t.is(await takeAuditPath(path), path)
  t.is(await takeAuditPath(path), join(folder, 'below', 'a-2.json'))
  t.is(await takeAuditPath(join(path, 'b.json')), join(path, 'b.json'))
})

test('default and destroy paths', (t) => {
  t.is(defaultAuditPath(join('root'), '4711', null), join('root', '.rds-provision', 'audit', '4711.json'))
  t.is(destroyAuditPath('dir', 'keycloak', '4711'), join('dir', 'destroy-keycloak-4711.json'))
})

test('whatever an id holds, its file stays in its folder', (t) => {
  for (const hostile of ['../../etc/passwd', '..', '.', '', '/', 'C:\\x', 'a\0b', '\n', 'ü'.repeat(300), '.hidden']) {
    const name = safeFileName(hostile)
    t.is(basename(name), name)
    t.regex(name, /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/)
    t.is(dirname(defaultAuditPath('root', hostile, null)), join('root', '.rds-provision', 'audit'))
  }
})
