/** A stack that is planned, applied and removed on a bed, in process or by the committed bundle. */
import { randomBytes, randomUUID } from 'node:crypto'
import type pg from 'pg'
import * as v from 'valibot'
import { BlockedError } from '../../../src/errors.ts'
import type { ReportFormat } from '../../../src/input/report-options.ts'
import type { Command } from '../../../src/model/run.ts'
import type { Step } from '../../../src/model/step.ts'
import type { Preview } from '../../../src/preview/preview.ts'
import { apply } from '../../../src/run/apply/apply.ts'
import type { Dependencies } from '../../../src/run/context.ts'
import type { DestroyDependencies } from '../../../src/run/destroy/dependencies.ts'
import { destroy } from '../../../src/run/destroy/destroy.ts'
import { previewDestroy } from '../../../src/run/destroy/preview.ts'
import { requestRemoval } from '../../../src/run/destroy/request.ts'
import { carryOutRequested } from '../../../src/run/destroy/requested.ts'
import { prepareUpgrade } from '../../../src/run/upgrade/prepare.ts'
import { previewApply } from '../../../src/run/plan.ts'
import { type Ended, launchBundle, type Launched } from '../launch.ts'
import type { Bed } from '../provision.ts'
import { endedWell, type Outcome, toOutcome } from './outcome.ts'
import {
  begin,
  beginRemoval,
  dependencies as standard,
  destroyDependencies,
  type Entry,
  makeReportOf,
  markerOf,
  type Target,
  targetOf,
} from './runs.ts'

/** The delegated admin's. */
export const ADMIN_SECRET = 'platform/dev/rds/provisioner'

/** A result in row mode `array`. */
const Rows = v.object({ rows: v.array(v.array(v.unknown())) })

export class Stack {
  /** May be changed between runs. */
  applications: Readonly<Record<string, Entry>>
  variables: Entry
  /** Variables of the run's environment, such as ALLOW_DB_PROVISION. */
  env: Readonly<Record<string, string>> = {}
  readonly #bed: Pick<Bed, 'server' | 'aws'>
  readonly #passwords = new Map<string, string>()

  constructor(bed: Pick<Bed, 'server' | 'aws'>, applications: Readonly<Record<string, Entry>>, variables: Entry) {
    this.#bed = bed
    const stack = randomUUID()
    this.applications = applications
    this.variables = { environment: 'dev', stack, secret_prefix: stack, build_id: 'build-1', ...variables }
  }

  /** Name of an application's own database, as far as the tests declare it: given, or the default. */
  database(application: string): string {
    return this.#text(application, 'database_name', `${application.replaceAll('-', '_')}_${this.#environment}_db`)
  }

  username(application: string): string {
    return this.#text(application, 'username', `${application.replaceAll('-', '_')}_${this.#environment}_user`)
  }

  secretId(application: string): string {
    return this.#text(
      application,
      'secret_id',
      `${String(this.variables['secret_prefix'])}/${this.#environment}/${application}/postgres`,
    )
  }

  /** Puts (or changes) an application's secret. @returns its VersionId */
  setPassword(application: string, password: string): string {
    this.#passwords.set(application, password)
    return this.#bed.aws.putLogin(this.secretId(application), this.username(application), password)
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
    return this.#bed.server.connect({ user, password, database })
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

  /** Applies in process, with the real AWS SDK. */
  async apply(dependencies: Partial<Dependencies> = {}): Promise<Outcome> {
    const begun = await this.#begin('apply')
    return toOutcome(await apply(begun.parsed.declaration, begun.identity, { ...standard(), ...dependencies }))
  }

  /** @throws Error with everything that was wrong, where a run did not end well. */
  async applyOk(dependencies: Partial<Dependencies> = {}): Promise<Outcome> {
    return endedWell(await this.apply(dependencies))
  }

  /** Prepares a major upgrade in process, as `prepare-upgrade` does. */
  async prepareUpgrade(): Promise<Outcome> {
    const begun = await this.#begin('prepare-upgrade')
    return toOutcome(await prepareUpgrade(begun.parsed.declaration, begun.identity, standard()))
  }

  async prepareUpgradeOk(): Promise<Outcome> {
    return endedWell(await this.prepareUpgrade())
  }

  /** Removes in process: by the module's marker where the application is declared, else as a teardown script does. */
  async destroy(target: Target, dependencies: Partial<DestroyDependencies> = {}): Promise<Outcome> {
    const { request, begun } = await this.#beginRemoval(target)
    const all = { ...destroyDependencies(begun), ...dependencies }
    return toOutcome(await destroy(request, begun.identity, all))
  }

  /** What the module does when the marker of an application is destroyed, in process. */
  async request(application: string, marker: string | null = null): Promise<Outcome> {
    const { request, begun } = await this.#beginRemoval(application)
    const target = { by: 'application', value: application } as const
    return toOutcome(await requestRemoval({ ...request, target, marker }, begun.identity, destroyDependencies(begun)))
  }

  /** What the module does last when the whole state is destroyed; with an application declared, what a person does. */
  async requested(): Promise<Outcome> {
    const begun = await this.#begin('destroy')
    const { declaration } = begun.parsed
    const end = declaration.applications.length === 0 ? 'with removals' : null
    return toOutcome(await carryOutRequested({ declaration, end }, begun.identity, destroyDependencies(begun)))
  }

  /** @throws Error with everything that was wrong, where a removal did not end well. */
  async destroyOk(target: Target, dependencies: Partial<DestroyDependencies> = {}): Promise<Outcome> {
    return endedWell(await this.destroy(target, dependencies))
  }

  /** What `destroy --dry-run` finds, blocked or not. */
  async previewDestroy(target: Target, dependencies: Partial<DestroyDependencies> = {}): Promise<Preview> {
    const { request, begun } = await this.#beginRemoval(target)
    return previewDestroy(request, begun.identity, { ...destroyDependencies(begun), ...dependencies })
  }

  /** What `plan` finds, blocked or not. */
  async preview(dependencies: Partial<Dependencies> = {}): Promise<Preview> {
    const begun = await this.#begin('plan')
    return previewApply(begun.parsed.declaration, begun.identity, { ...standard(), ...dependencies })
  }

  /** The steps that an apply would take now. @throws BlockedError */
  async plan(): Promise<Step[]> {
    const { plan, blocked } = await this.preview()
    if (blocked.length > 0) throw new BlockedError(blocked)
    return plan.jobs.flatMap((job) =>
      job.transactions.flatMap((transaction) =>
        transaction.kind === 'atomic' ? transaction.steps : [transaction.step],
      ),
    )
  }

  /** Every section of a report that the server tells, as the formats print it. */
  async report(format: ReportFormat): Promise<string> {
    return makeReportOf(await this.#begin('report'), format)
  }

  /** The committed bundle, as Terraform runs it. */
  bundle(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return this.launch(args, env).ended
  }

  /** The same, as a process that can be signalled while it runs. */
  launch(args: readonly string[], env: Readonly<Record<string, string>> = {}): Launched {
    this.#ensureSecrets()
    return launchBundle(args, { ...this.#environmentOfRun(), ...env })
  }

  /** What the module passes to the script. */
  input(): Entry {
    const { host, port, caFile } = this.#bed.server
    return {
      instance: { host, port, identifier: 'db-1' },
      admin_secret_id: ADMIN_SECRET,
      tls: { ca_file: caFile },
      connect_timeout: 20,
      lock_timeout: 60,
      ...this.variables,
      application_databases: this.applications,
    }
  }

  /** What the module's marker of an application passes to the script when it is destroyed. */
  marker(application: string): Entry {
    return markerOf(this.input(), application, {
      database_name: this.database(application),
      username: this.username(application),
      secret_id: this.secretId(application),
    })
  }

  get #environment(): string {
    return String(this.variables['environment'])
  }

  #text(application: string, field: string, fallback: string): string {
    const value = this.applications[application]?.[field]
    return typeof value === 'string' ? value : fallback
  }

  #ensureSecrets(): void {
    for (const [name, entry] of Object.entries(this.applications)) {
      if (entry['auth'] !== 'iam' && !this.#passwords.has(name))
        this.setPassword(name, `Pw_${randomBytes(12).toString('hex')}`)
    }
  }

  #environmentOfRun(input = this.input()): Record<string, string> {
    return {
      ...this.#bed.aws.env,
      RDS_PROVISION_RUN_ID: randomUUID(),
      RDS_PROVISION_INPUT: JSON.stringify(input),
      ...this.env,
    }
  }

  #inProcess(input: Entry): Record<string, string> {
    this.#ensureSecrets()
    Object.assign(process.env, this.#bed.aws.env)
    return this.#environmentOfRun(input)
  }

  #begin(command: Command): ReturnType<typeof begin> {
    return begin(command, this.#inProcess(this.input()))
  }

  #beginRemoval(target: Target): ReturnType<typeof beginRemoval> {
    const { by, value } = targetOf(target)
    const input = by === 'application' && this.applications[value] !== undefined ? this.marker(value) : this.input()
    const buildId = String(this.variables['build_id'])
    return beginRemoval(target, { RDS_PROVISION_BUILD_ID: buildId, ...this.#inProcess(input) })
  }
}
