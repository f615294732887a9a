/** One run of the program as it is, which goes on by one message to the server at a time, and only when it is told to. */
import { createHash } from 'node:crypto'
import type { RunResult } from '../../../src/audit/result.ts'
import type { OpenSession } from '../../../src/server/connect.ts'
import { ConnectFailure } from '../../../src/server/failure.ts'
import { ConnectionLost, type Session } from '../../../src/server/session.ts'
import type { Row } from '../../../src/server/row.ts'
import type { ModelServer } from '../server-model/server.ts'
import { openOn, QUIET } from '../server-model/session.ts'
import { asPassword, passwordOf } from './passwords.ts'

const LOCK = /^SELECT pg_try_advisory_lock\((\d+)\) AS locked$/

/** How a run is let on: the server answers; or the connection breaks, before or after it did what it was asked. */
export type Turn = 'answered' | 'lost before' | 'lost after'

/** Where a run waits to be let on. */
interface Gate {
  /** The lock that it waits for; null: for nothing but its turn. */
  readonly lock: string | null
  readonly pass: (turn: Turn) => void
}

/** Locks of sessions, by the database and the key. */
export type Locks = Map<string, Process>

export class Process {
  /** Statements that were committed, in order. */
  readonly log: string[] = []
  ended: Pick<RunResult, 'document' | 'problems'> | null = null
  #gates: Gate[] = []
  #wake: (() => void) | null = null
  /** After a change even a look is a step: somebody may come between. */
  #hasChanged = false
  /** All that it was answered so far: what it will do depends on nothing else. */
  #seen = ''
  #isKilled = false
  readonly #sessions = new Set<Session>()
  readonly #server: ModelServer
  readonly #locks: Locks

  constructor(server: ModelServer, locks: Locks) {
    this.#server = server
    this.#locks = locks
  }

  /** Runs to the first message that changes something, or that asks for the lock. */
  async start(run: (process: Process) => Promise<Pick<RunResult, 'document' | 'problems'>>): Promise<void> {
    void run(this).then(
      (ended) => {
        this.ended = ended
        this.#wake?.()
      },
      (error: unknown) => {
        // A defect of the program or of the model: the exploration ends with it.
        this.failure = error instanceof Error ? error : new Error(String(error))
        this.#wake?.()
      },
    )
    await this.#settle()
  }

  failure: Error | null = null

  /** Whether it can go on. */
  get isReady(): boolean {
    const [gate] = this.#gates
    if (gate === undefined) return false
    return gate.lock === null || !this.#locks.has(gate.lock) || this.#locks.get(gate.lock) === this
  }

  /** Holds one of the locks. */
  get isLocked(): boolean {
    return [...this.#locks.values()].includes(this)
  }

  async step(turn: Turn = 'answered'): Promise<void> {
    const before = this.#server.log.length
    this.note(turn)
    this.#gates.shift()?.pass(turn)
    await this.#settle()
    this.log.push(...this.#server.log.slice(before))
  }

  /** The process is gone: its sessions end, and what it has not committed is not done. */
  kill(): void {
    this.#isKilled = true
    for (const session of this.#sessions) this.#close(session)
    this.#gates = []
  }

  /** What it was answered so far, and what it waits for. */
  get history(): string {
    return `${this.#seen} ${this.#gates.map(({ lock }) => lock ?? '-').join()}`
  }

  /** What it learns outside the server. */
  note(what: unknown): void {
    this.#seen = createHash('sha1').update(this.#seen).update(JSON.stringify(what)).digest('base64')
  }

  /** Waits for its turn in something that is neither a message nor a look. */
  async turn(): Promise<void> {
    await this.#gate(null)
  }

  readonly open: OpenSession = async (login) => {
    if (this.#hasChanged) await this.#gate(null)
    const verifier = this.#server.state.roles.get(login.user)?.password ?? null
    if (passwordOf(verifier, login.password.reveal()) !== login.password.reveal()) {
      this.note(['refused', login.user])
      throw new ConnectFailure('wrong_password', '28P01', `password authentication failed for "${login.user}"`, null)
    }
    const inner = await openOn(this.#server)(login).catch((error: unknown) => {
      this.note(['refused', login.user, String(error)])
      throw error
    })
    this.note(['entered', login.user])
    this.#sessions.add(inner)
    return this.#gated(inner)
  }

  #gated(inner: Session): Session {
    const query = (texts: readonly string[]): Promise<Row[][]> => this.#message(inner, texts)
    const own: Readonly<Record<string | symbol, unknown>> = {
      query,
      run: async (texts: readonly string[]) => {
        await query(texts)
      },
      close: () => {
        this.#close(inner)
        return Promise.resolve()
      },
      abandon: () => {
        this.#close(inner)
      },
    }
    const get = (target: Session, key: string | symbol): unknown =>
      key in own ? own[key] : (Reflect.get(target, key, target) as unknown)
    return new Proxy(inner, { get })
  }

  async #message(session: Session, texts: readonly string[]): Promise<Row[][]> {
    const [key] = LOCK.exec(texts[0] ?? '')?.slice(1) ?? []
    if (key !== undefined) {
      const lock = `${session.database} ${key}`
      if ((await this.#gate(lock)) !== 'answered') throw this.#lose()
      this.#locks.set(lock, this)
      this.#held.set(session, lock)
      return [[{ locked: true }]]
    }
    const isChange = !texts.every((text) => QUIET.test(text))
    // What ends a transaction that failed belongs to it.
    const isAwaited = isChange || (this.#hasChanged && texts[0] !== 'ROLLBACK')
    const turn = isAwaited ? await this.#gate(null) : 'answered'
    if (turn === 'lost before') throw this.#lose()
    this.#hasChanged = isChange
    try {
      const rows = await session.query(texts)
      if (isChange) for (const role of this.#server.state.roles.values()) role.password = asPassword(role.password)
      if (turn === 'lost after') throw this.#lose()
      this.note(rows)
      return rows
    } catch (error) {
      this.note(String(error))
      throw error
    }
  }

  readonly #held = new Map<Session, string>()

  /** The server is gone for a moment: all sessions are, and the lock with them. */
  #lose(): ConnectionLost {
    for (const session of this.#sessions) this.#close(session)
    this.note('lost')
    return new ConnectionLost('the connection broke', null)
  }

  #close(session: Session): void {
    const lock = this.#held.get(session)
    if (lock !== undefined && this.#locks.get(lock) === this) this.#locks.delete(lock)
    this.#held.delete(session)
    this.#sessions.delete(session)
    session.abandon()
  }

  #gate(lock: string | null): Promise<Turn> {
    return new Promise((pass) => {
      // Of a process that is gone nothing comes any more.
      if (this.#isKilled) return
      this.#gates.push({ lock, pass })
      this.#wake?.()
    })
  }

  async #settle(): Promise<void> {
    while (this.#gates.length === 0 && this.ended === null && this.failure === null)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    this.#wake = null
    await new Promise((resolve) => setImmediate(resolve))
    if (this.failure !== null) throw this.failure
  }
}
