/** Special files and folders, as root too: the tests of CI run as root, to whom every device belongs. */
import { constants } from 'node:fs'
import { lstat, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { writeAtomically } from '../../../src/audit/atomic.ts'
import { kindOf, makeFolder } from '../../../src/audit/special.ts'
import { temporaryFolder } from './folder.ts'

/** A character device of the test's own, where it may make one: /dev/null is not to be lost if it fails. */
async function nullDevice(t: ExecutionContext): Promise<string> {
  const path = join(temporaryFolder(t), 'null')
  const { failed } = await execa('mknod', [path, 'c', '1', '3'], { reject: false })
  if (failed) return '/dev/null'
  try {
    await (await open(path, constants.O_WRONLY)).close()
    return path
  } catch {
    // A file system without devices (nodev).
    await rm(path)
    return '/dev/null'
  }
}

test('a character device is written through and stays one', async (t) => {
  const device = await nullDevice(t)
  await writeAtomically(device, 'x')
  t.true((await lstat(device)).isCharacterDevice())
  if (device !== '/dev/null') t.deepEqual(await readdir(join(device, '..')), ['null'])
})

test('a named pipe, with and without a reader, and a socket are refused, not replaced and not waited for', async (t) => {
  const folder = temporaryFolder(t)
  const fifo = join(folder, 'fifo')
  await execa('mkfifo', [fifo])
  await t.throwsAsync(writeAtomically(fifo, 'x'), { message: `${fifo} is a named pipe, and not a regular file` })
  const reader = await open(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  await t.throwsAsync(writeAtomically(fifo, 'x'), { message: /named pipe/ })
  await reader.close()
  const socket = join(folder, 'socket')
  const server = createServer()
  await new Promise<void>((listening) => server.listen(socket, listening))
  await t.throwsAsync(writeAtomically(socket, 'x'), { message: /is a socket, and not a regular file/ })
  server.close()
  t.true((await lstat(fifo)).isFIFO())
})

test('the names that the system gives open files are refused: a rename would take them from everybody', async (t) => {
  const file = join(temporaryFolder(t), 'open')
  await writeFile(file, 'kept')
  const handle = await open(file, 'r+')
  t.teardown(() => handle.close())
  for (const path of [`/dev/fd/${String(handle.fd)}`, `/proc/self/fd/${String(handle.fd)}`])
    await t.throwsAsync(writeAtomically(path, 'x'), { message: /is a name of an open file, and not a regular file/ })
  t.is(await readFile(file, 'utf8'), 'kept')
})

test('a link of a person is replaced, wherever it leads; what it led to stays', async (t) => {
  const folder = temporaryFolder(t)
  const target = join(folder, 'target')
  await writeFile(target, 'kept')
  for (const [name, to] of [
    ['to file', target],
    ['to device', '/dev/null'],
    ['to nowhere', join(folder, 'nowhere')],
  ] as const) {
    const path = join(folder, name)
    await symlink(to, path)
    t.is(await kindOf(path), 'link')
    await writeAtomically(path, 'x')
    t.true((await lstat(path)).isFile())
  }
  t.is(await readFile(target, 'utf8'), 'kept')
  t.true((await stat('/dev/null')).isCharacterDevice())
})

test('folders are made, also by several at once; where none can be made that is said at once', async (t) => {
  const folder = join(temporaryFolder(t), 'a', 'b', 'c')
  await Promise.all([makeFolder(folder), makeFolder(folder), makeFolder(join(folder, 'd'))])
  t.true((await stat(join(folder, 'd'))).isDirectory())
  await t.throwsAsync(makeFolder('/proc/rds-provision/audit'), { code: 'ENOENT' })
  await writeFile(join(folder, 'file'), '')
  await t.throwsAsync(makeFolder(join(folder, 'file', 'below')), { code: 'ENOTDIR' })
})
