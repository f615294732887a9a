/**
 * The cases of removal under Terraform: four applications (three with the policy `delete`, one with `retain`), what a
 * person does with them, and what must be on the server afterwards. Each case has logins and a state of its own.
 */
import { copyFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import * as v from 'valibot'
import type { Stack, Variables } from '../../support/terraform.ts'
import type { Instance } from './instance.ts'

export const CONSUMERS = {
  none: '',
  output:
    'resource "terraform_data" "consumer" {\n triggers_replace = module.databases.databases\n lifecycle { create_before_destroy = true }\n}\n',
  depends:
    'resource "terraform_data" "consumer" {\n triggers_replace = file("${path.module}/main.tf.json")\n depends_on = [module.databases]\n lifecycle { create_before_destroy = true }\n}\n',
} as const
export type Consumer = keyof typeof CONSUMERS

/**
 * In place of node: runs it, and cuts the run where CUT says, e.g. `KILL:P:end`: at the start or the end of the
 * provisioning (P), of the removal of a marker (R) or of the end of the state (S). Once: CUT_DONE is then there.
 */
const CUTTER = `#!/usr/bin/env node
const fs = require('node:fs')
const { spawnSync } = require('node:child_process')
const args = process.argv.slice(2)
const who = args[1] === 'apply' ? 'P' : args.includes('--requested') ? 'S' : 'R'
function point(name) {
  const [how, ...where] = (process.env.CUT ?? '').split(':')
  if (where.join(':') !== name) return
  try { fs.writeFileSync(process.env.CUT_DONE, '', { flag: 'wx' }) } catch { return }
  if (how === 'FAIL') process.exit(1)
  process.kill(process.ppid, how === 'KILL' ? 'SIGKILL' : 'SIGINT')
  if (how === 'KILL') process.kill(process.pid, 'SIGKILL')
}
point(who + ':start')
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
if (status === 0) point(who + ':end')
process.exit(status ?? 1)
`

export type Key = string
export type Declared = Readonly<Record<Key, Variables>>

/** What is on the server of one case: the database's oid by login, and whether something of it is pending. */
interface Found {
  readonly oid: unknown
  readonly isPending: boolean
}

export class Case {
  readonly stack: Stack
  readonly server: Instance['server']
  readonly #t: ExecutionContext
  readonly #id: string

  private constructor(t: ExecutionContext, server: Instance['server'], stack: Stack, id: string) {
    this.#t = t
    this.server = server
    this.stack = stack
    this.#id = id
  }

  /** Applied once, with the consumer beside it. */
  static async begin(
    t: ExecutionContext,
    { server, declare }: Instance,
    consumer: Consumer,
    id: string,
  ): Promise<Case> {
    const stack = await declare(t, BASE(id), { stack: id, connect_timeout: 20, lock_timeout: 20 })
    const command = join(stack.folder, 'cutter')
    await writeFile(command, CUTTER, { mode: 0o755 })
    stack.variables = { ...stack.variables, node_command: command }
    stack.env = { ...stack.env, CUT_DONE: join(stack.folder, 'cut-done') }
    if (CONSUMERS[consumer] !== '') await writeFile(join(stack.folder, 'consumer.tf'), CONSUMERS[consumer])
    await stack.applyOk()
    return new Case(t, server, stack, id)
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

  /** @param expected of Terraform; null: either */
  async apply(
    declared: Declared,
    args: readonly string[] = [],
    env: Variables = {},
    expected: 'ok' | 'fails' | null = 'ok',
  ): Promise<void> {
    this.stack.applications = declared
    const { code, output } = await this.stack.apply(args, textual(env))
    await this.#unlock()
    if (expected !== null) this.#t.is(code === 0, expected === 'ok', output)
  }

  async destroy(
    args: readonly string[] = [],
    env: Variables = {},
    expected: 'ok' | 'fails' | null = 'ok',
  ): Promise<void> {
    const { code, output } = await this.stack.destroy(args, textual(env))
    await this.#unlock()
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

  /** Whatever Terraform said, nobody's data is lost. */
  async kept(before: ReadonlyMap<string, Found>): Promise<void> {
    const after = await this.found()
    for (const [key, { oid }] of before) this.#t.is(after.get(key)?.oid, oid, `${key} has its data`)
  }

  /**
   * A Terraform that was killed leaves its lock; and, killed while it wrote its state to a local file, an empty one. A
   * person then takes the backup; without it the next apply is refused as another state's.
   */
  async #unlock(): Promise<void> {
    const state = join(this.stack.folder, 'terraform.tfstate')
    await rm(join(this.stack.folder, '.terraform.tfstate.lock.info'), { force: true })
    if ((await stat(state).catch(() => null))?.size === 0) await copyFile(`${state}.backup`, state)
  }

  async found(): Promise<ReadonlyMap<string, Found>> {
    const rows = await this.server.sql(
      `SELECT r.rolname AS login, d.oid AS oid,
         coalesce(shobj_description(r.oid, 'pg_authid')::jsonb ? 'Removal', false) AS pending
       FROM pg_roles r LEFT JOIN pg_database d ON d.datdba = r.oid WHERE r.rolname LIKE $1`,
      [`${this.#id}\\_%`],
    )
    const Row = v.object({ login: v.string(), oid: v.nullable(v.unknown()), pending: v.boolean() })
    return new Map(
      rows.map((row) => {
        const { login, oid, pending } = v.parse(Row, row)
        return [login.slice(this.#id.length + 1), { oid, isPending: pending }] as const
      }),
    )
  }

  /** After an apply that ended well: what is declared has its data, what went is gone, nothing is pending or planned. */
  async settled(before: ReadonlyMap<string, Found>, gone: readonly Key[] = [], plans = true): Promise<void> {
    const after = await this.found()
    for (const [key, { oid }] of before)
      if (gone.includes(key)) this.#t.false(after.has(key), `${key} is gone`)
      else this.#t.is(after.get(key)?.oid, oid, `${key} has its data`)
    for (const [key, { isPending }] of after) this.#t.false(isPending, `nothing of ${key} is pending`)
    if (plans) {
      const planned = await this.stack.plan()
      this.#t.is(planned.code, 0, planned.output)
    }
  }

  /** What the runs have recorded of removals, in their order: `requested c`, `renamed b2`, `drop c`, … */
  async told(): Promise<string[]> {
    const actions = new Set(['requested', 'taken back', 'renamed', 'undeclared', 'drop', 'give up'])
    const audits = await this.stack.audits()
    return audits.flatMap(({ run, records }) =>
      records
        .filter(({ action, object, status }) => actions.has(action) && object === 'role' && status !== 'failed')
        .map(({ action, application }) => `${run.command} ${action} ${application ?? ''}`),
    )
  }
}

function textual(env: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}

/** Logins are named by the case: keys may be renamed, and names stay. */
function BASE(id: string): Record<Key, Variables> {
  return Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((key) => [
      key,
      {
        username: `${id}_${key}`,
        database_name: `${id}_${key}_db`,
        secret_id: `protocol/${id}/${key}`,
        cleanup_policy: key === 'd' ? 'retain' : 'delete',
      },
    ]),
  )
}
