/** A session with the model, where the program has one over the wire: logins, transactions, broken connections. */
import { ConnectFailure } from '../../../src/server/failure.ts'
import type { LoginTarget, OpenSession } from '../../../src/server/connect.ts'
import type { Row } from '../../../src/server/row.ts'
import { ConnectionLost, type Session, StatementError } from '../../../src/server/session.ts'
import { answerOf } from './answers.ts'
import { holds, isSuper } from './rights.ts'
import type { ModelServer } from './server.ts'
import { cloneState, NO, Refusal, type State } from './state.ts'

/** Where a run is cut off. */
export interface Cut {
  /** So many messages that change something come before. */
  readonly after: number
  /** `killed`: the process is gone; `lost`: one connection breaks, and the run makes it anew. */
  readonly kind: 'killed' | 'lost'
  /** The message took effect, and nobody was told. */
  readonly isDone: boolean
}

/** Thrown to whoever still asks once the process is gone. */
class Killed extends Error {}

/** What is no change: it is neither logged nor counted. */
export const QUIET = /^\s*(?:SELECT|WITH|SET |RESET |BEGIN|COMMIT|ROLLBACK)/
/** The server does these in no transaction that others share. */
const ALONE = /^(?:CREATE|DROP) DATABASE/

class ModelSession {
  lost: Error | null = null
  readonly busySince = null
  readonly pid: number
  readonly database: string
  readonly login: string
  readonly #server: ModelServer
  /** The state before BEGIN; null: in no transaction. */
  #before: State | null = null
  #role: string | null = null
  #isFailed = false
  #pending: string[] = []

  constructor(server: ModelServer, { user, database }: LoginTarget) {
    this.#server = server
    this.login = user
    this.database = database
    this.pid = server.nextPid()
    server.sessions.add(this)
  }

  get version(): number {
    return this.#server.state.version
  }

  get versionText(): string {
    return `${String(this.version / 10_000)}.1`
  }

  get answeredAt(): number {
    return Date.now()
  }

  query(texts: readonly string[]): Promise<Row[][]> {
    return Promise.resolve().then(() => this.#message(texts))
  }

  async run(texts: readonly string[]): Promise<void> {
    await this.query(texts)
  }

  abandon(): void {
    this.#break('given up')
  }

  close(): Promise<void> {
    this.#break('closed')
    return Promise.resolve()
  }

  #break(why: string): ConnectionLost {
    if (this.#before !== null) this.#server.state = this.#before
    this.#before = null
    this.lost ??= new Error(why)
    this.#server.sessions.delete(this)
    return new ConnectionLost(why, this.lost)
  }

  #message(texts: readonly string[]): Row[][] {
    if (this.#server.isDead) throw new Killed('the process is gone')
    if (this.lost !== null) throw new ConnectionLost(this.lost.message, this.lost)
    const cut = texts.every((text) => QUIET.test(text)) ? null : this.#server.countDown()
    if (cut !== null && !cut.isDone) throw this.#cutOff(cut)
    const rows = this.#all(texts)
    if (cut !== null) throw this.#cutOff(cut)
    return rows
  }

  #cutOff({ kind }: Cut): Error {
    const lost = this.#break('the connection broke')
    if (kind === 'lost') return lost
    this.#server.isDead = true
    return new Killed('the process is gone')
  }

  /** Without BEGIN a message is a transaction of its own. */
  #all(texts: readonly string[]): Row[][] {
    const isOwn = this.#before === null && texts[0] !== 'BEGIN' && !texts.every((text) => QUIET.test(text))
    const outside = isOwn ? cloneState(this.#server.state) : null
    const results: Row[][] = []
    for (const [index, text] of texts.entries())
      try {
        if (ALONE.test(text) && (texts.length > 1 || this.#before !== null))
          throw new Refusal('cannot run inside a transaction block', '25001')
        results.push(this.#one(text))
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        const { message, code } = error
        if (this.#before === null && outside !== null) this.#server.state = outside
        else this.#isFailed = true
        this.#pending = []
        throw new StatementError(index, { code, message, routine: '', detail: '', hint: '', context: '' }, error)
      }
    if (this.#before === null) this.#commit()
    return results
  }

  #commit(): void {
    this.#server.log.push(...this.#pending)
    this.#pending = []
  }

  #one(text: string): Row[] {
    if (this.#isFailed && text !== 'ROLLBACK') throw new Refusal('the transaction is aborted', '25P02')
    const role = /^SET LOCAL ROLE "([^"]+)"$/.exec(text)?.[1]
    if (text === 'BEGIN') this.#before = cloneState(this.#server.state)
    else if (text === 'COMMIT') this.#end(true)
    else if (text === 'ROLLBACK') this.#end(false)
    else if (role !== undefined) this.#role = role
    else if (text === 'RESET ROLE') this.#role = null
    else if (!QUIET.test(text)) this.#change(text)
    else if (!/^\s*(?:SET|RESET) /.test(text)) return answerOf(this.#server.state, text, this)
    return []
  }

  #end(isCommit: boolean): void {
    if (!isCommit && this.#before !== null) this.#server.state = this.#before
    if (isCommit) this.#commit()
    this.#pending = []
    this.#before = null
    this.#role = null
    this.#isFailed = false
  }

  #change(text: string): void {
    this.#server.run(text, { login: this.login, runAs: this.#role, database: this.database })
    this.#pending.push(text)
  }
}

/** Opens sessions with the model. */
export function openOn(server: ModelServer): OpenSession {
  return (login) =>
    Promise.resolve().then(() => {
      if (server.isDead) throw new Killed('the process is gone')
      const refusal = refusalOf(server, login)
      if (refusal !== null) throw refusal
      // What the program uses of a session is there; a class with private members can be made in its own file only.
      return new ModelSession(server, login) as unknown as Session
    })
}

/** In the order in which the server looks (src/backend/utils/init/postinit.c). */
function refusalOf({ state, sessions }: ModelServer, { user, database: name }: LoginTarget): ConnectFailure | null {
  const failure = (kind: ConnectFailure['kind'], code: string, message: string): ConnectFailure =>
    new ConnectFailure(kind, code, message, null)
  const late = (code: string, message: string): ConnectFailure => failure('after_authentication', code, message)
  const role = state.roles.get(user)
  const isExpired = role?.validUntil !== undefined && role.validUntil !== null && role.validUntil.getTime() < Date.now()
  // The program alone sets verifiers; what a hand sets is another password.
  if (role?.password?.startsWith('SCRAM-SHA-256') !== true || isExpired)
    return failure('wrong_password', '28P01', `password authentication failed for user "${user}"`)
  if (!role.canLogin) return late('28000', `role "${user}" is not permitted to log in`)
  const ofRole = [...sessions].filter(({ login }) => login === user).length
  if (role.connectionLimit >= 0 && ofRole >= role.connectionLimit && !isSuper(state, user))
    return late('53300', `too many connections for role "${user}"`)
  const database = state.databases.get(name)
  if (name === 'postgres') return null
  if (database === undefined) return late(NO.database, `database "${name}" does not exist`)
  if (isSuper(state, user)) return null
  if (!database.allowConnections) return late('55000', `database "${name}" is not currently accepting connections`)
  if (!holds(state, user, database.acl, 'CONNECT')) return late('42501', `permission denied for database "${name}"`)
  const there = [...sessions].filter((session) => session.database === name).length
  if (database.connectionLimit >= 0 && there >= database.connectionLimit)
    return late('53300', `too many connections for database "${name}"`)
  return null
}
