/** Runs a check or a folder of ava tests, shows how it goes, and counts. */
import { createInterface } from 'node:readline'
import { execa } from 'execa'

export interface Count {
  readonly passed: number
  readonly failed: number
  /** What failed, by name. */
  readonly names: readonly string[]
}

interface SuiteOptions {
  readonly options?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** npm's scripts directory for programs of packages. */
const LOCAL = { preferLocal: true, reject: false } as const

/** A program that passes or fails as a whole; its output is shown where it fails. */
export async function check(title: string, command: string, args: readonly string[]): Promise<Count> {
  const started = Date.now()
  const { exitCode, all, message } = await execa(command, args, { ...LOCAL, all: true })
  const passed = exitCode === 0
  console.log(`${passed ? '✔' : '✘'} ${title} (${since(started)})`)
  if (!passed) console.log(exitCode === undefined ? message : all)
  return passed ? { passed: 1, failed: 0, names: [] } : { passed: 0, failed: 1, names: [title] }
}

/**
 * All ava tests that match the patterns: one line each, failures with their details. Skipped and unfinished tests are not
 * counted as passed. Whatever ava itself trips over counts as one failure.
 * @param options options of ava's, and variables of the tests' environment besides those of this process.
 */
export async function suite(
  title: string,
  patterns: readonly string[],
  { options = [], env = {} }: SuiteOptions = {},
): Promise<Count> {
  const started = Date.now()
  console.log(`\n${title}`)
  const ava = execa('ava', ['--tap', ...options, ...patterns], { ...LOCAL, stderr: 'inherit', env })
  const count: { passed: number; failed: number; names: string[] } = { passed: 0, failed: 0, names: [] }
  let inFailure = false
  for await (const line of createInterface({ input: ava.stdout })) {
    const [, failed, test, directive] = /^(not )?ok \d+ - (.*?)(?: # (SKIP|TODO).*)?$/.exec(line) ?? []
    if (test === undefined) {
      if (inFailure) console.log(`  ${line}`)
      inFailure &&= line !== '  ...'
      continue
    }
    inFailure = failed !== undefined
    if (directive === undefined) count[inFailure ? 'failed' : 'passed'] += 1
    if (directive === undefined && inFailure) count.names.push(`${title}: ${test}`)
    console.log(`  ${inFailure ? '✘' : directive === undefined ? '✔' : '-'} ${test}`)
  }
  const { exitCode, message } = await ava
  if (exitCode !== 0 && count.failed === 0) {
    const why = `ava: ${exitCode === undefined ? message : `exit code ${exitCode}`}`
    console.log(`  ✘ ${why}`)
    count.failed += 1
    count.names.push(`${title}: ${why}`)
  }
  console.log(`  ${count.passed} passed, ${count.failed} failed (${since(started)})`)
  return count
}

/** What failed, by name once more, since what is told of it stands far above; the last line; and the exit code. */
export function conclude(results: readonly Count[]): void {
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  const failed = results.reduce((sum, result) => sum + result.failed, 0)
  if (failed > 0) console.log('')
  for (const name of results.flatMap(({ names }) => names)) console.log(`✘ ${name}`)
  console.log(`\n${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

function since(started: number): string {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`
}
