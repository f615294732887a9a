/** Everything at one moment: the server, AWS's secrets, and runs that wait for their turn. */
import { checkRun } from '../walk/check-run.ts'
import { ModelServer } from '../server-model/server.ts'
import { cloneState } from '../server-model/state.ts'
import { byHand } from '../server-model/by-hand.ts'
import { claimsOf, hash, startKey } from './keys.ts'
import { type Locks, Process } from './process.ts'
import { leftoversIn } from '../server-model/leftovers.ts'
import { declaredRights, rightsIn } from './rights.ts'
import { begin, passwordIn, type Secrets } from './runs.ts'
import type { Choice, Hand, Scene, Start } from './scene.ts'

/** Whom the world has as processes at once. */
const MAX_LIVE = 2

export class World {
  readonly server: ModelServer
  readonly secrets: Secrets
  /** The hand that acted last. */
  hand: Hand | null = null
  readonly #scene: Scene
  readonly #locks: Locks = new Map()
  readonly #processes: (Process | null)[]
  readonly #starts: number[]
  /** What nobody has to be surprised of: what was there, what is declared, and what hands gave. */
  readonly #rights: Set<string>
  /** Applications whose removal was asked for, and not taken back. */
  readonly #asked = new Set<string>()
  #kills: number
  #losses: number
  #hands: number
  /** A run was cut off, or something stood in its way: the next one goes on from there. */
  #isUnfinished = false

  constructor(scene: Scene) {
    this.#scene = scene
    this.server = new ModelServer(scene.begins.state.version)
    this.server.state = cloneState(scene.begins.state)
    this.secrets = { ...scene.begins.secrets }
    this.#processes = scene.specs.map(() => null)
    this.#starts = scene.specs.map(() => scene.bounds.starts)
    this.#kills = scene.bounds.kills
    this.#losses = scene.bounds.losses
    this.#hands = scene.bounds.hands
    this.#rights = new Set(rightsIn(this.server.state))
  }

  get isQuiet(): boolean {
    return this.#processes.every((process) => process === null)
  }

  choices(): Choice[] {
    const live = this.#processes.filter((process) => process !== null).length
    return [
      ...this.#processes.flatMap((process, who): Choice[] => {
        if (process === null) return live < MAX_LIVE && (this.#starts[who] ?? 0) > 0 ? [{ kind: 'begin', who }] : []
        return [
          ...(process.isReady ? [{ kind: 'step' as const, who }] : []),
          ...(this.#kills > 0 && process.isLocked ? [{ kind: 'kill' as const, who }] : []),
          ...(this.#losses > 0 && process.isLocked
            ? [
                { kind: 'lost before' as const, who },
                { kind: 'lost after' as const, who },
              ]
            : []),
        ]
      }),
      ...(this.#hands > 0 ? this.#scene.hands.map((_hand, what): Choice => ({ kind: 'hand', what })) : []),
    ]
  }

  /** @returns what does not hold afterwards */
  async take(choice: Choice): Promise<string[]> {
    const before = new Map([...this.server.state.databases.values()].map(({ oid, name }) => [oid, name]))
    const claims = claimsOf(this.server.state)
    const ended = await this.#do(choice)
    const left = new Set([...this.server.state.databases.values()].map(({ oid }) => oid))
    const gone = [...before].filter(([oid]) => !left.has(oid)).map(([, name]) => name)
    return [...ended, ...this.#lost(choice, gone), ...this.#gained(), ...this.#taken(claims)]
  }

  async #do(choice: Choice): Promise<string[]> {
    if (choice.kind === 'hand') {
      this.#act(choice.what)
      return []
    }
    const { who } = choice
    const process = this.#processes[who]
    if (choice.kind === 'begin') return this.#begin(who)
    if (process === null || process === undefined) throw new Error('nobody runs there')
    if (choice.kind === 'kill') {
      this.#kills -= 1
      this.#isUnfinished = true
      process.kill()
      this.#processes[who] = null
      return []
    }
    if (choice.kind !== 'step') this.#losses -= 1
    await process.step(choice.kind === 'step' ? 'answered' : choice.kind)
    return this.#end(who, process)
  }

  #act(what: number): void {
    const hand = this.#scene.hands[what]
    if (hand === undefined) throw new Error('no such hand')
    this.#hands -= 1
    this.hand = hand
    for (const operation of hand.does) byHand(this.server, operation)
    for (const right of rightsIn(this.server.state)) this.#rights.add(right)
  }

  async #begin(who: number): Promise<string[]> {
    const spec = this.#scene.specs[who]
    if (spec === undefined) throw new Error('no such run')
    this.#starts[who] = (this.#starts[who] ?? 0) - 1
    if (spec.run === 'request' && spec.application !== null) this.#asked.add(spec.application)
    for (const right of declaredRights(spec.declaration)) this.#rights.add(right)
    const process = new Process(this.server, this.#locks)
    this.#processes[who] = process
    await process.start((own) => begin(spec, this.secrets, own))
    return this.#end(who, process)
  }

  /** Where a run has come to its end: its audit is true, it holds nothing any more, and takes requests back. */
  #end(who: number, process: Process): string[] {
    const spec = this.#scene.specs[who]
    if (process.ended === null || spec === undefined) return []
    process.kill()
    this.#processes[who] = null
    const { document, problems } = process.ended
    const asks = this.#scene.specs.filter((_spec, other) => this.#processes[other] !== null)
    if (spec.run === 'apply' && problems.length === 0)
      for (const { name } of spec.declaration.applications)
        if (!asks.some(({ run, application }) => run === 'request' && application === name)) this.#asked.delete(name)
    const hasLost = this.#losses < this.#scene.bounds.losses
    const told =
      spec.run === 'rotate' ? [] : checkRun(spec.name, { document, problems, log: process.log, isKilled: false })
    if (problems.length > 0) this.#isUnfinished = true
    const { codes } = this.#scene
    // Terraform and Secrets Manager ask again; an apply makes its connection anew.
    const isAgain = spec.run !== 'apply' && hasLost
    const isMeant = (code: string): boolean => codes.includes(code) || (isAgain && code === 'connection_lost')
    const stopped = this.hand === null ? problems.filter(({ code }) => !isMeant(code)) : []
    return [
      ...stopped.map(({ code, message }) => `${spec.name} was stopped: ${code}: ${message}`),
      ...this.#lockedOut(),
      // What another run has changed meanwhile cannot be told from what came before the loss.
      ...told.filter((item) => !hasLost || !/: (?:told and not done|done and not told): /.test(item)),
      ...(problems.length === 0 ? this.#leftovers() : []).map((item) => `${spec.name}: ${item}`),
    ]
  }

  #leftovers(): string[] {
    return this.isQuiet && this.hand === null ? leftoversIn(this.server.state, this.server.state.roles) : []
  }

  /** Databases go where their removal was asked for, and not by a run that declares them. */
  #lost(choice: Choice, gone: readonly string[]): string[] {
    const spec = choice.kind === 'hand' ? undefined : this.#scene.specs[choice.who]
    const keyOf = (name: string): string => name.replace(/_dev_db$/, '')
    const declared = spec?.run === 'apply' ? spec.declaration.databases.map(({ name }) => name) : []
    return gone
      .filter((name) => declared.includes(name) || this.#scene.keeps.includes(name) || !this.#asked.has(keyOf(name)))
      .map((name) => `the data of ${name} is gone by ${spec?.name ?? 'nobody'}`)
  }

  /** A login whose secret is another once all are done. */
  #lockedOut(): string[] {
    if (!this.isQuiet || this.#isUnfinished || this.hand !== null) return []
    const { roles } = this.server.state
    return [...roles.values()]
      .filter(({ comment, name, password }) => comment !== null && password !== passwordIn(this.secrets, name))
      .map(({ name }) => `${name} is locked out: its password is not its secret's`)
  }

  /** What one state has claimed no other takes. */
  #taken(before: ReadonlyMap<string, string>): string[] {
    return [...claimsOf(this.server.state)]
      .filter(([name, claim]) => before.has(name) && before.get(name) !== claim)
      .map(([name]) => `${name} is taken from its state`)
  }

  #gained(): string[] {
    return rightsIn(this.server.state)
      .filter((right) => !this.#rights.has(right))
      .map((right) => `nobody declares: ${right}`)
  }

  /** Whoever runs yet is gone. */
  end(): void {
    for (const process of this.#processes) process?.kill()
  }

  /** Where nothing runs, after the processes of now are gone too. */
  asStart(): Start {
    const begins = { state: cloneState(this.server.state), secrets: { ...this.secrets, isRotating: false } }
    return begins
  }

  /** Two worlds with the same key go on alike. */
  key(): string {
    const processes = this.#processes.map((process) => process?.history ?? null)
    const locks = [...this.#locks].map(([lock, process]) => [lock, this.#processes.indexOf(process)])
    const bounds = [this.#starts, this.#kills, this.#losses, this.#hands, this.#isUnfinished]
    const left = [bounds, this.hand?.name ?? null, [...this.#asked].sort()]
    const rights = [...this.#rights].sort()
    return hash([startKey({ state: this.server.state, secrets: this.secrets }), processes, locks, left, rights])
  }
}
