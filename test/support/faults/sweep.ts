/** The crash sweep: a run cut at its k-th exchange, a clean run after it, and the same catalogs as without the cut. */
import { difference, type Dump, dump } from '../catalogs.ts'
import type { Bed, Outcome, Stack } from '../provision.ts'
import { type Proxy, startProxy } from '../proxy.ts'
import { type Cut, cutOff, isApply, type Leg, runLeg } from './cut.ts'
import { count } from './intensity.ts'
import { effective, quiet, told, untruths } from './truth.ts'

/** What is declared, and the changes that are cut, in turn: each starts from where the one before ended. */
export interface Scenario {
  readonly title: string
  readonly stack: Stack
  readonly legs: readonly Leg[]
}

/** Which cuts are tried at an exchange, the first being 1; none: it is left out. */
export type CutsAt = (flight: number) => readonly Cut[]

/** What did not come out as it must, one line each. */
export async function sweep(bed: Bed, make: (bed: Bed) => Scenario, cutsAt: CutsAt): Promise<string[]> {
  const proxy = await startProxy(bed.server.port)
  try {
    const scenario = make(bed)
    const { stack } = scenario
    stack.variables = {
      ...stack.variables,
      max_connections: 1,
      instance: { host: 'localhost', port: proxy.port, identifier: 'db-1' },
    }
    return await new Sweeper(bed, proxy, scenario).run(cutsAt)
  } finally {
    await proxy.close()
  }
}

/** A leg that nobody disturbed. */
interface Undisturbed {
  readonly before: Dump
  readonly after: Dump
  readonly flights: number
}

class Sweeper {
  readonly #bed: Bed
  readonly #proxy: Proxy
  readonly #scenario: Scenario
  readonly #faults: string[] = []

  constructor(bed: Bed, proxy: Proxy, scenario: Scenario) {
    this.#bed = bed
    this.#proxy = proxy
    this.#scenario = scenario
  }

  async run(cutsAt: CutsAt): Promise<string[]> {
    const undisturbed = await this.#undisturbed()
    const flights = Math.max(...[...undisturbed.values()].map((leg) => leg.flights))
    for (let flight = 1; flight <= flights; flight += 1) {
      for (const cut of cutsAt(flight)) {
        for (const [leg, expected] of undisturbed) await this.#at(flight, cut, leg, expected)
      }
    }
    return this.#faults
  }

  /** The second time around, since the first starts from nothing. */
  async #undisturbed(): Promise<Map<Leg, Undisturbed>> {
    const legs = new Map<Leg, Undisturbed>()
    for (let round = 1; round <= 2; round += 1) {
      for (const leg of this.#scenario.legs) {
        await leg.prepare()
        const before = await this.#dump()
        this.#proxy.reset()
        const { audit } = await runLeg(this.#scenario.stack, leg)
        if (audit.run.exit_code !== 0) throw new Error(`${leg.title}, undisturbed: ${audit.run.error ?? ''}`)
        const { flights } = this.#proxy
        legs.set(leg, { before, after: await this.#dump(), flights })
      }
    }
    return legs
  }

  async #at(flight: number, cut: Cut, leg: Leg, { before, after }: Undisturbed): Promise<void> {
    const { server } = this.#bed
    const { stack } = this.#scenario
    const faults: string[] = []
    await leg.prepare()
    const { variables } = stack
    stack.variables = { ...variables, connect_timeout: cut.aftermath === 'dead' ? 1 : 20 }
    const { isReached, faults: untold } = await cutOff(this.#bed, this.#proxy, stack, leg, cut, flight)
    stack.variables = variables
    faults.push(...untold, ...(await this.#untagged(leg)))
    const mark = await server.mark()
    // After a cut removal: the same again, or the entry put back.
    const isPutBack = !isApply(leg) && leg.isSettledBefore !== false && flight % 2 === 0
    const { audit, records }: Outcome = isPutBack ? await stack.apply() : await runLeg(stack, leg)
    if (audit.run.exit_code !== 0) faults.push(`the run after it failed: ${audit.run.error ?? ''}`)
    await quiet(server)
    faults.push(
      ...untruths(told(records), effective(await server.logSince(mark))).map(
        (untruth) => `the run after it: ${untruth}`,
      ),
    )
    faults.push(...difference(isPutBack ? before : after, await this.#dump()))
    this.#faults.push(
      ...faults.map(
        (fault) =>
          `${leg.title}, ${cut.mode} (${cut.aftermath}) exchange ${String(flight)}${isPutBack ? ', put back' : ''}: ${fault}`,
      ),
    )
    if (audit.run.exit_code !== 0) throw new Error(this.#faults.join('\n'))
    if (!isReached) return
    const { title } = this.#scenario
    count('cut points', title)
    if (faults.length === 0) count('cut points that converged', title)
  }

  /** What an adoption takes over has no tag before. */
  async #untagged({ adopts }: Leg): Promise<string[]> {
    if (adopts === true) return []
    const rows = await this.#bed.server.sql(
      `SELECT rolname FROM pg_roles WHERE rolname LIKE '%\\_dev\\_user' AND shobj_description(oid, 'pg_authid') IS NULL`,
    )
    return rows.map(({ rolname }) => `role ${String(rolname)} has no tag`)
  }

  /** Run ids, versions of secrets and when something was asked for differ from run to run; so do salts, of which a dump shows nothing. */
  async #dump(): Promise<Dump> {
    const all = await dump(this.#bed.server)
    return new Map(
      [...all].map(([catalog, rows]) => [
        catalog,
        rows.map((row) =>
          row.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '*').replace(/(At\\*":\\*")[^"\\]+/g, '$1*'),
        ),
      ]),
    )
  }
}
