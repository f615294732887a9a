/**
 * Calls of the module that are renamed, taken out or made with `for_each`, on a real server (src/README.md: Removal):
 * all beside each kind of consumer with RDS_PROVISION_FAULTS=whole, else a sample.
 */
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { IS_WHOLE } from '../../support/faults/intensity.ts'
import { MODULE, type Result, type Stack, type Variables } from '../../support/terraform.ts'
import { instance } from './instance.ts'
import { findLogins, type Found } from './protocol-found.ts'
import type { Consumer } from './protocol.ts'

const given = instance()
type Entries = Readonly<Record<string, Variables>>
/** For each call, or each key of its `for_each`, what it declares. */
type Calls = Readonly<Record<string, Entries>>

/** A root of its own, and the logins of its applications: `a` and `b` go by `delete`, `d` and `e` stay. */
class Root {
  readonly #t: ExecutionContext
  readonly #stack: Stack
  readonly id: string
  readonly #consumer: Consumer

  private constructor(t: ExecutionContext, stack: Stack, id: string, consumer: Consumer) {
    this.#t = t
    this.#stack = stack
    this.id = id
    this.#consumer = consumer
  }

  static async make(t: ExecutionContext, id: string, consumer: Consumer): Promise<Root> {
    const { declare } = given()
    return new Root(t, await declare(t, entries(id)), id, consumer)
  }

  /** The entries with these keys. */
  of(...keys: readonly string[]): Entries {
    return Object.fromEntries(Object.entries(entries(this.id)).filter(([key]) => keys.includes(key)))
  }

  /** One call of the module; null: none any more. */
  async call(name: string | null, declared: Entries = {}): Promise<void> {
    const call = { ...this.#common(), stack: this.id, application_databases: declared }
    await this.#write(name === null ? {} : { [name]: call }, name === null ? '' : `module.${name}.databases`)
  }

  /** One call with `for_each`, each a stack of its own. */
  async calls(all: Calls, variables: Variables = {}): Promise<void> {
    const call = {
      ...this.#common(),
      ...variables,
      for_each: all,
      stack: `${this.id}-\${each.key}`,
      application_databases: '${each.value}',
    }
    await this.#write({ databases: call }, '[for call in module.databases : call.databases]')
  }

  #common(): Variables {
    return { source: relative(this.#stack.folder, MODULE), ...this.#stack.variables, connect_timeout: 20 }
  }

  async #write(module: Readonly<Record<string, Variables>>, databases: string): Promise<void> {
    await this.file('main.tf.json', JSON.stringify(databases === '' ? {} : { module }))
    const [name = ''] = Object.keys(module)
    const uses = {
      none: '',
      output: `triggers_replace = ${databases}`,
      depends: `triggers_replace = file("\${path.module}/main.tf.json")\n depends_on = [module.${name}]`,
    }[this.#consumer]
    const consumer = `resource "terraform_data" "consumer" {\n ${uses}\n lifecycle { create_before_destroy = true }\n}\n`
    await this.file('consumer.tf', uses === '' || name === '' ? '' : consumer)
    const { code, output } = await this.#stack.terraform(['init', '-no-color'])
    this.#t.is(code, 0, output)
  }

  async file(name: string, text: string): Promise<void> {
    await writeFile(join(this.#stack.folder, name), text)
  }

  moved(from: string, to: string): Promise<void> {
    return this.file('moved.tf', `moved {\n from = ${from}\n to = ${to}\n}\n`)
  }

  apply(env: Readonly<Record<string, string>> = {}): Promise<Result> {
    return this.#stack.terraform(['apply', '-no-color', '-auto-approve'], env)
  }

  async applyOk(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { code, output } = await this.apply(env)
    this.#t.is(code, 0, output)
  }

  async plansNothing(): Promise<void> {
    const { code, output } = await this.#stack.terraform(['plan', '-no-color', '-detailed-exitcode'])
    this.#t.is(code, 0, output)
  }

  addresses(): Promise<string[]> {
    return this.#stack.addresses()
  }

  found(): Promise<ReadonlyMap<string, Found>> {
    return findLogins(given().server, this.id)
  }

  /** These have their data and their logins, and nothing is pending. */
  async has(before: ReadonlyMap<string, Found>, ...keys: readonly string[]): Promise<void> {
    const after = await this.found()
    for (const key of keys) {
      this.#t.is(after.get(key)?.oid, before.get(key)?.oid, `${key} has its data`)
      this.#t.true(after.get(key)?.canLogin, `${key} may log in`)
      this.#t.false(after.get(key)?.isPending, `nothing of ${key} is pending`)
    }
  }
}

function entries(id: string): Entries {
  const policies = { a: 'delete', b: 'delete', d: 'retain', e: 'retain' }
  return Object.fromEntries(
    Object.entries(policies).map(([key, policy]) => [
      key,
      {
        username: `${id}_${key}`,
        database_name: `${id}_${key}_db`,
        secret_id: `calls/${id}/${key}`,
        cleanup_policy: policy,
      },
    ]),
  )
}

type Play = (t: ExecutionContext, root: Root) => Promise<void>
const ALL = ['a', 'b', 'd', 'e'] as const

const CASES: Readonly<Record<string, Play>> = {
  'a call renamed with moved loses nothing': async (_t, root) => {
    await root.call('databases', root.of(...ALL))
    await root.applyOk()
    const before = await root.found()
    await root.moved('module.databases', 'module.platform')
    await root.call('platform', root.of(...ALL))
    await root.applyOk()
    await root.has(before, ...ALL)
    await root.plansNothing()
  },
  'a call renamed without moved is another state: refused, until it is told to take over': async (t, root) => {
    await root.call('databases', root.of(...ALL))
    await root.applyOk()
    const before = await root.found()
    await root.call('platform', root.of(...ALL))
    const refused = await root.apply()
    t.is(refused.scriptExit, 4, refused.output)
    t.regex(refused.text, /belongs to the stack/)
    await root.has(before, ...ALL)
    await root.applyOk({ ALLOW_DB_TAKEOVER: 'true' })
    await root.has(before, ...ALL)
    await root.plansNothing()
  },
  'a call taken out runs no policy': async (t, root) => {
    await root.call('databases', root.of(...ALL))
    await root.applyOk()
    const before = await root.found()
    await root.call(null)
    await root.applyOk()
    await root.has(before, ...ALL)
    t.deepEqual(await root.addresses(), [])
  },
  'a key of for_each taken out: the policies of that call, and of no other': async (t, root) => {
    await root.calls({ one: root.of('a', 'd'), two: root.of('b', 'e') })
    await root.applyOk()
    const before = await root.found()
    await root.calls({ one: root.of('a', 'd') })
    await root.applyOk()
    await root.has(before, 'a', 'd', 'e')
    t.false((await root.found()).has('b'))
    await root.plansNothing()
  },
  'a key of for_each renamed with moved loses nothing': async (_t, root) => {
    await root.calls({ one: root.of('a', 'd'), two: root.of('b', 'e') })
    await root.applyOk()
    const before = await root.found()
    await root.moved('module.databases["two"]', 'module.databases["three"]')
    await root.calls({ one: root.of('a', 'd'), three: root.of('b', 'e') })
    await root.applyOk()
    await root.has(before, ...ALL)
    await root.plansNothing()
  },
  'a key of for_each renamed without moved: what is retained stays, what is not is removed by the old call': async (
    t,
    root,
  ) => {
    await root.calls({ one: root.of('a', 'd'), two: root.of('b', 'e') })
    await root.applyOk()
    const before = await root.found()
    await root.calls({ one: root.of('a', 'd'), three: root.of('b', 'e') })
    const refused = await root.apply()
    t.is(refused.scriptExit, 4, refused.output)
    t.regex(refused.text, /belongs to the stack "\w+-two"/)
    await root.has(before, 'a', 'd', 'e')
    await root.calls({ one: root.of('a', 'd'), three: root.of('b', 'e') }, { accept_tags_from: [`${root.id}-two`] })
    await root.applyOk()
    await root.has(before, 'a', 'd', 'e')
    t.true((await root.found()).get('b')?.canLogin)
    await root.plansNothing()
  },
  'an entry that was released moves to another call and loses nothing': async (_t, root) => {
    await root.calls({ one: root.of('a', 'd'), two: root.of('b', 'e') })
    await root.applyOk()
    const before = await root.found()
    const { b = {} } = root.of('b')
    await root.calls({ one: root.of('a', 'd'), two: { ...root.of('e'), b: { ...b, cleanup_policy: 'release' } } })
    await root.applyOk()
    await root.calls({ one: root.of('a', 'd'), two: root.of('e') })
    await root.applyOk()
    await root.calls({ one: { ...root.of('a', 'd'), b: { ...b, adopt_existing: true } }, two: root.of('e') })
    await root.applyOk()
    await root.has(before, ...ALL)
    await root.plansNothing()
  },
}

const SAMPLED = new Map<string, readonly Consumer[]>([
  ['a call renamed without moved is another state: refused, until it is told to take over', ['none']],
  ['a key of for_each taken out: the policies of that call, and of no other', ['depends']],
])

const consumers: readonly Consumer[] = ['none', 'output', 'depends']
for (const [turn, consumer] of consumers.entries())
  for (const [index, [name, play]] of Object.entries(CASES).entries()) {
    if (!IS_WHOLE && SAMPLED.get(name)?.includes(consumer) !== true) continue
    test.serial(`${name}, consumer: ${consumer}`, async (t) => {
      t.timeout(300_000)
      await play(t, await Root.make(t, `m${String(turn)}${String(index)}`, consumer))
    })
  }
