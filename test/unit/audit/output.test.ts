import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

import test from 'ava'
import { execa } from 'execa'

import { createFileOutput, createOutput, wantsColour } from '../../../src/audit/output.ts'
import { temporaryFolder } from './folder.ts'

test('a reader that goes away does not end the program', async (t) => {
  const writer = fileURLToPath(new URL('./endless.ts', import.meta.url))
  const { stdout, stderr } = await execa('sh', [
    '-c',
    '{ "$1" --import=tsx "$2"; echo "exit $?" >&2; } | head -n 1',
    'sh',
    process.execPath,
    writer,
  ])
  t.is(stdout, 'line 0')
  t.is(stderr, 'failure EPIPE\nexit 0')
})

test('after a failure nothing more is written, and it can be asked for', async (t) => {
  let writes = 0
  const stream = new Writable({
    write(_chunk, _encoding, done) {
      writes += 1
      done(new Error('EIO'))
    },
  })
  const output = createOutput(stream)
  t.is(output.failure(), null)
  output.write('a')
  await new Promise((resolve) => setImmediate(resolve))
  output.write('b')
  t.is(output.failure()?.message, 'EIO')
  t.is(writes, 1)
})

test('a file is appended to; one that cannot be written is no exception', (t) => {
  const path = join(temporaryFolder(t), 'summary.md')
  const output = createFileOutput(path)
  output.write('a')
  output.write('b')
  t.is(readFileSync(path, 'utf8'), 'ab')
  t.is(output.failure(), null)
  const missing = createFileOutput(join(path, 'below'))
  missing.write('a')
  t.regex(missing.failure()?.message ?? '', /ENOTDIR/)
})

test('colours on a terminal that wants them', (t) => {
  t.true(wantsColour({ TERM: 'xterm', NO_COLOR: '' }, true))
  t.false(wantsColour({}, false))
  t.false(wantsColour({ NO_COLOR: '1' }, true))
  t.false(wantsColour({ CI: 'true' }, true))
  t.false(wantsColour({ TERM: 'dumb' }, true))
})
