import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isCode, type Binaries } from './binaries.ts'
import { serverIdentity } from './identity.ts'

/** `smart` lets nobody in and waits until all have left (SIGTERM), `fast` rolls back and ends cleanly (SIGINT), `immediate` is a crash (SIGQUIT). Manual 18.5. */
export type ShutdownMode = 'smart' | 'fast' | 'immediate'

const SIGNALS: Readonly<Record<ShutdownMode, string>> = { smart: 'TERM', fast: 'INT', immediate: 'QUIT' }

/** A running postmaster. */
export interface ServerProcess {
  /** Ends the server and keeps its files. */
  stop(mode: ShutdownMode): Promise<void>
}

/**
 * Runs the server until an order comes on standard input. When the test process dies, however it dies, that pipe closes:
 * then the server ends and its folder goes, so that not even a kill -9 leaves anything behind. `ended` tells of a server
 * that did not come up.
 */
const WATCHDOG = `
{ "$1" -D "$2/data" </dev/null >"$2/postgres.out" 2>&1 & echo $! >"$2/pid"; wait $!; echo ended >"$2/ended"; } &
read -r signal || signal=
kill -"\${signal:-QUIT}" "$(cat "$2/pid")"
wait
[ -n "$signal" ] || rm -rf "$2"
`

const START_SECONDS = 60

/** Starts `folder`/data; resolves when it accepts connections. Throws with the server's own words where it does not. */
export async function startProcess(binaries: Binaries, folder: string): Promise<ServerProcess> {
  await rm(join(folder, 'ended'), { force: true }) // of the run before a restart
  const child = spawn('/bin/sh', ['-c', WATCHDOG, 'postgres-watchdog', binaries.postgres, folder], {
    ...serverIdentity(),
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.unref()
  try {
    await waitUntilReady(folder)
  } catch (error) {
    await stop(child, 'immediate')
    throw error
  }
  return { stop: (mode) => stop(child, mode) }
}

async function stop(child: ChildProcess, mode: ShutdownMode): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.ref()
  child.stdin?.end(`${SIGNALS[mode]}\n`)
  await ended
}

async function waitUntilReady(folder: string): Promise<void> {
  for (const end = Date.now() + START_SECONDS * 1000; Date.now() < end;) {
    const pidFile = await readIfThere(join(folder, 'data', 'postmaster.pid'))
    if (pidFile.split('\n')[7]?.trim() === 'ready') return // line 8 is the state, miscadmin.h LOCK_FILE_LINE_PM_STATUS
    if ((await readIfThere(join(folder, 'ended'))) !== '') break
    await sleep(15)
  }
  const said =
    (await readIfThere(join(folder, 'postgres.out'))) + (await readIfThere(join(folder, 'log', 'server.csv')))
  throw new Error(`PostgreSQL did not start: ${said.slice(-2000)}`)
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return ''
    throw error
  }
}

/** A TCP port of the loopback that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The free port has no number.')
  server.close()
  await once(server, 'close')
  return address.port
}
