/** Runs that the digest of one plan approves, and runs that end half-way. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditRecord } from '../../src/model/audit.ts'
import type { Preview } from '../../src/preview/preview.ts'
import { previewJson } from '../../src/preview/json.ts'
import type { Entry, Outcome, Stack } from './provision.ts'

export interface ApprovedTest {
  readonly digest: string
  /** As `plan --out` writes it. */
  readonly file: string
  readonly preview: Preview
}

/** The plan of what an apply would do now, and its file. */
export async function planOf(stack: Stack): Promise<ApprovedTest> {
  const preview = await stack.preview()
  const file = join(await mkdtemp(join(tmpdir(), 'rds-provision-plan-')), 'approved.json')
  await writeFile(file, previewJson(preview))
  return { digest: preview.digest ?? '', file, preview }
}

/** Of the runs from now on. @param file null: the digest alone */
export function approve(stack: Stack, { digest }: Pick<ApprovedTest, 'digest'>, file: string | null): void {
  stack.env = { ALLOW_DB_PROVISION: `plan:${digest}`, ...(file !== null && { RDS_PROVISION_PLAN_FILE: file }) }
}

/** An apply that is interrupted once it has told such a record. */
export function applyUntil(stack: Stack, isEnd: (record: AuditRecord) => boolean): Promise<Outcome> {
  const controller = new AbortController()
  const sink = (record: AuditRecord): void => {
    if (isEnd(record)) controller.abort('interrupted by the test')
  }
  return stack.apply({ signal: controller.signal, sinks: [sink] })
}

/** A guest of an application's database. */
export function readerOf(owner: string): Entry {
  return { database_name: `${owner}_staging_db`, access_level: 'reader' }
}

/** What was wrong, each with whose it is. */
export function messagesOf({ problems }: Outcome): string[] {
  return problems.map(({ application, message }) => `${application ?? ''} ${message}`)
}
