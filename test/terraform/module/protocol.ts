/**
 * The cases of removal under Terraform: applications of each policy, what a person does with them, and what must be on
 * the server afterwards. Each case has logins and a state of its own.
 */
import { copyFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { KILLED, type Stack } from '../../support/terraform.ts'
import type { Instance } from './instance.ts'
import { CUTTER } from './protocol-cutter.ts'
import { BASE, type Declared, DROPPED, ENDS, instanceOf, type Key, KEYS, LEAVERS } from './protocol-entries.ts'
import { type Found, findLogins } from './protocol-found.ts'

export const CONSUMERS = {
  none: '',
  output:
    'resource "terraform_data" "consumer" {\n triggers_replace = module.databases.databases\n lifecycle { create_before_destroy = true }\n}\n',
  depends:
    'resource "terraform_data" "consumer" {\n triggers_replace = file("${path.module}/main.tf.json")\n depends_on = [module.databases]\n lifecycle { create_before_destroy = true }\n}\n',
} as const
export type Consumer = keyof typeof CONSUMERS

export const PROVISION = 'module.databases.null_resource.provision'

export interface Expected {
  /** Whose policy was carried out. */
  readonly gone?: readonly Key[]
  /** The keys that others have by now. */
  readonly renamed?: Readonly<Record<Key, Key>>
  /** The state has ended: nothing is planned, and nothing is claimed. */
  readonly ended?: true
  /** A run was killed in the middle, and its audit with it. */
  readonly untold?: true
}

/** A folder that `init` has run in: all cases call the same module. */
let initialised: string | null = null
test.after.always('remove what init made', async () => {
  if (initialised !== null) await rm(initialised, { recursive: true, force: true })
})

export class Case {
  readonly stack: Stack
  readonly consumer: Consumer
  readonly #instance: Instance
  readonly #t: ExecutionContext
  readonly #id: string
  #isRestored = false

  private constructor(t: ExecutionContext, running: Instance, stack: Stack, consumer: Consumer, id: string) {
    this.consumer = consumer
    this.#t = t
    this.#instance = running
    this.stack = stack
    this.#id = id
  }

  /** Applied once, with the consumer beside it. */
  static async begin(t: ExecutionContext, running: Instance, consumer: Consumer, id: string): Promise<Case> {
    const { server, aws, declare } = running
    const identifier = instanceOf(id)
    aws.putInstance(identifier)
    const address = { host: server.host, port: server.port, identifier }
    const stack = await declare(t, BASE(id), {
      stack: id,
      instance: address,
      connect_timeout: 20,
      lock_timeout: 20,
    })
    const command = join(stack.folder, 'cutter')
    await writeFile(command, CUTTER, { mode: 0o755 })
    stack.variables = { ...stack.variables, node_command: command }
    stack.env = { ...stack.env, CUT_DONE: join(stack.folder, 'cut-done') }
    if (CONSUMERS[consumer] !== '') await writeFile(join(stack.folder, 'consumer.tf'), CONSUMERS[consumer])
    if (initialised !== null) await stack.takeInit(initialised)
    await stack.applyOk()
    initialised ??= await stack.copyOfInit()
    return new Case(t, running, stack, consumer, id)
  }

  /** The entries without these keys, or with some under other keys; names stay. */
  declared({
    without = [],
    renamed = {},
  }: { without?: readonly Key[]; renamed?: Readonly<Record<Key, Key>> } = {}): Declared {
    return Object.fromEntries(
      Object.entries(BASE(this.#id))
        .filter(([key]) => !without.includes(key))
        .map(([key, entry]) => [renamed[key] ?? key, entry]),
    )
  }

  marker(key: Key): string {
    return `module.databases.terraform_data.application["${key}"]`
  }

  /** The option of Terraform for each of these markers. */
  each(option: '-target' | '-replace', keys: readonly Key[] = LEAVERS): string[] {
    return keys.map((key) => `${option}=${this.marker(key)}`)
  }

  /** @param expected of Terraform; null: either */
  async apply(
    declared: Declared,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
    expected: 'ok' | 'fails' | null = 'ok',
  ): Promise<void> {
    this.stack.applications = declared
    const again = this.#isRestored && args.length === 0 ? [`-replace=${PROVISION}`] : []
    this.#isRestored = false
    const { code, output } = await this.stack.apply([...args, ...again], env)
    await this.#recover(code)
    if (expected !== null) this.#t.is(code === 0, expected === 'ok', output)
  }

  async destroy(
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
    expected: 'ok' | 'fails' | null = 'ok',
  ): Promise<void> {
    this.#isRestored = false
    const { code, output } = await this.stack.destroy(args, env)
    await this.#recover(code)
    if (expected !== null) this.#t.is(code === 0, expected === 'ok', output)
  }

  async plan(declared: Declared, args: readonly string[]): Promise<void> {
    this.stack.applications = declared
    const { code, output } = await this.stack.plan(args)
    this.#t.is(code, 2, output)
  }

  async terraform(args: readonly string[]): Promise<void> {
    const { code, output } = await this.stack.terraform(args)
    this.#t.is(code, 0, output)
  }

  /** A file of the root module, beside the call. */
  async write(file: string, text: string): Promise<void> {
    await writeFile(join(this.stack.folder, file), text)
  }

  /**
   * A Terraform that was killed or interrupted leaves its removals, which go on alone. One that was killed leaves its lock
   * too, and, killed while it wrote its state to a local file, an empty one. A person then takes the backup, and has the provisioning run, since that state is
   * older than the server.
   */
  async #recover(code: number): Promise<void> {
    if (code === 0) return
    const command = join(this.stack.folder, 'cutter')
    while ((await execa('ps', ['-A', '-o', 'args='])).stdout.includes(command)) await sleep(100)
    if (code !== KILLED) return
    const state = join(this.stack.folder, 'terraform.tfstate')
    await rm(join(this.stack.folder, '.terraform.tfstate.lock.info'), { force: true })
    if ((await stat(state).catch(() => null))?.size !== 0) return
    await copyFile(`${state}.backup`, state)
    this.#isRestored = true
  }

  found(): Promise<ReadonlyMap<Key, Found>> {
    return findLogins(this.#instance.server, this.#id)
  }

  /** Whatever Terraform said, nobody has lost data or access. */
  async settledSoFar(before: ReadonlyMap<Key, Found>): Promise<void> {
    const after = await this.found()
    for (const [key, { oid, canLogin }] of before) {
      this.#t.is(after.get(key)?.oid, oid, `${key} has its data`)
      this.#t.is(after.get(key)?.canLogin, canLogin, `${key} may log in`)
    }
  }

  /**
   * After an apply that ended well: whoever is declared is there, with the data of before and under the key of now; what
   * left is as its policy says; nothing is pending or planned; and the audits say what happened.
   * @param before whose data must be there still
   */
  async settled(before: ReadonlyMap<Key, Found>, expected: Expected = {}): Promise<void> {
    const { gone = [], renamed = {}, ended } = expected
    const after = await this.found()
    for (const key of KEYS) {
      const [had, has] = [before.get(key)?.oid ?? null, after.get(key)]
      if (gone.includes(key)) this.#isGone(key, had, has)
      else {
        if (had !== null) this.#t.is(has?.oid, had, `${key} has its data`)
        this.#t.true(has?.canLogin, `${key} may log in`)
        this.#t.is(has?.application, renamed[key] ?? key, `the tag of ${key}`)
      }
    }
    for (const [key, { isPending, claim }] of after) {
      this.#t.false(isPending, `nothing of ${key} is pending`)
      if (ended) this.#t.is(claim, null, `nobody claims ${key}`)
    }
    await this.#isTold(expected)
    if (ended) {
      this.#t.deepEqual(await this.stack.addresses(), [])
      return
    }
    const planned = await this.stack.plan()
    this.#t.is(planned.code, 0, planned.output)
  }

  #isGone(key: Key, had: string | null, has: Found | undefined): void {
    const end = ENDS[key]
    if (end === DROPPED) this.#t.is(has, undefined, `${key} is gone`)
    else {
      this.#t.is(has?.oid ?? null, had, `${key} has its data`)
      this.#t.is(has?.canLogin, end !== 'disabled', `whether ${key} may log in`)
      this.#t.is(has?.application ?? null, end === 'release' ? null : key, `the tag of ${key}`)
      if (end === 'disabled') this.#t.false(has?.hasGrants, `${key} has no grants`)
    }
  }

  async #isTold({ gone = [], renamed = {}, untold }: Expected): Promise<void> {
    if (untold) return
    const told = new Set(await this.told())
    for (const key of gone) {
      const end = ENDS[key] ?? null
      if (end === null) continue
      this.#t.true(told.has(`apply ${end} ${key}`) || told.has(`destroy ${end} ${key}`), `${end} ${key} is told`)
    }
    for (const key of Object.values(renamed)) this.#t.true(told.has(`apply renamed ${key}`), `renamed ${key} is told`)
    const ours = this.#instance.aws.snapshots.filter(({ source }) => source === instanceOf(this.#id))
    if (gone.includes('s')) this.#t.true(ours.length > 0, 'there is a snapshot')
  }

  /** What the runs have recorded of removals, in their order: `destroy requested c`, `apply renamed b2`, … */
  async told(): Promise<string[]> {
    const actions = new Set([
      'requested',
      'taken back',
      'renamed',
      'undeclared',
      'drop',
      'disabled',
      'release',
      'give up',
    ])
    const audits = await this.stack.audits()
    return audits.flatMap(({ run, records }) =>
      records
        .filter(({ action, object, status }) => actions.has(action) && object === 'role' && status !== 'failed')
        .map(({ action, application }) => `${run.command} ${action} ${application ?? ''}`),
    )
  }
}
