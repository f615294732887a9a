/** A stack that is planned, applied and removed on a bed, in process or by the committed bundle. */
import { randomUUID } from 'node:crypto'
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
import { Logins } from './logins.ts'
import { endedWell, type Outcome, toOutcome } from './outcome.ts'
import {
  begin,
  beginRemoval,
  dependencies as standard,
  destroyDependencies,
  type Entry,
  makeReportOf,
  makeReviewOf,
  markerOf,
  type ReviewAsked,
  type Target,
  targetOf,
} from './runs.ts'

/** The delegated admin's. */
export const ADMIN_SECRET = 'platform/dev/rds/provisioner'

export class Stack extends Logins {
  /** Variables of the run's environment, such as ALLOW_DB_PROVISION. */
  env: Readonly<Record<string, string>> = {}
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

  /** The sheet of an access review, or what became of the decisions in a file. @throws ProvisionError */
  async review(format: ReportFormat, asked: ReviewAsked = {}): ReturnType<typeof makeReviewOf> {
    return makeReviewOf(await this.#begin('report'), format, asked)
  }

  /** The committed bundle, as Terraform runs it. */
  bundle(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return this.launch(args, env).ended
  }

  /** The same, as a process that can be signalled while it runs. */
  launch(args: readonly string[], env: Readonly<Record<string, string>> = {}): Launched {
    this.ensureSecrets()
    return launchBundle(args, { ...this.#environmentOfRun(), ...env })
  }

  /** What the module passes to the script. */
  input(): Entry {
    const { host, port, caFile } = this.bed.server
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

  #environmentOfRun(input = this.input()): Record<string, string> {
    return {
      ...this.bed.aws.env,
      RDS_PROVISION_RUN_ID: randomUUID(),
      RDS_PROVISION_INPUT: JSON.stringify(input),
      ...this.env,
    }
  }

  #inProcess(input: Entry): Record<string, string> {
    this.ensureSecrets()
    Object.assign(process.env, this.bed.aws.env)
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
