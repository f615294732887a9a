/** The crash sweep: a run cut at its k-th exchange, a clean run after it, and the same catalogs as without the cut. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { STATUSES } from '../../../src/model/audit.ts'
import { difference, type Dump, dump } from '../catalogs.ts'
import type { Bed, Outcome, Stack } from '../provision.ts'
import { type CutMode, type Proxy, startProxy } from '../proxy.ts'
import { effective, quiet, told, untruths } from './truth.ts'

/**
 * `dead`: the network stays away until the run has ended. `blink`: it is back at once, and the run itself converges.
 * `kill`: SIGKILL to the process of the bundle, once the server has the message.
 */
export type Aftermath = 'dead' | 'blink' | 'kill'

export interface Cut {
  readonly mode: CutMode
  readonly aftermath: Aftermath
}

export const CUTS: readonly Cut[] = [
  { mode: 'before', aftermath: 'dead' },
  { mode: 'after', aftermath: 'dead' },
  { mode: 'before', aftermath: 'blink' },
  { mode: 'after', aftermath: 'blink' },
  { mode: 'kill', aftermath: 'kill' },
]

/** One change, from a state that it makes itself. */
export interface Leg {
  readonly title: string
  /** Brings the server and the declaration to where the run starts. */
  readonly prepare: () => Promise<void>
}

/** What is declared, and the changes that are cut, in turn: each starts from where the one before ended. */
export interface Scenario {
  readonly title: string
  readonly stack: Stack
  readonly legs: readonly Leg[]
}

export interface Sweep {
  /** Cuts that were tried, and reached. */
  readonly tried: number
  /** What did not come out as it must, one line each. */
  readonly faults: readonly string[]
}

/** @param every only each so-many-th exchange. */
export async function sweep(bed: Bed, make: (bed: Bed) => Scenario, cut: Cut, every = 1, offset = 0): Promise<Sweep> {
  const proxy = await startProxy(bed.server.port)
  try {
    const scenario = make(bed)
    const { stack } = scenario
    stack.variables = {
      ...stack.variables, connect_timeout: cut.aftermath === 'dead' ? 1 : 20, max_connections: 1,
      instance: { host: 'localhost', port: proxy.port, identifier: 'db-1' },
    }
    return await new Sweeper(bed, proxy, scenario, cut).run(every, offset)
  } finally {
    await proxy.close()
  }
}

const Line = v.object({ message: v.string(), status: v.picklist(STATUSES), statements: v.array(v.string()) })

class Sweeper {
  readonly #bed: Bed
  readonly #proxy: Proxy
  readonly #scenario: Scenario
  readonly #cut: Cut
  readonly #faults: string[] = []
  #tried = 0

  constructor(bed: Bed, proxy: Proxy, scenario: Scenario, cut: Cut) {
    this.#bed = bed
    this.#proxy = proxy
    this.#scenario = scenario
    this.#cut = cut
  }

  async run(every: number, offset: number): Promise<Sweep> {
    const undisturbed = await this.#undisturbed()
    for (let flight = 1 + offset, isReached = true; isReached; flight += every) {
      isReached = false
      for (const [index, leg] of this.#scenario.legs.entries()) {
        const expected = undisturbed[index]
        if (expected === undefined) throw new Error(`no state after ${leg.title}`)
        isReached = (await this.#at(flight, leg, expected)) || isReached
      }
    }
    return { tried: this.#tried, faults: this.#faults }
  }

  /** The second time around, since the first starts from nothing. */
  async #undisturbed(): Promise<Dump[]> {
    const dumps: Dump[] = []
    for (const round of [1, 2]) {
      for (const leg of this.#scenario.legs) {
        await leg.prepare()
        await this.#scenario.stack.applyOk()
        if (round === 2) dumps.push(await this.#dump())
      }
    }
    return dumps
  }

  /** @returns whether the run got as far as this exchange */
  async #at(flight: number, leg: Leg, expected: Dump): Promise<boolean> {
    const { server } = this.#bed
    await leg.prepare()
    let mark = await server.mark()
    const before = this.#faults.length
    const fault = (text: string): void => { this.#faults.push(`${leg.title}, cut ${this.#cut.mode} exchange ${String(flight)}: ${text}`) }
    const isReached = await this.#disturbed(flight, mark, fault)
    if (!isReached) return false
    this.#tried += 1
    const untagged = await server.sql(`SELECT rolname FROM pg_roles WHERE rolname LIKE '%\\_dev\\_user' AND shobj_description(oid, 'pg_authid') IS NULL`)
    if (!leg.title.includes('adoption')) for (const { rolname } of untagged) fault(`role ${String(rolname)} has no tag`)
    mark = await server.mark()
    const { audit, records } = await this.#scenario.stack.apply()
    if (audit.run.exit_code !== 0) fault(`the run after it failed: ${audit.run.error ?? ''}`)
    for (const untruth of untruths(told(records), effective(await server.logSince(mark)))) fault(`the run after it: ${untruth}`)
    for (const line of difference(expected, await this.#dump())) fault(line)
    if (this.#faults.length > before && audit.run.exit_code !== 0) throw new Error(this.#faults.join('\n'))
    return true
  }

  async #disturbed(flight: number, mark: number, fault: (text: string) => void): Promise<boolean> {
    const { mode, aftermath } = this.#cut
    let isReached = false
    this.#proxy.reset()
    const cut = (then: () => void): void => {
      this.#proxy.cutAt(flight, mode, () => {
        isReached = true
        then()
      })
    }
    const records = aftermath === 'kill' ? await this.#killed(cut) : await this.#applied(cut, () => isReached, fault)
    await quiet(this.#bed.server)
    this.#proxy.reset()
    for (const untruth of untruths(records, effective(await this.#bed.server.logSince(mark)))) {
      // Whoever is killed can claim nothing more; what it did claim must be so.
      if (aftermath !== 'kill' || untruth.startsWith('claimed')) fault(untruth)
    }
    return isReached
  }

  async #applied(cut: (then: () => void) => void, isReached: () => boolean, fault: (text: string) => void): Promise<ReturnType<typeof told>> {
    const { aftermath } = this.#cut
    cut(() => { if (aftermath === 'blink') setTimeout(() => { this.#proxy.reset() }, 20) })
    const { audit, records }: Outcome = await this.#scenario.stack.apply()
    const { exit_code: code, error } = audit.run
    const mustEndWell = aftermath === 'blink' || !isReached()
    if (mustEndWell && code !== 0) fault(`the run failed: ${error ?? ''}`)
    // 0: the cut came after the last word that mattered; what took effect is compared all the same.
    if (!mustEndWell && ![0, 1, 6].includes(code)) fault(`exit code ${String(code)}: ${error ?? ''}`)
    return told(records)
  }

  async #killed(cut: (then: () => void) => void): Promise<ReturnType<typeof told>> {
    const folder = await mkdtemp(join(tmpdir(), 'rds-provision-killed-'))
    try {
      const run = this.#scenario.stack.launch(['apply', '--audit-file', join(folder, 'audit.json')], { RDS_PROVISION_LOG: 'json' })
      cut(() => { run.kill('SIGKILL') })
      const { stdout } = await run.ended
      return told(stdout.split('\n').filter((line) => line.includes('"type":"record"') && line.endsWith('}')).map((line) => v.parse(Line, JSON.parse(line))))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** Run ids and versions of secrets differ from run to run; so do salts, of which a dump shows nothing. */
  async #dump(): Promise<Dump> {
    const all = await dump(this.#bed.server)
    return new Map([...all].map(([catalog, rows]) => [catalog, rows.map((row) => row.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '*'))]))
  }
}
