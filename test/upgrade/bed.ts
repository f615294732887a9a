/** Stacks that the former module applies and today's takes over, and what today's program reads of theirs. */
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { execa } from 'execa'
import * as v from 'valibot'
import type { Stack } from '../support/terraform.ts'
import type { Instance } from '../terraform/module/instance.ts'

const Report = v.object({ sections: v.record(v.string(), v.array(v.unknown())) })
/** The sections that audit and governance files alone answer. */
const SECTIONS = 'runs,history,access-history'

/** From now on the stack calls this module; its state and its configuration stay. */
export async function callModule(stack: Stack, module: string): Promise<void> {
  stack.variables['source'] = relative(stack.folder, module)
  await stack.prepare()
  const { code, output } = await stack.terraform(['init', '-no-color'])
  if (code !== 0) throw new Error(output)
}

/** The script that a module runs. */
export function bundleOf(module: string): string {
  return join(module, 'dist', 'rds-provision.mjs')
}

/** A table with a row in each database, made by its owner. */
export async function fill({ server }: Instance, databases: Readonly<Record<string, string>>): Promise<void> {
  for (const [database, owner] of Object.entries(databases)) {
    await server.sql(
      `SET ROLE ${owner}; CREATE TABLE content (id serial PRIMARY KEY); INSERT INTO content DEFAULT VALUES; RESET ROLE`,
      [],
      database,
    )
    await server.forget(database)
  }
}

/** A login of the master's with a database of its own; from 16 on the master has to give the admin the right over it. */
export async function makeLegacy({ server }: Instance, name: string): Promise<void> {
  const right = `GRANT ${name} TO ${server.admin.user} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`
  await server.sql(`SET ROLE ${server.master.user}; CREATE ROLE ${name} LOGIN; ${right}; RESET ROLE`)
  await server.sql(`CREATE DATABASE ${name} OWNER ${name}`)
}

/** What a module's program reports. @throws Error with its words where it does not exit 0 */
export async function report(module: string, { aws }: Instance, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr, shortMessage } = await execa(
    process.execPath,
    [bundleOf(module), 'report', ...args],
    { env: { ...aws.env, PATH: process.env['PATH'] ?? '' }, extendEnv: false, reject: false },
  )
  if (exitCode !== 0) throw new Error(`${shortMessage ?? ''}\n${stdout}${stderr}`)
  return stdout
}

/** What a module's program reads from a folder of files: runs, history, access over time, as rows. */
export async function sectionsOf(
  module: string,
  running: Instance,
  folder: readonly ['--audit-dir' | '--governance-dir', string],
): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const text = await report(module, running, [...folder, '--section', SECTIONS, '--format', 'json'])
  return v.parse(Report, JSON.parse(text)).sections
}

/** A value cut down to the members that another has: what a later format adds is set aside, what it takes away is not. */
export function inShapeOf(shape: unknown, value: unknown): unknown {
  if (Array.isArray(shape) && Array.isArray(value))
    return value.map((item: unknown, index): unknown => inShapeOf(shape[index], item))
  if (!isMap(shape) || !isMap(value)) return value
  return Object.fromEntries(
    Object.keys(shape)
      .filter((name) => Object.hasOwn(value, name))
      .map((name) => [name, inShapeOf(shape[name], value[name])]),
  )
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Writes the stack's declaration as a person gives it to the program. @returns the file's path */
export async function writeDeclaration(stack: Stack): Promise<string> {
  const { source: _source, ...variables } = stack.variables
  const file = join(stack.folder, 'declaration.json')
  await writeFile(file, JSON.stringify({ ...variables, application_databases: stack.applications }))
  return file
}
