import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import test from 'ava'

import { readBeginnings, type Beginnings } from '../../../../src/audit/governance/starts.ts'
import type { AuditRecord } from '../../../../src/model/audit.ts'
import { auditRecord, auditRun } from '../../report/sample.ts'
import { temporaryFolder } from '../folder.ts'

const MEGABYTE = 1024 * 1024
const GUEST = { application: 'guest', username: 'guest_dev_user' }

/** The lines of a run on a day of 2026; its build is the day. */
function run(day: string, ...records: readonly Partial<AuditRecord>[]): string {
  const at = `2026-${day}T10:00:00.000Z`
  const lines = [
    ...records.map((record) => ({ type: 'record', ...auditRecord({ at, run_id: day, build_id: day, ...record }) })),
    { type: 'run', ...auditRun({ run_id: day, build_id: day, started_at: at }) },
  ]
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

function defaults(verb: 'GRANT' | 'REVOKE', privileges: string): Partial<AuditRecord> {
  const link = verb === 'GRANT' ? 'TO' : 'FROM'
  const statements = [
    `ALTER DEFAULT PRIVILEGES FOR ROLE "shop_dev_user" IN SCHEMA "public" ${verb} ${privileges} ON TABLES ${link} "guest_dev_user"`,
  ]
  return { ...GUEST, object: 'default_privileges', status: verb === 'GRANT' ? 'created' : 'removed', statements }
}

async function startsOf(path: string, text: string): Promise<Beginnings> {
  await writeFile(path, text)
  return readBeginnings(path)
}

test('access that changed began with the change, not with the login', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl')
  const made = run('01-01', {}, { object: 'database' }, GUEST, defaults('GRANT', 'SELECT'))
  const raised = run('02-02', { status: 'no_change' }, defaults('GRANT', 'INSERT, UPDATE, DELETE'))
  const idle = run('03-03', { status: 'no_change' }, { ...GUEST, status: 'updated', message: 'connection limit' })
  const starts = await startsOf(path, made + raised + idle)
  t.deepEqual(starts.access('db-1', 'shop_dev_db', 'shop_dev_user'), { day: '2026-01-01', build: '01-01' })
  t.deepEqual(starts.access('db-1', 'shop_dev_db', 'guest_dev_user'), { day: '2026-02-02', build: '02-02' })
  t.is(starts.access('another', 'shop_dev_db', 'guest_dev_user'), null)
  t.is(starts.firstDay('03-03'), '2026-03-03')
  const ended = await startsOf(path, made + run('04-04', { ...GUEST, status: 'removed' }))
  t.is(ended.access('db-1', 'shop_dev_db', 'guest_dev_user'), null)
})

test('an altered attribute does not begin what was there before the audit', async (t) => {
  const starts = await startsOf(
    join(temporaryFolder(t), 'audit.jsonl'),
    run('01-01', { ...GUEST, status: 'updated' }, { object: 'database', status: 'updated' }),
  )
  t.is(starts.access('db-1', 'shop_dev_db', 'guest_dev_user'), null)
  t.is(starts.access('db-1', 'shop_dev_db', 'shop_dev_user'), null)
})

test('the first run of each build counts, wherever chunks of the file end', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl')
  const first = run('01-01')
  const rest = `${run('02-02', { message: 'not a {"type":"run","' })}${run('01-01').replaceAll('2026-01-01', '2026-03-03')}`
  for (let shift = 0; shift < 80; shift += 1) {
    const starts = await startsOf(path, `${first}"${'x'.repeat(MEGABYTE - first.length - shift - 3)}"\n${rest}`)
    t.deepEqual(
      ['01-01', '02-02'].map((build) => starts.firstDay(build)),
      ['2026-01-01', '2026-02-02'],
    )
  }
})

test('an empty file, torn and edited lines give nothing', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl')
  t.is((await startsOf(path, '')).firstDay('01-01'), null)
  t.is((await startsOf(path, run('01-01').slice(0, -1))).firstDay('01-01'), null)
  const edited = await startsOf(path, run('01-01', { object: 'database' }).replace('"at":', '"when":'))
  t.is(edited.access('db-1', 'shop_dev_db', 'shop_dev_user'), null)
})
