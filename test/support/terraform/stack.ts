/** A root configuration in a temporary folder that calls the module, and what a person does with it. */
import { cp, mkdir, mkdtemp, readFile, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { execa } from 'execa'
import * as v from 'valibot'
import type { AuditDocument } from '../../../src/model/audit.ts'
import { readAudits } from './audit-file.ts'
import { SPARING } from './program.ts'
import { Result } from './result.ts'

/** A value as it stands in a Terraform configuration. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value }
export type Variables = Record<string, Value>
/** What is added to the environment; undefined takes a variable away. */
export type Environment = Readonly<Record<string, string | undefined>>

export interface StackSettings {
  /** `application_databases`. */
  readonly applications: Variables
  /** The module's other variables. */
  readonly variables: Variables
  /** The program's environment, apart from what the machine gives. */
  readonly env: Environment
  /** terraform or tofu. */
  readonly command: string
  /** The module's folder. */
  readonly module: string
  /** Takes each line of Terraform's standard output as it comes. */
  readonly onLine?: (line: string) => void
  /** Aborted: a running terraform is told to end. */
  readonly signal?: AbortSignal
  /** The module's outputs that the root passes on; all when not given. */
  readonly outputs?: readonly string[]
}

/** Of the machine's own environment nothing else gets through: no credentials, no CI variables, no settings of Terraform. */
const INHERITED = ['PATH', 'LANG', 'LC_ALL', 'TMPDIR', 'SYSTEMROOT', ...Object.keys(SPARING)]
/** As a shell tells of a program that a signal ended. */
export const KILLED = 137
/** What `init` makes. */
const INITIALISED = ['.terraform', '.terraform.lock.hcl']
const OUTPUTS = ['audit', 'audit_json', 'audit_file', 'databases', 'changed']
const Outputs = v.record(v.string(), v.object({ value: v.unknown() }))

export class Stack {
  /** The real path of the root configuration's folder. */
  readonly folder: string
  /** May be changed between runs; written out before each. */
  applications: Variables
  variables: Variables
  env: Environment
  readonly #command: string
  readonly #module: string
  readonly #onLine: ((line: string) => void) | undefined
  readonly #signal: AbortSignal | undefined
  #outputs: readonly string[]
  #initialised = false
  #appliedAt = 0

  private constructor(
    folder: string,
    { applications, variables, env, command, module, onLine, signal, outputs = OUTPUTS }: StackSettings,
  ) {
    this.folder = folder
    this.applications = { ...applications }
    this.variables = { audit_dir: join(folder, 'audit'), ...variables }
    this.env = env
    this.#command = command
    this.#module = module
    this.#onLine = onLine
    this.#signal = signal
    this.#outputs = outputs
  }

  /** Makes the folder; nothing runs yet. */
  static async create(settings: StackSettings): Promise<Stack> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'rds-provision-tf-')))
    await mkdir(join(folder, 'home'))
    return new Stack(folder, settings)
  }

  /** The module's outputs that the root passes on, from the next run on. */
  passOn(outputs: readonly string[]): void {
    this.#outputs = outputs
  }

  /** Any command of terraform, in the folder, as it is. */
  async terraform(args: readonly string[], env: Environment = {}): Promise<Result> {
    const inherited = Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]))
    const own = { HOME: join(this.folder, 'home'), TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1' }
    const running = execa(this.#command, args, {
      cwd: this.folder,
      env: { ...inherited, ...own, ...this.env, ...env },
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
      ...(this.#signal && { cancelSignal: this.#signal }),
    })
    if (this.#onLine) createInterface({ input: running.stdout }).on('line', this.#onLine)
    const { exitCode, signal, stdout, stderr, failed, message } = await running
    if (failed && exitCode === undefined && signal === undefined) throw new Error(message)
    return new Result(exitCode ?? (signal === undefined ? 0 : KILLED), stdout, stderr)
  }

  /** Writes the configuration, and runs `init` the first time. */
  async prepare(): Promise<void> {
    const call = {
      source: relative(this.folder, this.#module),
      ...this.variables,
      application_databases: this.applications,
    }
    const output = Object.fromEntries(this.#outputs.map((name) => [name, { value: `\${module.databases.${name}}` }]))
    const configuration = { module: { databases: escapeTemplates(call) }, ...(this.#outputs.length > 0 && { output }) }
    await writeFile(join(this.folder, 'main.tf.json'), JSON.stringify(configuration, null, 1))
    if (this.#initialised) return
    expectSuccess('init', await this.terraform(['init', '-no-color']))
    this.#initialised = true
  }

  /** A copy of what `init` has made here, for stacks that call the same modules. Nobody but its taker removes it. */
  async copyOfInit(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'rds-provision-init-'))
    for (const name of INITIALISED)
      await cp(join(this.folder, name), join(folder, name), { recursive: true, verbatimSymlinks: true })
    return folder
  }

  /** Takes such a copy in place of an `init` of its own. */
  async takeInit(folder: string): Promise<void> {
    for (const name of INITIALISED)
      await cp(join(folder, name), join(this.folder, name), { recursive: true, verbatimSymlinks: true })
    this.#initialised = true
  }

  /** `code`: 0 nothing to do, 1 error, 2 changes. */
  async plan(args: readonly string[] = [], env: Environment = {}): Promise<Result> {
    await this.prepare()
    return this.terraform(['plan', '-no-color', '-detailed-exitcode', ...args], env)
  }

  async apply(args: readonly string[] = [], env: Environment = {}): Promise<Result> {
    await this.prepare()
    await this.#nextSecond()
    const result = await this.terraform(['apply', '-no-color', '-auto-approve', ...args], env)
    this.#appliedAt = Date.now()
    return result
  }

  /**
   * Until the second of the apply before is over. The null provider that Go's modules give seeds its ids with the time
   * in seconds (null/resource.go of 2.1.2): two runs within one would have one id, and so one audit file.
   */
  async #nextSecond(): Promise<void> {
    const next = (Math.floor(this.#appliedAt / 1000) + 1) * 1000
    if (Date.now() < next) await setTimeout(next - Date.now())
  }

  /** @throws Error with Terraform's output where it fails */
  async applyOk(args: readonly string[] = [], env: Environment = {}): Promise<Result> {
    return expectSuccess('apply', await this.apply(args, env))
  }

  async destroy(args: readonly string[] = [], env: Environment = {}): Promise<Result> {
    await this.prepare()
    return this.terraform(['destroy', '-no-color', '-auto-approve', ...args], env)
  }

  /** What an operator does to make it run again. `address`: within the module. */
  async taint(address = 'null_resource.provision'): Promise<void> {
    expectSuccess('taint', await this.terraform(['taint', '-no-color', `module.databases.${address}`]))
  }

  /** The root's outputs, which are the module's. */
  async outputs(): Promise<Record<string, unknown>> {
    const { stdout } = expectSuccess('output', await this.terraform(['output', '-json']))
    const outputs = v.parse(Outputs, JSON.parse(stdout))
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]))
  }

  /** Addresses of all resources in the state. */
  async addresses(): Promise<string[]> {
    const { stdout } = expectSuccess('state list', await this.terraform(['state', 'list']))
    return stdout.split('\n').filter((line) => line !== '')
  }

  /** The state file and its backups, as text to search in; '' before the first apply. */
  async stateText(): Promise<string> {
    const files = (await readdir(this.folder)).filter((name) => name.startsWith('terraform.tfstate'))
    return (await Promise.all(files.map((name) => readFile(join(this.folder, name), 'utf8')))).join('\n')
  }

  get auditDir(): string {
    return v.parse(v.string(), this.variables['audit_dir'])
  }

  /** All audits written so far, oldest first. */
  audits(): Promise<AuditDocument[]> {
    return readAudits(this.auditDir)
  }

  /** @throws Error where none was written */
  async lastAudit(): Promise<AuditDocument> {
    const audit = (await this.audits()).at(-1)
    if (audit === undefined) throw new Error(`no audit was written to ${this.auditDir}`)
    return audit
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

function expectSuccess(command: string, result: Result): Result {
  if (result.code !== 0) throw new Error(`terraform ${command} failed:\n${result.output}`)
  return result
}

/** In *.tf.json every string is a template: `${` and `%{` are doubled to stay literal. */
function escapeTemplates(value: Value): Value {
  if (typeof value === 'string') return value.replaceAll(/([$%])\{/g, '$1$&')
  if (value === null || typeof value !== 'object') return value
  if (isList(value)) return value.map(escapeTemplates)
  return Object.fromEntries(Object.entries(value).map(([name, content]) => [name, escapeTemplates(content)]))
}

function isList(value: readonly Value[] | Readonly<Record<string, Value>>): value is readonly Value[] {
  return Array.isArray(value)
}
