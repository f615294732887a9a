/** One run, cut off at one exchange with the server; and whether its audit tells the truth of it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'

import * as v from 'valibot'
import { STATUSES } from '../../../src/model/audit.ts'
import type { Bed, Outcome, Stack } from '../provision.ts'
import type { CutMode, Proxy } from '../proxy.ts'
import { effective, quiet, told, type Told, untruths } from './truth.ts'
import { join } from 'node:path'

/**
 * `dead`: the network stays away until the run has ended. `blink`: it is back at once, and an apply itself converges.
 * `kill`: SIGKILL to the process of the bundle, once the server has the message.
 */
export type Aftermath = 'dead' | 'blink' | 'kill'

export interface Cut {
  readonly mode: CutMode
  readonly aftermath: Aftermath
}

export const BEFORE: Cut = { mode: 'before', aftermath: 'dead' }
export const AFTER: Cut = { mode: 'after', aftermath: 'dead' }
export const KILL: Cut = { mode: 'kill', aftermath: 'kill' }
export const BEFORE_BLINK: Cut = { mode: 'before', aftermath: 'blink' }
export const AFTER_BLINK: Cut = { mode: 'after', aftermath: 'blink' }

/** One change, from a state that it makes itself. */
export interface Leg {
  readonly title: string
  /** Brings the server and the declaration to where the run starts. */
  readonly prepare: () => Promise<void>
  /** The application that is removed, or whose marker is destroyed; without either, the run is an apply. */
  readonly removes?: string
  readonly asks?: string
  /** What was there before is not what an apply of everything comes to. */
  readonly isSettledBefore?: false
  readonly adopts?: true
}

export async function runLeg(stack: Stack, { removes, asks }: Leg): Promise<Outcome> {
  if (asks !== undefined) return stack.request(asks)
  return removes === undefined ? stack.apply() : stack.destroy(removes)
}

/** Whether the run is an apply, which goes on over a connection that is made anew. */
export function isApply({ removes, asks }: Leg): boolean {
  return removes === undefined && asks === undefined
}

export interface CutRun {
  /** The run got as far as this exchange. */
  readonly isReached: boolean
  /** What was not as it must be, one line each. */
  readonly faults: readonly string[]
}

type Arm = (then: () => void) => void

/** Runs a leg over the proxy, which cuts it off at an exchange. Afterwards the network is there again, and nobody is left on the server. */
export async function cutOff(
  bed: Bed,
  proxy: Proxy,
  stack: Stack,
  leg: Leg,
  { mode, aftermath }: Cut,
  flight: number,
): Promise<CutRun> {
  let isReached = false
  const mark = await bed.server.mark()
  proxy.reset()
  const arm: Arm = (then) => {
    proxy.cutAt(flight, mode, () => {
      isReached = true
      then()
    })
  }
  const faults: string[] = []
  let tale: Told
  if (aftermath === 'kill') tale = await killed(stack, leg, arm)
  else {
    arm(() => {
      if (aftermath === 'blink')
        setTimeout(() => {
          proxy.reset()
        }, 20)
    })
    const { audit, records } = await runLeg(stack, leg)
    tale = told(records)
    faults.push(...wrongEnd(audit.run, leg, aftermath, isReached))
    if (aftermath === 'blink' && !isApply(leg)) faults.push(...(await closed(bed, audit.run.error ?? '')))
  }
  await quiet(bed.server)
  proxy.reset()
  const lies = untruths(tale, effective(await bed.server.logSince(mark)))
  // Whoever is killed can claim nothing more; what it did claim must be so.
  return { isReached, faults: [...faults, ...lies.filter((lie) => aftermath !== 'kill' || lie.startsWith('claimed'))] }
}

function wrongEnd(
  { exit_code: code, error }: Outcome['audit']['run'],
  leg: Leg,
  aftermath: Aftermath,
  isReached: boolean,
): string[] {
  const mustEndWell = !isReached || (aftermath === 'blink' && isApply(leg))
  if (mustEndWell) return code === 0 ? [] : [`the run failed: ${error ?? ''}`]
  // 0: the cut came after the last word that mattered; what took effect is compared all the same.
  return [0, 1, 6].includes(code) ? [] : [`exit code ${String(code)}: ${error ?? ''}`]
}

/**
 * A removal that failed while the server can be reached leaves no database closed; a login stays closed until it is gone
 * or declared again, and that is told.
 */
async function closed({ server }: Bed, error: string): Promise<string[]> {
  const rows =
    await server.sql(`SELECT 'database ' || datname AS what FROM pg_database WHERE datname LIKE '%\\_dev\\_db' AND NOT datallowconn
    UNION ALL SELECT 'login ' || rolname FROM pg_roles WHERE rolname LIKE '%\\_dev\\_user' AND NOT rolcanlogin`)
  return rows
    .map(({ what }) => String(what))
    .filter((what) => what.startsWith('database') || !/can no longer log in|is not known/.test(error))
    .map((what) => `${what} was left closed: ${error}`)
}

const Line = v.object({ message: v.string(), status: v.picklist(STATUSES), statements: v.array(v.string()) })

/** The bundle as a process, killed at the cut; what it told until then. */
async function killed(stack: Stack, { removes, asks }: Leg, arm: Arm): Promise<Told> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-killed-'))
  const audit = ['--audit-file', join(folder, 'audit.json')]
  try {
    const gone = removes ?? asks
    const run =
      gone === undefined
        ? stack.launch(['apply', ...audit], { RDS_PROVISION_LOG: 'json' })
        : stack.launch(['destroy', ...(asks === undefined ? [] : ['--request']), '--application', gone, ...audit], {
            RDS_PROVISION_LOG: 'json',
            RDS_PROVISION_INPUT: JSON.stringify(stack.marker(gone)),
            RDS_PROVISION_BUILD_ID: String(stack.variables['build_id']),
          })
    arm(() => {
      run.kill('SIGKILL')
    })
    const { stdout } = await run.ended
    return told(
      stdout
        .split('\n')
        .filter((line) => line.includes('"type":"record"') && line.endsWith('}'))
        .map((line) => v.parse(Line, JSON.parse(line))),
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
