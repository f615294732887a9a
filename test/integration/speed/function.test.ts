/**
 * A run through the function beside the same run without it: both are processes of the bundle, one after the other in
 * pairs, so that a busy machine slows both. `RDS_PROVISION_TEST_APPLICATIONS=1000` measures more of them.
 */
import { readFileSync } from 'node:fs'
import test from 'ava'
import type { LambdaFunction } from '../../support/aws.ts'
import type { Ended } from '../../support/launch.ts'
import { launchThrough, putFunction, walledEnv } from '../../support/lambda.ts'
import { bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'

const APPLICATIONS = Number(process.env['RDS_PROVISION_TEST_APPLICATIONS'] ?? '60')
const PAIRS = 3
/** Of the direct way, plus the cold start (src/README.md: The function). */
const MOST = 1.3
const QUIET = { RDS_PROVISION_AUDIT_FILE: '/dev/null' }

const [version = 16] = VERSIONS.slice(-1)
const bed = bedFor(version)

/** One database and so many logins in it: what travels, and what is asked, grows with the logins. */
function declared(name: string): Stack {
  const entries = Array.from({ length: APPLICATIONS }, (_, index): [string, Entry] => {
    const login = `${name}_${String(index)}`
    return [login, { database_name: name, username: login, access_level: index === 0 ? 'owner' : 'reader' }]
  })
  return bed().declare(Object.fromEntries(entries), { stack: name })
}

/** @returns seconds. @throws Error where it did not end well */
async function timed(run: () => Promise<Ended>): Promise<number> {
  const started = performance.now()
  const { code, stdout, stderr } = await run()
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`)
  return (performance.now() - started) / 1000
}

/** The most memory that it ever had, in MB; null where the system does not tell. */
function peakOf({ sandboxes: [sandbox] }: LambdaFunction): number | null {
  if (process.platform !== 'linux') return null
  const status = readFileSync(`/proc/${String(sandbox?.pid)}/status`, 'utf8')
  return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024)
}

interface Pair {
  readonly first: { readonly direct: number; readonly through: number }
  readonly again: { readonly direct: number; readonly through: number }
  readonly cold: number
  readonly bytes: number
  readonly bytesAgain: number
  readonly peak: number | null
}

async function measure(pair: number): Promise<Pair> {
  const [here, there] = [declared(`here_${String(pair)}`), declared(`there_${String(pair)}`)]
  const made = putFunction(bed(), { timeoutMs: 900_000 })
  const direct = () => timed(() => here.bundle(['apply'], QUIET))
  const through = () =>
    timed(() => launchThrough(bed(), there, made, ['apply'], { ...walledEnv(bed()), ...QUIET }).ended)
  const first = { direct: await direct(), through: await through() }
  const answered = () => made.sandboxes.reduce((sum, sandbox) => sum + sandbox.answered, 0)
  const bytes = answered()
  const again = { direct: await direct(), through: await through() }
  const [sandbox] = made.sandboxes
  return {
    first,
    again,
    cold: (sandbox?.coldMs ?? 0) / 1000,
    bytes,
    bytesAgain: answered() - bytes,
    peak: peakOf(made),
  }
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

test('through the function a run takes at most 1.3 times as long, plus the cold start', async (t) => {
  t.timeout(1_800_000)
  const pairs: Pair[] = []
  for (let pair = 1; pair <= (APPLICATIONS > 100 ? 1 : PAIRS); pair += 1) pairs.push(await measure(pair))
  const ratio = (of: (pair: Pair) => number): number => middle(pairs.map(of))
  const first = ratio(({ first: { direct, through }, cold }) => (through - cold) / direct)
  const again = ratio(({ again: { direct, through } }) => through / direct)
  for (const pair of pairs) t.log(JSON.stringify(pair))
  t.log(`new ${first.toFixed(2)}, again ${again.toFixed(2)} of the direct way`)
  t.true(first <= MOST, `new: ${first.toFixed(2)}`)
  t.true(again <= MOST, `again: ${again.toFixed(2)}`)
})
