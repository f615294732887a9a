/**
 * A run through the function beside the same run without it: `npx tsx test/bench/runner.ts [applications] [pairs]`. Both are
 * processes of the bundle, one after the other in pairs, so that a busy machine slows both. Prints lines of JSON.
 */
import { readFileSync } from 'node:fs'
import { launchThrough, putFunction, walledEnv } from '../support/lambda.ts'
import type { LambdaFunction } from '../support/aws.ts'
import { Bed, type Entry, type Stack } from '../support/provision.ts'

const [, , count = '60', rounds = '3'] = process.argv
const APPLICATIONS = Number(count)
const QUIET = { RDS_PROVISION_AUDIT_FILE: '/dev/null' }

/** One database, and so many logins in it: what travels and what is asked grows with the logins. */
function declared(bed: Bed, name: string): Stack {
  const entries = Array.from({ length: APPLICATIONS }, (_, index): [string, Entry] => {
    const login = `${name}_${String(index)}`
    return [login, { database_name: name, username: login, access_level: index === 0 ? 'owner' : 'reader' }]
  })
  return bed.declare(Object.fromEntries(entries), { stack: name })
}

async function timed(run: () => Promise<{ code: number; stdout: string; stderr: string }>): Promise<number> {
  const started = performance.now()
  const { code, stdout, stderr } = await run()
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`)
  return (performance.now() - started) / 1000
}

/** The most memory that it ever had, in MB. */
function peakOf({ sandboxes: [sandbox] }: LambdaFunction): number {
  const status = readFileSync(`/proc/${String(sandbox?.pid)}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024
}

const bed = await Bed.start({ version: 16 })
try {
  for (let pair = 1; pair <= Number(rounds); pair += 1) {
    const [here, there] = [declared(bed, `here_${String(pair)}`), declared(bed, `there_${String(pair)}`)]
    const made = putFunction(bed, { timeoutMs: 900_000 })
    const direct = (): Promise<number> => timed(() => here.bundle(['apply'], QUIET))
    const through = (): Promise<number> =>
      timed(() => launchThrough(bed, there, made, ['apply'], { ...walledEnv(bed), ...QUIET }).ended)
    const first = { direct: await direct(), through: await through() }
    const [sandbox] = made.sandboxes
    const [cold, bytes] = [(sandbox?.coldMs ?? 0) / 1000, sandbox?.answered ?? 0]
    const again = { direct: await direct(), through: await through() }
    const peak = peakOf(made)
    made.stop()
    const figures = {
      applications: APPLICATIONS,
      first,
      again,
      cold,
      bytes,
      againBytes: (sandbox?.answered ?? 0) - bytes,
      peak,
    }
    console.log(JSON.stringify(figures))
  }
} finally {
  await bed.stop()
}
