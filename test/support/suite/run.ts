/** Runs a check or a folder of ava tests, shows how it goes, and counts. */
import { createInterface } from 'node:readline'
import { execa } from 'execa'

export interface Count {
  readonly passed: number
  readonly failed: number
  /** What failed, each with what was told of it. */
  readonly failures: readonly Failure[]
}

interface Failure {
  readonly name: string
  /** Lines that say why, as they were shown; none where the name says it. */
  readonly details: readonly string[]
}

export interface SuiteOptions {
  readonly options?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** So many lines of each failure are shown once more at the end. */
const DETAIL_LINES = 15

/** Where TAP's details of a test begin and end. */
const YAML_MARKS: readonly string[] = ['  ---', '  ...']

/** npm's scripts directory for programs of packages. */
const LOCAL = { preferLocal: true, reject: false } as const

/** A program that passes or fails as a whole; its output is shown where it fails. */
export async function check(title: string, command: string, args: readonly string[]): Promise<Count> {
  const started = Date.now()
  const { exitCode, all, message } = await execa(command, args, { ...LOCAL, all: true })
  const passed = exitCode === 0
  console.log(`${passed ? '✔' : '✘'} ${title} (${since(started)})`)
  if (passed) return { passed: 1, failed: 0, failures: [] }
  const details = (exitCode === undefined ? message : all) ?? ''
  console.log(details)
  return failedAsWhole(title, details.split('\n'))
}

/** The count of something that failed as one; `details` tell why, line by line. */
export function failedAsWhole(name: string, details: readonly string[]): Count {
  return { passed: 0, failed: 1, failures: [{ name, details }] }
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
  const failures: Failure[] = []
  const count = { passed: 0, failed: 0, failures }
  let inFailure = false
  let details: string[] = []
  for await (const line of createInterface({ input: ava.stdout })) {
    const [, failed, test, directive] = /^(not )?ok \d+ - (.*?)(?: # (SKIP|TODO).*)?$/.exec(line) ?? []
    if (test === undefined) {
      if (inFailure) console.log(`  ${line}`)
      if (inFailure && !YAML_MARKS.includes(line)) details.push(line)
      inFailure &&= line !== '  ...'
      continue
    }
    inFailure = failed !== undefined
    if (directive === undefined) count[inFailure ? 'failed' : 'passed'] += 1
    details = []
    if (directive === undefined && inFailure) failures.push({ name: `${title}: ${test}`, details })
    console.log(`  ${inFailure ? '✘' : directive === undefined ? '✔' : '-'} ${test}`)
  }
  const { exitCode, message } = await ava
  if (exitCode !== 0 && count.failed === 0) {
    const why = `ava: ${exitCode === undefined ? message : `exit code ${exitCode}`}`
    console.log(`  ✘ ${why}`)
    count.failed += 1
    failures.push({ name: `${title}: ${why}`, details: [] })
  }
  console.log(`  ${count.passed} passed, ${count.failed} failed (${since(started)})`)
  return count
}

/**
 * What failed once more, by name and with the first lines that say why, since what was told of it stands far above and a
 * log that is cut keeps its end; the last line; and the exit code.
 */
export function conclude(results: readonly Count[]): void {
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  const failed = results.reduce((sum, result) => sum + result.failed, 0)
  if (failed > 0) console.log('')
  for (const { name, details } of results.flatMap(({ failures }) => failures)) {
    console.log(`✘ ${name}`)
    for (const line of details.slice(0, DETAIL_LINES)) console.log(`  ${line}`)
    const left = details.length - DETAIL_LINES
    if (left > 0) console.log(`  … and ${String(left)} ${left === 1 ? 'line' : 'lines'} above`)
  }
  console.log(`\n${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

function since(started: number): string {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`
}
