/** The audit: where it is, what it looks like, and what is not in it. */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { type Bed, KEPT } from '../bed.ts'
import { NAMES } from '../declaration.ts'
import { claim, heading, say, table } from '../screen.ts'

export async function showAudit({ stack, passwords, server }: Bed): Promise<void> {
  heading('The audit')
  const audits = await stack.audits()
  table(['run', 'build', 'outcome', 'as', 'created', 'updated', 'no change'], audits.map(({ run, summary }) => [
    run.started_at, run.build_id, run.outcome, run.database_login ?? '', ...[summary.created, summary.updated, summary.no_change].map(String),
  ]))
  const records = audits.flatMap((audit) => audit.records)
  claim('every application has a record in every run', audits.every((audit) => NAMES.every((name) => audit.records.some(({ application, object }) => application === name && object === 'role'))))
  claim('every record names its run and its build', records.every(({ run_id: run, build_id: build }) => run !== '' && build !== ''))
  claim('the output audit_json is the last of them', JSON.parse(String((await stack.outputs())['audit_json'])), audits.at(-1))
  const files = (await readdir(KEPT, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all([stack.stateText(), ...files.map((file) => readFile(file, 'utf8'))])
  const secrets = [...passwords.values(), server.master.password]
  claim(`no password stands in Terraform's state or in the ${String(files.length)} files of the audit`, texts.some((text) => secrets.some((secret) => text.includes(secret))), false)
  for (const file of files) say(relative(process.cwd(), file))
}
