/** The audit: where it is, what it looks like, and what is not in it. */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { AuditDocument } from '../../../src/model/audit.ts'
import { type Bed, KEPT } from '../bed.ts'
import { MAKER, NAMES, usernameOf } from '../declaration.ts'
import { claim, heading, say, table } from '../screen.ts'

export async function showAudit({ stack, passwords, server }: Bed): Promise<void> {
  heading('The audit')
  const audits = await stack.audits()
  table(
    ['started', 'command', 'build', 'outcome', 'as', 'created', 'updated', 'removed', 'no change'],
    audits.map(({ run, summary }) => [
      run.started_at.slice(11, 19),
      run.command,
      run.build_id,
      run.outcome,
      run.database_login ?? '-',
      ...[summary.created, summary.updated, summary.removed, summary.no_change].map(String),
    ]),
  )
  const runs = audits.filter(({ run }) => run.command === 'apply')
  const isTold = ({ records }: AuditDocument, name: string): boolean =>
    records.some(({ application, object }) => application === name && object === 'role')
  claim(
    'every application has a record in every run of apply',
    runs.every((audit) => NAMES.filter((name) => name !== MAKER).every((name) => isTold(audit, name))),
  )
  const records = audits.flatMap((audit) => audit.records)
  claim(
    `each of the ${String(records.length)} records names its run and its build`,
    records.every(({ run_id: run, build_id: build }) => run !== '' && build !== ''),
  )
  claim(
    "the module's output audit_json is the last of them",
    JSON.parse(String((await stack.outputs())['audit_json'])),
    runs.at(-1),
  )
  const files = (await readdir(KEPT, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all([stack.stateText(), ...files.map((file) => readFile(file, 'utf8'))])
  const secrets = [...passwords.values(), server.master.password]
  claim(
    `no password stands in Terraform's state or in the ${String(files.length)} files of the audit`,
    texts.some((text) => secrets.some((secret) => text.includes(secret))),
    false,
  )
  const governance = join(KEPT, 'governance', 'dev')
  const access = join(governance, 'access.md')
  claim(
    'the access matrix tells of every login',
    NAMES.filter((name) => name !== MAKER).every((name) =>
      texts[files.indexOf(access) + 1]?.includes(usernameOf(name)),
    ),
  )
  say('')
  table(
    ['to look at', 'what it is'],
    [
      [join(KEPT, 'audit'), 'one JSON document for each run'],
      [access, 'the access matrix: who may do what'],
      [join(governance, 'rds_provision_audit.{csv,jsonl}'), 'every record of every run'],
    ].map(([path = '', what = '']) => [relative(process.cwd(), path), what]),
  )
}
