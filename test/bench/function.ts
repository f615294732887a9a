/**
 * `npm run bench:function`: a run through the function beside the same run without it. Both are processes of the bundle,
 * one after the other in pairs, so that a busy machine slows both.
 */
import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { type LambdaFunction, startAws } from '../support/aws.ts'
import type { Ended } from '../support/launch.ts'
import { median } from './measure.ts'
import { launchThrough, putFunction, walledEnv } from '../support/lambda.ts'
import { startServer } from '../support/postgres.ts'
import type { Entry } from '../support/provision/runs.ts'
import { ADMIN_SECRET, Stack } from '../support/provision/stack.ts'

const { values: options } = parseArgs({
  options: {
    logins: { type: 'string', default: '60,1000' },
    pairs: { type: 'string', default: '3' },
  },
})

/** Of the direct way, plus the cold start (src/README.md: The function). */
const AIM = 1.3
const QUIET = { RDS_PROVISION_AUDIT_FILE: '/dev/null' }

const [server, aws] = await Promise.all([startServer({ version: 16 }), startAws()])
aws.putLogin(ADMIN_SECRET, server.admin.user, server.admin.password)
const bed = { server, aws }

/** One database and so many logins in it: what travels, and what is asked, grows with the logins. */
function declared(name: string, logins: number): Stack {
  const entries = Array.from({ length: logins }, (_, index): [string, Entry] => {
    const login = `${name}_${String(index)}`
    return [login, { database_name: name, username: login, access_level: index === 0 ? 'owner' : 'reader' }]
  })
  return new Stack(bed, Object.fromEntries(entries), { stack: name })
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

async function measure(pair: number, logins: number): Promise<Pair> {
  const name = `${String(logins)}_${String(pair)}`
  const [here, there] = [declared(`here_${name}`, logins), declared(`there_${name}`, logins)]
  const made = putFunction(bed, { timeoutMs: 900_000 })
  const direct = (): Promise<number> => timed(() => here.bundle(['apply'], QUIET))
  const through = (): Promise<number> =>
    timed(() => launchThrough(bed, there, made, ['apply'], { ...walledEnv(bed), ...QUIET }).ended)
  const first = { direct: await direct(), through: await through() }
  const answered = (): number => made.sandboxes.reduce((sum, sandbox) => sum + sandbox.answered, 0)
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

for (const logins of options.logins.split(',').map(Number)) {
  const pairs: Pair[] = []
  for (let pair = 1; pair <= Number(options.pairs); pair += 1) {
    const measured = await measure(pair, logins)
    pairs.push(measured)
    console.log(JSON.stringify({ logins, ...measured, load: loadavg()[0] }))
  }
  const first = median(pairs.map(({ first: { direct, through }, cold }) => (through - cold) / direct))
  const again = median(pairs.map(({ again: { direct, through } }) => through / direct))
  console.log(
    `${String(logins)} logins: new ${first.toFixed(2)}, again ${again.toFixed(2)} of the direct way (at most ${String(AIM)})`,
  )
}
await Promise.all([server.stop(), aws.stop()])
