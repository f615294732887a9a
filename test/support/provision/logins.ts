/** The logins of a stack of the bed: their names, secrets and passwords, and what they may do. */
import { randomBytes, randomUUID } from 'node:crypto'
import type pg from 'pg'
import * as v from 'valibot'
import type { Bed } from '../provision.ts'
import type { Entry } from './runs.ts'

/** A result in row mode `array`. */
const Rows = v.object({ rows: v.array(v.array(v.unknown())) })

export class Logins {
  /** May be changed between runs. */
  applications: Readonly<Record<string, Entry>>
  variables: Entry
  protected readonly bed: Pick<Bed, 'server' | 'aws'>
  readonly #passwords = new Map<string, string>()

  constructor(bed: Pick<Bed, 'server' | 'aws'>, applications: Readonly<Record<string, Entry>>, variables: Entry) {
    this.bed = bed
    const stack = randomUUID()
    this.applications = applications
    this.variables = { environment: 'dev', stack, secret_prefix: stack, build_id: 'build-1', ...variables }
  }

  /** Name of an application's own database, as far as the tests declare it: given, or the default. */
  database(application: string): string {
    const named = this.applications[application]?.['database_of']
    if (typeof named === 'string') return this.database(named)
    return this.#text(application, 'database_name', `${application.replaceAll('-', '_')}_${this.#environment}_db`)
  }

  username(application: string): string {
    const named = this.applications[application]?.['login_of']
    if (typeof named === 'string') return this.username(named)
    return this.#text(application, 'username', `${application.replaceAll('-', '_')}_${this.#environment}_user`)
  }

  secretId(application: string): string {
    const named = this.applications[application]?.['login_of']
    if (typeof named === 'string') return this.secretId(named)
    return this.#text(
      application,
      'secret_id',
      `${String(this.variables['secret_prefix'])}/${this.#environment}/${application}/postgres`,
    )
  }

  /** Puts (or changes) an application's secret. @returns its VersionId */
  setPassword(application: string, password: string): string {
    this.#passwords.set(application, password)
    return this.bed.aws.putLogin(this.secretId(application), this.username(application), password)
  }

  /** The password in an application's secret. */
  password(application: string): string {
    const password = this.#passwords.get(application)
    if (password === undefined) throw new Error(`no secret was put for ${application}`)
    return password
  }

  /** A client that logged in as the application; the caller ends it. */
  connect(application: string, database = this.database(application)): Promise<pg.Client> {
    const [user, password] = [this.username(application), this.password(application)]
    return this.bed.server.connect({ user, password, database })
  }

  /** Statements as the application; the rows of the last one as lists of values. */
  async sql(application: string, text: string, database = this.database(application)): Promise<unknown[][]> {
    const client = await this.connect(application, database)
    try {
      const result: unknown = await client.query({ text, rowMode: 'array' })
      const last: unknown = Array.isArray(result) ? result.at(-1) : result
      return v.is(Rows, last) ? last.rows : []
    } finally {
      await client.end()
    }
  }

  /** The SQLSTATE that the server answers, `ok` where it does as it is told. */
  async answer(application: string, text: string, database?: string): Promise<string> {
    try {
      await this.sql(application, text, database)
      return 'ok'
    } catch (error) {
      if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
      throw error
    }
  }

  get #environment(): string {
    return String(this.variables['environment'])
  }

  #text(application: string, field: string, fallback: string): string {
    const value = this.applications[application]?.[field]
    return typeof value === 'string' ? value : fallback
  }

  /** Each login by password has a secret. */
  protected ensureSecrets(): void {
    for (const [name, entry] of Object.entries(this.applications)) {
      const hasSecret =
        (entry['login_of'] ?? null) === null &&
        entry['can_login'] !== false &&
        (entry['auth'] ?? 'password') === 'password'
      if (hasSecret && !this.#passwords.has(name)) this.setPassword(name, `Pw_${randomBytes(12).toString('hex')}`)
    }
  }
}
