/**
 * The module under the real Terraform with a stand-in for node: what the module passes, and when, without the script.
 * The stand-in notes each call, writes an audit for `apply` (STAND_IN_AUDIT, STAND_IN_AUDIT_FILE, or one of its own), and exits as told by STAND_IN_EXIT.
 */
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { decodeInput } from '../../../src/input/decode.ts'
import { MODULE, prepareTerraform, type Result, Stack, type Variables } from '../../support/terraform.ts'

const STAND_IN = `#!/usr/bin/env node
const fs = require('node:fs')
const path = require('node:path')
const audit = process.env.RDS_PROVISION_AUDIT_FILE ?? null
fs.appendFileSync(process.env.STAND_IN_CALLS, JSON.stringify({ argv: process.argv.slice(2), input: process.env.RDS_PROVISION_INPUT, audit }) + '\\n')
const file = process.env.STAND_IN_AUDIT_FILE
const code = Number(process.env.STAND_IN_EXIT ?? 0)
if (audit !== null && code === 0) {
  fs.mkdirSync(path.dirname(audit), { recursive: true })
  fs.writeFileSync(audit, process.env.STAND_IN_AUDIT ?? (file ? fs.readFileSync(file) : undefined) ?? JSON.stringify({ schema_version: 1, run: { outcome: process.env.STAND_IN_OUTCOME ?? 'changed', id: audit } }))
}
process.exit(code)
`

const Call = v.object({ argv: v.array(v.string()), input: v.string(), audit: v.nullable(v.string()) })
const Input = v.record(v.string(), v.unknown())

/** One call of the script: its arguments after the bundle's path, the decoded input, the audit's path. */
export interface Call {
  readonly bundle: string
  readonly args: readonly string[]
  readonly input: Readonly<Record<string, unknown>>
  /** What a marker's text says first; '' where the input is no marker. */
  readonly words: string
  /** Of the input as it was passed. */
  readonly bytes: number
  readonly audit: string | null
}

export interface Rig {
  readonly stack: Stack
  /** The copy of the module that the stack calls, with a bundle of its own. */
  readonly module: string
  /** The calls since the last time this was asked. */
  readonly calls: () => Promise<Call[]>
}

export const APPLICATIONS: Variables = { keycloak: {}, backstage: { can_create_databases: true } }

/** A stack on a copy of the module. `variables` replace the rig's own; `outputs`: those that the root passes on. */
export async function makeRig(
  applications: Variables = APPLICATIONS,
  variables: Variables = {},
  outputs?: readonly string[],
): Promise<Rig> {
  const { program, env } = await prepareTerraform()
  const { command: terraform } = program
  const settings = { applications, variables: {}, env, command: terraform, module: MODULE }
  const stack = await Stack.create({ ...settings, ...(outputs && { outputs }) })
  const folder = stack.folder
  const module = await copyModule(folder, 'module')
  const command = join(folder, 'stand-in')
  await writeFile(command, STAND_IN, { mode: 0o755 })
  const log = join(folder, 'calls.jsonl')
  await writeFile(log, '')
  stack.env = { ...env, STAND_IN_CALLS: log }
  stack.variables = {
    source: './module',
    environment: 'dev',
    instance: { host: 'orders.cluster.example.internal', port: 5433, resource_id: 'db-1' },
    admin_secret_id: 'platform/dev/rds/provisioner',
    build_id: 'build-1',
    node_command: command,
    ...variables,
  }
  let seen = 0
  const calls = async (): Promise<Call[]> => {
    const all = (await readFile(log, 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map(readCall)
    const fresh = all.slice(seen)
    seen = all.length
    return fresh
  }
  return { stack, module, calls }
}

/** Runs a configuration of the test's own in the rig's folder; NODE is the stand-in. */
export async function configure({ stack }: Rig, configuration: string): Promise<void> {
  await writeFile(join(stack.folder, 'main.tf'), configuration.replaceAll('NODE', join(stack.folder, 'stand-in')))
  const { code, output } = await stack.terraform(['init', '-no-color'])
  if (code !== 0) throw new Error(output)
}

/** Applies what was configured, whatever the stack itself declares. */
export function apply({ stack }: Rig): Promise<Result> {
  return stack.terraform(['apply', '-no-color', '-auto-approve'])
}

/** What `words` says where a marker is destroyed. */
export function removal(application: string): string {
  return `destroy --request --marker ID --application ${application}`
}

/** What `words` says where the claim is destroyed, last of a state. */
export const END = 'destroy --requested --claim ID'

const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g

/** The arguments of each call since the last time, with ID for each id: `apply`, `removal('keycloak')`, END. */
export async function words({ calls }: Rig): Promise<string[]> {
  return (await calls()).map(({ args }) => args.join(' ').replaceAll(UUID, 'ID'))
}

/** Copies the module's sources below a folder, with a bundle of one line. */
export async function copyModule(folder: string, name: string): Promise<string> {
  const module = join(folder, name)
  await mkdir(join(module, 'dist'), { recursive: true })
  for (const file of (await readdir(MODULE)).filter((entry) => entry.endsWith('.tf')))
    await cp(join(MODULE, file), join(module, file))
  await writeFile(join(module, 'dist', 'rds-provision.mjs'), '// bundle\n')
  return module
}

function readCall(line: string): Call {
  const { argv, input, audit } = v.parse(Call, JSON.parse(line))
  const json: unknown = JSON.parse(decodeInput(input))
  const [words = ''] = input.includes(' | ') ? input.split(' | ') : []
  return { bundle: argv[0] ?? '', args: argv.slice(1), input: v.parse(Input, json), words, bytes: input.length, audit }
}
