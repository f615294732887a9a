/** Where an attack takes place: the attacker's entries on a shared server, its sessions and its loops. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Bed, Entry, Stack } from '../provision.ts'
import { type Attack } from './attack.ts'

/** What a login that loops waits after each try. */
const PAUSE_MS = 10

/** Ends the sessions of logins, and whoever is in no row of pg_stat_activity: nobody but an attack hides. */
const SESSIONS = `SELECT pg_terminate_backend(l.pid) FROM (SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'virtualxid') l
  LEFT JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.pid <> pg_backend_pid() AND a.usesysid IS NULL
    AND coalesce(a.backend_type, 'client backend') = 'client backend'
  UNION ALL SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY ($1)`

export class Field {
  readonly bed: Bed
  readonly stack: Stack
  /** Entries of the cast, by the key of the declaration. */
  readonly entries: Readonly<Record<string, Entry>>
  /** Names of objects that are the attack's own begin with it. */
  readonly id: string
  readonly #sessions: pg.Client[] = []
  readonly #loops: Promise<void>[] = []
  #isOver = false

  constructor(bed: Bed, stack: Stack, id: string, { cast = { own: {} } }: Attack) {
    this.bed = bed
    this.stack = stack
    this.id = id
    this.entries = this.#entriesOf(cast)
  }

  get version(): number {
    return this.bed.server.version
  }

  /** The key of a role's entry. */
  key(role: string): string {
    return `${this.id}_${role}`
  }

  user(role: string): string {
    return `${this.key(role)}_dev_user`
  }

  /** The database that the cast shares. */
  get database(): string {
    return `${this.id}_own_dev_db`
  }

  /** Users of the cast that its entries make. */
  get users(): readonly string[] {
    return Object.keys(this.entries).map((key) => `${key}_dev_user`)
  }

  /** What is declared with `more` in the entries of the roles it names, which may be new ones. */
  with(more: Readonly<Record<string, Entry>>): Readonly<Record<string, Entry>> {
    const named = this.#entriesOf(more)
    return {
      ...this.entries,
      ...Object.fromEntries(Object.entries(named).map(([key, entry]) => [key, { ...this.entries[key], ...entry }])),
    }
  }

  /** Statements as the superuser; in the attacked database with its name. */
  sql(text: string, database?: string): Promise<unknown> {
    return this.bed.server.sql(text, [], database)
  }

  /** Statements as a role of the cast, over a session that ends at once. */
  as(role: string, text: string, database = this.database): Promise<unknown[][]> {
    return this.stack.sql(this.key(role), text, database)
  }

  answer(role: string, text: string, database = this.database): Promise<string> {
    return this.stack.answer(this.key(role), text, database)
  }

  /** A session that stays until the attack is over, after statements that succeeded. */
  async hold(role: string, statements: readonly string[], database = this.database): Promise<pg.Client> {
    const client = this.#keep(await this.stack.connect(this.key(role), database))
    for (const statement of statements) await client.query(statement)
    return client
  }

  /** A statement that the session does not wait for. */
  async start(role: string, statement: string, database = this.database): Promise<void> {
    const client = await this.hold(role, [], database)
    client.query(statement).catch(ignore)
  }

  /** A session that sleeps in its start-up (src/README.md: Sessions that hide in start-up). */
  async hide(role: string, database = this.database, options = ''): Promise<void> {
    const { server } = this.bed
    const ssl = { ca: await readFile(server.caFile, 'utf8') }
    const user = this.user(role)
    const password = this.stack.password(this.key(role))
    const client = this.#keep(
      new pg.Client({
        host: 'localhost',
        port: server.port,
        user,
        password,
        database,
        ssl,
        options: `-c post_auth_delay=60 ${options}`,
      }),
    )
    client.connect().catch(ignore)
    await sleep(200)
  }

  /** Statements again and again, over one session as long as it lives, else over a new one; whatever comes of it. */
  loop(
    role: string,
    statements: readonly string[],
    { database = this.database, sessions = 1, renew = false } = {},
  ): void {
    const one = async (): Promise<void> => {
      while (!this.#isOver) {
        const client = await this.stack.connect(this.key(role), database).catch(() => null)
        if (client !== null) await this.#runs(client, statements, renew)
        await sleep(PAUSE_MS)
      }
    }
    for (let n = 0; n < sessions; n += 1) this.#loops.push(one())
  }

  /** Ends all that was begun. */
  async over(): Promise<void> {
    this.#isOver = true
    const state = { isOpen: true }
    const all = Promise.all([
      ...this.#loops.splice(0),
      ...this.#sessions.splice(0).map((client) => client.end().catch(ignore)),
    ])
    const closed = all.finally(() => (state.isOpen = false))
    while (state.isOpen) {
      await this.bed.server.sql(SESSIONS, [this.users])
      await Promise.race([closed, sleep(50)])
    }
    this.#isOver = false
  }

  async #runs(client: pg.Client, statements: readonly string[], renew: boolean): Promise<void> {
    const state = { lives: true }
    client.on('error', ignore)
    client.on('end', () => (state.lives = false))
    do {
      for (const statement of statements) if (!this.#isOver && state.lives) await client.query(statement).catch(ignore)
      await sleep(PAUSE_MS)
    } while (state.lives && !renew && !this.#isOver)
    await client.end().catch(ignore)
  }

  #keep(client: pg.Client): pg.Client {
    client.on('error', ignore) // ended by a run
    this.#sessions.push(client)
    return client
  }

  #entriesOf(cast: Readonly<Record<string, Entry>>): Record<string, Entry> {
    const isGuest = ({ access_level: level = 'owner' }: Entry): boolean => level !== 'owner'
    return Object.fromEntries(
      Object.entries(cast).map(([role, entry]) => [
        this.key(role),
        isGuest(entry) ? { database_name: this.database, ...entry } : entry,
      ]),
    )
  }
}

function ignore(): void {}
