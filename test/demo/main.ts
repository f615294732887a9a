/** Runs the demo to its end, a failure or an interrupt, and leaves nothing behind but the audit. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { type Cleanup, KEPT, makeBed } from './bed.ts'
import { done, failed, heading, say } from './screen.ts'
import { tell } from './story.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** As a shell tells of a program that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130

const removals: (() => Promise<unknown>)[] = []
const cleanup: Cleanup = (remove) => removals.unshift(remove)
const interrupt = new AbortController()
// npm passes a signal on that the terminal has sent already: later ones change nothing, the removal goes on.
for (const name of SIGNALS) process.on(name, () => interrupt.abort(name))

/**
 * All temporary files of the demo in one folder, the test bed's own included, so that they go together. Its name is short,
 * since a socket's path below it may have 103 characters on macOS.
 */
async function makeFolder(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rdsp-'))
  cleanup(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755) // as root, the server runs as another user
  process.env['TMPDIR'] = folder
}

async function removeAll(): Promise<number> {
  let failures = 0
  for (const remove of removals) {
    try {
      await remove()
    } catch (error) {
      failures += 1
      failed(`Not removed: ${String(error)}`)
    }
  }
  return failures
}

async function demo(): Promise<number> {
  const started = Date.now()
  try {
    heading('An instance to try it on')
    await makeFolder()
    const bed = await makeBed(cleanup, interrupt.signal)
    await tell(bed, interrupt.signal)
    heading('The end')
    say(`Every line with a ✔ was checked before it was printed. ${((Date.now() - started) / 1000).toFixed(0)} s.`)
    return 0
  } catch (error) {
    if (interrupt.signal.aborted) failed(`Interrupted (${String(interrupt.signal.reason)}).`)
    else failed(error instanceof Error ? error.message : String(error))
    return interrupt.signal.aborted ? EXIT_INTERRUPTED : 1
  }
}

const exitCode = await demo()
const left = await removeAll()
if (left === 0) done('Removed again: servers, folders, state.')
if (exitCode === 0) say(`Kept to look at: ${relative(process.cwd(), KEPT)}`)
process.exitCode = exitCode === 0 && left > 0 ? 1 : exitCode
