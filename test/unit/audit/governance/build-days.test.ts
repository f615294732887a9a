import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import test from 'ava'

import { readBuildDays } from '../../../../src/audit/governance/build-days.ts'
import { temporaryFolder } from '../folder.ts'

const run = (build: string, day: string): string => `{"type":"run","build_id":"${build}","started_at":"${day}T10:00:00.000Z"}\n`

test('the first run of each build counts, wherever chunks of the file end', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl')
  const record = `{"type":"record","message":"not a {\\"type\\":\\"run\\","}\n`
  const megabyte = 1024 * 1024
  for (let shift = 0; shift < 80; shift += 1) {
    const first = run('a', '2026-01-01')
    const filler = `"${'x'.repeat(megabyte - first.length - shift - 3)}"\n`
    await writeFile(path, `${first}${filler}${run('b', '2026-02-02')}${record}${run('a', '2026-03-03')}`)
    t.deepEqual([...await readBuildDays(path)], [['a', '2026-01-01'], ['b', '2026-02-02']])
  }
})

test('an empty file and a torn line give nothing', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl')
  await writeFile(path, '')
  t.deepEqual([...await readBuildDays(path)], [])
  await writeFile(path, run('a', '2026-01-01').slice(0, -1))
  t.deepEqual([...await readBuildDays(path)], [])
})
