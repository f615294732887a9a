/**
 * A walk on the model, and what has to hold after it. Walks are made in `generate.ts` and `damage.ts`; `runs.ts` runs the
 * program on sessions with the model (`session.ts`), whose catalogs answer in `answer*.ts` and whose statements are read
 * in `*-statements.ts`. What must hold: `check-run.ts` after every run, `others.ts` for those who are none of its
 * business, `removal-oracle.ts`, and `as-declared.ts` in the end.
 */
import type { Declaration } from '../../../src/model/declaration.ts'
import { againstFresh, missingOf } from './as-declared.ts'
import { checkRun, refusedIn } from './check-run.ts'
import { byHand, type Operation } from '../server-model/by-hand.ts'
import { declare, OTHER, TWIN } from './declare.ts'
import type { Walk } from './generate.ts'
import { ADMIN } from '../server-model/names.ts'
import { holdingsOfOthers, othersOf } from './others.ts'
import { leftoversIn } from '../server-model/leftovers.ts'
import { checkRemoval, type Leaver, leaversOf, mayBeLeft, mayGo, wentThrough } from './removal-oracle.ts'
import { upgrade } from '../server-model/upgrade.ts'
import { applyTo, endOn, prepareOn, type Ran, requestOn, type RunOptions } from './runs.ts'
import { ModelServer } from '../server-model/server.ts'
import type { State } from '../server-model/state.ts'

/** How a walk ended. */
export interface Ending {
  /** `done`: as declared; `blocked`: something stood in the way of all or of some. */
  readonly kind: 'done' | 'blocked'
  /** Codes of what stood in the way. */
  readonly codes: readonly string[]
  /** What does not hold; empty: all does. */
  readonly wrong: readonly string[]
  /** In the end the server was held against a fresh one. */
  readonly isCompared: boolean
  /** Removals that went through, and were looked at. */
  readonly removals: number
  readonly server: ModelServer
}

/** The walk, step by step, on the model. */
export async function walkOn(walk: Walk): Promise<Ending> {
  const trip = new Trip(walk)
  const last = await trip.go()
  const isDone = last.problems.length === 0
  const codes = last.problems.map(({ code }) => code)
  const { wrong, server, isCompared, removals } = trip
  return { kind: isDone ? 'done' : 'blocked', codes, wrong, isCompared, removals, server }
}

class Trip {
  readonly wrong: string[] = []
  isCompared = false
  removals = 0
  readonly server: ModelServer
  readonly #walk: Walk
  readonly #a: Declaration
  readonly #b: Declaration
  readonly #options: RunOptions
  /** All that were asked to go so far. */
  readonly #leavers: Leaver[] = []

  constructor(walk: Walk) {
    this.#walk = walk
    this.server = new ModelServer(walk.version * 10_000)
    // After an upgrade from below 16 the master gives the admin its rights, also for a removal that comes first.
    this.#a = declare(walk.a, { hasMaster: walk.upgrade?.isPrepared === true })
    this.#b = declare(walk.b, { hasMaster: this.#hasMaster })
    this.#options = { cleanupPolicy: walk.policy ?? null, buildId: 'build-2' }
  }

  /** @returns the run with B that counts */
  async go(): Promise<Ran> {
    const { mess, damage, twin } = this.#walk
    this.#hands(mess)
    const other = declare(OTHER, { stack: 'other', claim: null })
    const first = await this.#run('the other stack', other, () => applyTo(this.server, other))
    if (first.problems.length > 0) this.wrong.push('the other stack was stopped')
    await this.#run('A', this.#a, () => applyTo(this.server, this.#a))
    this.#hands(damage)
    if (twin !== undefined) await this.#twin(twin)
    if (this.#walk.upgrade !== undefined) await this.#upgrade(this.#walk.upgrade)
    const last = await this.#second()
    if (this.#walk.ends === true) await this.#end()
    return last
  }

  #hands(operations: readonly Operation[]): void {
    for (const item of operations) byHand(this.server, item)
  }

  get #hasMaster(): boolean {
    return this.#walk.hasMaster === true || this.#walk.upgrade?.isPrepared === true
  }

  get #isHurt(): boolean {
    return this.#walk.damage.some(({ sql }) => sql.includes(ADMIN))
  }

  /** A run, and what holds after every one. */
  async #run(what: string, declaration: Declaration, running: () => Promise<Ran>, takesOver = false): Promise<Ran> {
    const { server } = this
    const going = { databases: mayGo(this.#leavers), roles: mayBeLeft(this.#leavers) }
    const others = othersOf(server.state, declaration, takesOver)
    const before = holdingsOfOthers(server.state, others, declaration, going)
    const oids = [...server.state.databases.values()].map(({ oid, name }) => ({ oid, name }))
    const shut = shutIn(server.state)
    const ran = await running()
    const now = new Set(holdingsOfOthers(server.state, others, declaration, going))
    const left = new Set([...server.state.databases.values()].map(({ oid }) => oid))
    const gone = oids.filter(({ oid }) => !left.has(oid) && !going.databases.has(oid))
    this.wrong.push(
      ...checkRun(what, ran),
      ...refusedIn(ran, this.#isHurt, this.#hasMaster).map((item) => `${what} was refused: ${item}`),
      ...before.filter((item) => !now.has(item)).map((item) => `lost by ${what}: ${item}`),
      ...gone.map(({ name }) => `${what}: database ${name} is gone`),
      ...(ran.document.run.command === 'destroy' && !ran.isKilled ? openedOf(shut, server.state, going.databases) : []),
      ...(ran.isKilled ? [] : leftoversIn(server.state, server.state.roles).map((item) => `${what}: ${item}`)),
    )
    return ran
  }

  /** Another state with the same stack. */
  async #twin({ entries, takesOver }: NonNullable<Walk['twin']>): Promise<void> {
    const declaration = declare(entries, { claim: TWIN })
    await this.#run('the twin', declaration, () => applyTo(this.server, declaration, { takesOver }), takesOver)
  }

  async #upgrade({ to, isPrepared }: NonNullable<Walk['upgrade']>): Promise<void> {
    if (isPrepared) await this.#run('the preparation', this.#a, () => prepareOn(this.server, this.#a))
    upgrade(this.server.state, to * 10_000)
  }

  async #second(): Promise<Ran> {
    const { leaving, cut, policy } = this.#walk
    const { server } = this
    const leavers = leaving === undefined ? [] : leaversOf(server.state, this.#a, this.#b, policy)
    this.#leavers.push(...leavers)
    const requests = leaving === 'marker first' ? await this.#requests(this.#a, leavers) : []
    const run = (what: string, options: RunOptions = {}): Promise<Ran> =>
      this.#run(what, this.#b, () => applyTo(server, this.#b, { ...this.#options, ...options }))
    const uncut = cut === null ? null : await applyTo(server.copy(), this.#b, this.#options)
    if (cut !== null) await run('B, cut off', { cut })
    const last = await run('B')
    if (uncut !== null) this.wrong.push(...onlyAfterCut(uncut, last))
    if (leaving === 'marker last') requests.push(...(await this.#requests(this.#a, leavers)))
    // Whoever is nobody's by now may lose something by `undeclared = "revoke"`.
    const isReleased = leavers.some((leaver) => leaver.policy === 'release')
    if (leaving === 'marker last' || isReleased) await run('B after its removals')
    let again = await run('B again')
    // What hangs on something that failed may be done by the next run.
    if (last.problems.length > 0 && again.log.length > 0) again = await run('B once more')
    if (again.log.length > 0 && !isLook(again)) this.wrong.push(`B again is never done: ${again.log.join('; ')}`)
    if (wentThrough([...requests, last])) this.#checkRemovals(leavers)
    if (last.problems.length === 0 && this.wrong.length === 0) {
      this.wrong.push(...missingOf(server.state, this.#b, last), ...(await againstFresh(server, this.#b, this.#walk)))
      this.isCompared = true
    }
    return last
  }

  /** The marker of each is destroyed; where that is cut off, Terraform does it again. */
  async #requests(declaration: Declaration, leavers: readonly Leaver[]): Promise<Ran[]> {
    const ran: Ran[] = []
    for (const [index, { key }] of leavers.entries()) {
      const run = (what: string, options: RunOptions): Promise<Ran> =>
        this.#run(`${what} of ${key}`, declaration, () => requestOn(this.server, declaration, key, options))
      const { removalCut } = this.#walk
      if (index === 0 && removalCut !== undefined) await run('removal, cut off,', { ...this.#options, cut: removalCut })
      ran.push(await run('removal', this.#options))
    }
    return ran
  }

  /** Terraform destroys all markers, and the stack last. */
  async #end(): Promise<void> {
    const leavers = leaversOf(this.server.state, this.#b, null, this.#walk.policy)
    this.#leavers.push(...leavers)
    const requests = await this.#requests(this.#b, leavers)
    const last = await this.#run('the end', this.#b, () => endOn(this.server, this.#b, this.#options))
    if (wentThrough([...requests, last])) this.#checkRemovals(leavers.filter(({ policy }) => policy !== 'retain'))
  }

  #checkRemovals(leavers: readonly Leaver[]): void {
    this.removals += leavers.length
    this.wrong.push(...leavers.flatMap((leaver) => checkRemoval(this.server.state, leaver)))
  }
}

/** Databases that let nobody in, by oid. */
function shutIn({ databases }: State): ReadonlyMap<number, string> {
  const shut = [...databases.values()].filter((item) => !item.allowConnections || item.connectionLimit === 0)
  return new Map(shut.map(({ oid, name }) => [oid, name]))
}

/** A removal leaves those shut that do not go with it. */
function openedOf(before: ReadonlyMap<number, string>, state: State, going: ReadonlySet<number>): string[] {
  const now = shutIn(state)
  const there = new Set([...state.databases.values()].map(({ oid }) => oid))
  return [...before]
    .filter(([oid]) => there.has(oid) && !now.has(oid) && !going.has(oid))
    .map(([, name]) => `a removal left ${name} open`)
}

/**
 * A removal that something stands in the way of looks again in each run, and opens what is kept shut for that. That it is
 * shut again afterwards, what holds after every run sees to.
 */
function isLook({ document: { records }, problems }: Ran): boolean {
  const done = records.filter(({ statements }) => statements.length > 0)
  const doors = done.map(({ object, action, database }) => [object, action, database].join(' '))
  const isClosed = (door: string): boolean => doors.includes(door.replace(' reopen ', ' close '))
  return problems.length > 0 && doors.every((door) => /^database (?:reopen|close) /.test(door) && isClosed(door))
}

/** A run that was cut off leaves nothing that stops the next one. */
function onlyAfterCut(uncut: Ran, last: Ran): string[] {
  const known = new Set(uncut.problems.map(({ application, code }) => JSON.stringify([application, code])))
  return last.problems
    .filter(({ application, code }) => !known.has(JSON.stringify([application, code])))
    .map(({ code, message }) => `only since B was cut off: ${code}: ${message}`)
}
