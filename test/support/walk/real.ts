/** The same walk on a real server through the real apply; after each part the model's catalogs must equal its own. */
import type { Bed } from '../provision.ts'
import type { Outcome } from '../provision/outcome.ts'
import { byHand, type Operation } from '../server-model/by-hand.ts'
import { CLAIM, declare, type Entries, OTHER, TWIN } from './declare.ts'
import type { Walk } from './generate.ts'
import { ADMIN } from '../server-model/names.ts'
import { leaversOf } from './removal-oracle.ts'
import { applyTo, endOn, type Ran, requestOn } from './runs.ts'
import { linesOfModel, linesOfServer } from './lines.ts'
import { ModelServer } from '../server-model/server.ts'

/**
 * Without what a bed has no part for: cuts, the master, damage to the admin, upgrades, a state that takes over, and
 * snapshots, which take their time.
 */
export function forServer(walk: Walk): Walk {
  const { removalCut: _, hasMaster: __, upgrade: ___, twin, ...rest } = walk
  const isOfAdmin = ({ sql }: Operation): boolean => sql.includes(ADMIN)
  const plain = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll('snapshot-and-delete', 'delete'))
  const other = twin === undefined || twin.takesOver ? {} : { twin }
  const simple = { ...rest, ...other, cut: null, damage: rest.damage.filter((item) => !isOfAdmin(item)) }
  return plain(simple) as Walk
}

/** @returns where model and server differ, and what the real apply said where only one of both was stopped */
export async function walkOnBoth(bed: Bed, walk: Walk): Promise<string[]> {
  const both = new Both(bed, walk)
  await both.go()
  return both.wrong
}

/** One state of Terraform on both. */
interface Place {
  readonly stack: string
  readonly claim: string | null
}

const OURS_IN: Place = { stack: 'walk', claim: CLAIM }

class Both {
  readonly wrong: string[] = []
  readonly #bed: Bed
  readonly #walk: Walk
  readonly #model: ModelServer
  readonly #stacks = new Map<string, ReturnType<Bed['declare']>>()

  constructor(bed: Bed, walk: Walk) {
    this.#bed = bed
    this.#walk = walk
    this.#model = new ModelServer(walk.version * 10_000)
  }

  async go(): Promise<void> {
    const { mess, a, damage, b, leaving, policy, twin, ends } = this.#walk
    await this.#hands(mess, 'mess')
    await this.#apply({ stack: 'other', claim: null }, OTHER, 'the other stack')
    await this.#apply(OURS_IN, a, 'A')
    await this.#hands(damage, 'damage')
    if (twin !== undefined) await this.#apply({ stack: 'walk', claim: TWIN }, twin.entries, 'the twin')
    const leavers = leaving === undefined ? [] : leaversOf(this.#model.state, declare(a), declare(b), policy)
    const keys = leavers.map(({ key }) => key)
    if (leaving === 'marker first') await this.#requests(a, keys)
    await this.#apply(OURS_IN, b, 'B')
    if (leaving === 'marker last') await this.#requests(a, keys)
    if (ends !== true) return
    await this.#requests(
      b,
      leaversOf(this.#model.state, declare(b), null, policy).map(({ key }) => key),
    )
    await this.#end(b)
  }

  #stack({ stack, claim }: Place, entries: Entries): ReturnType<Bed['declare']> {
    const key = `${stack} ${String(claim)}`
    const variables = { stack, claim, cluster_name: 'c', build_id: 'build-1' }
    const declared = this.#stacks.get(key) ?? this.#bed.declare(entries, variables)
    this.#stacks.set(key, declared)
    declared.applications = entries
    declared.env = this.#walk.policy === undefined ? {} : { RDS_CLEANUP_POLICY: this.#walk.policy }
    return declared
  }

  get #options(): { readonly cleanupPolicy: NonNullable<Walk['policy']> | null } {
    return { cleanupPolicy: this.#walk.policy ?? null }
  }

  async #apply(place: Place, entries: Entries, when: string): Promise<void> {
    const stack = this.#stack(place, entries)
    const outcome = await stack.apply()
    await this.#same(when, outcome, await applyTo(this.#model, declare(entries, place), this.#options))
  }

  async #requests(entries: Entries, keys: readonly string[]): Promise<void> {
    const stack = this.#stack(OURS_IN, entries)
    for (const key of keys) {
      const ran = await requestOn(this.#model, declare(entries), key, this.#options)
      await this.#same(`removal of ${key}`, await stack.request(key), ran)
    }
  }

  async #end(entries: Entries): Promise<void> {
    const stack = this.#stack(OURS_IN, {})
    const ran = await endOn(this.#model, declare(entries), this.#options)
    await this.#same('the end', await stack.requested(), ran)
  }

  async #hands(operations: readonly Operation[], when: string): Promise<void> {
    for (const item of operations) {
      const [real, modelled] = [await realHand(this.#bed, item), byHand(this.#model, item)]
      if ((real === null) !== (modelled === null))
        this.wrong.push(`${when}: ${item.sql}: the server: ${String(real)}; the model: ${String(modelled)}`)
    }
    await this.#compare(when)
  }

  async #same(when: string, { problems, audit }: Outcome, ran: Ran): Promise<void> {
    const codes = (items: Ran['problems']): string =>
      items
        .map(({ application, code }) => `${String(application)} ${code}`)
        .sort()
        .join()
    const [told, modelled] = [codes(problems), codes(ran.problems)]
    if (told !== modelled)
      this.wrong.push(`${when}: the server: ${told} (${audit.run.error ?? ''}); the model: ${modelled}`)
    await this.#compare(when)
  }

  async #compare(when: string): Promise<void> {
    const [is, should] = [await linesOfServer(this.#bed), await linesOfModel(this.#model)]
    this.wrong.push(
      ...should.filter((line) => !is.includes(line)).map((line) => `${when}: only the model: ${line}`),
      ...is.filter((line) => !should.includes(line)).map((line) => `${when}: only the server: ${line}`),
    )
  }
}

async function realHand({ server }: Bed, { as, database, sql }: Operation): Promise<string | null> {
  const where = database ?? 'postgres'
  try {
    const set = as === null ? '' : `SET LOCAL ROLE "${as}"; `
    const isAlone = /^(?:CREATE|DROP) DATABASE|RENAME TO|IS_TEMPLATE/.test(sql)
    const whole = sql.startsWith('CREATE FUNCTION') ? `${sql} RETURNS int LANGUAGE sql AS 'SELECT 1'` : sql
    await server.sql(isAlone ? whole : `BEGIN; ${set}${whole}; COMMIT`, [], where)
    return null
  } catch (error) {
    if (!isAnswered(error)) throw error
    // Where the database is not there, or lets nobody in, there is nothing to roll back and nowhere to do it.
    await server.sql('ROLLBACK', [], where).catch(() => [])
    return error.message
  } finally {
    if (where !== 'postgres') await server.forget(where)
  }
}

function isAnswered(error: unknown): error is Error {
  return error instanceof Error && 'code' in error
}

/** Takes away what a walk left, so that the next one finds the server as it was. */
export async function cleanUp({ server }: Bed): Promise<void> {
  const databases = await server.sql(`SELECT datname FROM pg_database WHERE datname ~ '_dev_db$|^stranger_|^renamed_'`)
  for (const { datname } of databases) {
    await server.forget(String(datname))
    await server.sql(`ALTER DATABASE "${String(datname)}" IS_TEMPLATE false`)
    await server.sql(`DROP DATABASE "${String(datname)}" WITH (FORCE)`)
  }
  const roles = await server.sql(`SELECT rolname FROM pg_roles WHERE rolname ~ '_dev_user$|^stranger_|^renamed_'`)
  for (const { rolname } of roles) await server.sql(`DROP OWNED BY "${String(rolname)}" CASCADE`)
  for (const { rolname } of roles) await server.sql(`DROP ROLE "${String(rolname)}"`)
}
