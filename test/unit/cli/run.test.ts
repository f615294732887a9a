import { Readable } from 'node:stream'
import test from 'ava'
import { createLookDependencies, createRunDependencies } from '../../../src/cli/run.ts'
import type { CommandProcess } from '../../../src/cli/process.ts'
import { readEnvironment } from '../../../src/input/environment.ts'

function terminal(): { readonly process: CommandProcess; readonly shown: string[] } {
  const shown: string[] = []
  const output = { write: (text: string): void => void shown.push(text), failure: () => null }
  const interrupt = new AbortController().signal
  const about = { variables: {}, cwd: () => '/', parentPid: 1, isTerminal: true, input: () => Readable.from([]) }
  return { process: { ...about, output, errors: output, interrupt }, shown }
}

test('a line on what is waited for moves no terminal, whatever name is in it, and stays one line', async (t) => {
  const { process, shown } = terminal()
  const line = 'waiting for session 1 of \u001b[2Jeve\u202e\nnext ##[error]x'
  const running = await createRunDependencies(process, readEnvironment({}), [])
  running.progress(line)
  const looking = await createLookDependencies(process, readEnvironment({}))
  looking.progress(line)
  const safe = 'waiting for session 1 of \\u{1b}[2Jeve\\u{202e} next ##\\[error]x\n'
  t.deepEqual(shown, [safe, safe])
})
