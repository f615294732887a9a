/** How the script's time grows: the same kind of declaration in several sizes, one after the other, each on a server of its own. */
import { loadavg } from 'node:os'
import { type applicationsOf, type Login, makeBed } from './bed.ts'
import { bundleRunner } from './candidates/bundle.ts'
import type { Told, Usage } from './measure.ts'
import type { PostgresVersion } from '../support/postgres.ts'

/** The logins of one database. More databases would measure the disk: each takes 7 MB of it. */
export const LOGINS_EACH = 50

export interface Growth {
  readonly logins: number
  /** Seconds of the first run, of one that finds nothing to do, and of that with `verify_logins = "changed"`. */
  readonly cold: number
  readonly again: number
  readonly changed: number
  /** Of the first two, the script's own processor time. */
  readonly cpuSeconds: readonly [cold: number, again: number]
  /** The most memory of them. */
  readonly megabytes: number
}

/** @param sizes numbers of logins, each a multiple of LOGINS_EACH */
export async function measureGrowth(version: PostgresVersion, sizes: readonly number[]): Promise<Growth[]> {
  const grown: Growth[] = []
  for (const logins of sizes) {
    const bed = await makeBed(version, logins, 0)
    const runner = await bundleRunner(bed, sharedBy)
    try {
      const cold = await timed(() => runner.again({}))
      const again = await timed(() => runner.again({}))
      // The first such run notes what it has proven.
      await runner.again({ verify_logins: 'changed' })
      const changed = await timed(() => runner.again({ verify_logins: 'changed' }))
      const megabytes = Math.max(cold.megabytes, again.megabytes, changed.megabytes)
      const cpuSeconds = [cold.cpuSeconds, again.cpuSeconds] as const
      grown.push({ logins, cold: cold.seconds, again: again.seconds, changed: changed.seconds, cpuSeconds, megabytes })
      const load = loadavg()[0]?.toFixed(1) ?? ''
      const seconds = [cold, again, changed]
        .map((one) => `${one.seconds.toFixed(1)} (${one.cpuSeconds.toFixed(1)})`)
        .join(' ')
      console.log(
        `${String(logins).padStart(5)} logins, ${String(LOGINS_EACH)} a database  first, again, changed (processor): ${seconds} s  ${megabytes.toFixed(0)} MB  load ${load}`,
      )
    } finally {
      await runner.remove()
      await bed.stop()
    }
  }
  return grown
}

/** The entries of logins of which each LOGINS_EACH share the first one's database. */
function sharedBy(logins: readonly Login[]): ReturnType<typeof applicationsOf> {
  return Object.fromEntries(
    logins.map(({ application }, index) => {
      const owner = logins[index - (index % LOGINS_EACH)]
      if (owner === undefined || owner.application === application) return [application, {}]
      return [application, { database_name: owner.database, access_level: 'reader' }]
    }),
  )
}

async function timed(work: () => Promise<Told>): Promise<Usage & { readonly seconds: number }> {
  const started = performance.now()
  const { usage } = await work()
  if (usage === null) throw new Error('the script has not told what it used')
  return { seconds: (performance.now() - started) / 1000, ...usage }
}
