/** What `generate` makes of a bed's server, in process, and a person who runs what comes first. */
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { hintsOf } from '../../src/generate/intent.ts'
import type { Generated } from '../../src/generate/types.ts'
import { parseTerraformState } from '../../src/input/terraform-state.ts'
import { generateDeclaration } from '../../src/run/generate.ts'
import { passwordOf } from './messy/instance.ts'
import type { Server } from './postgres.ts'
import type { Bed, Entry, Stack } from './provision.ts'
import { begin, dependencies } from './provision/runs.ts'
import { instructionsIn, nameOf } from './remedies.ts'

export interface GenerateOptions {
  readonly database?: string
  /** `terraform show -json` of another tool's state. */
  readonly state?: string
}

/** @param stack whose input it is; its applications count as declared */
export async function generateOn(
  bed: Bed,
  stack: Stack,
  { database, state }: GenerateOptions = {},
): Promise<Generated> {
  Object.assign(process.env, bed.aws.env)
  const input = stack.input()
  const variables = {
    ...bed.aws.env,
    RDS_PROVISION_RUN_ID: randomUUID(),
    RDS_PROVISION_INPUT: JSON.stringify(input),
  }
  const { parsed, identity } = await begin('plan', variables)
  const resources = state === undefined ? [] : parseTerraformState(state)
  return generateDeclaration(
    {
      declaration: parsed.declaration,
      identity,
      wanted: { input, database: database ?? null, resources, now: new Date() },
      hints: hintsOf(resources),
    },
    dependencies(),
  )
}

export function entriesOf({ entries }: Generated): Record<string, Entry> {
  return Object.fromEntries(entries.map(({ key, fields }) => [key, fields]))
}

/** Runs what a person has to run, in order, as whom it says. @returns how much that was */
export async function runFirst(server: Server, { notes }: Generated): Promise<number> {
  const statements = notes.filter(({ kind }) => kind === 'person_first').flatMap((note) => note.statements)
  for (const statement of statements) {
    const [instruction, ...more] = instructionsIn(statement)
    if (instruction === undefined || more.length > 0) throw new Error(`not to be followed: ${statement}`)
    const who = nameOf(instruction.who)
    const login = who === server.master.user ? server.master : { user: who, password: passwordOf(who) }
    const client: pg.Client = await server.connect({ ...login, database: nameOf(instruction.database ?? 'postgres') })
    try {
      await client.query(instruction.sql)
    } finally {
      await client.end()
    }
  }
  return statements.length
}

/**
 * Lines of the probe (`login in database: what`, `member: member of role`) that no note foretold: a gain of the login, or
 * of a role that it is a member of, in that database; or a role that a person made, as a note asked for.
 */
export function unforetold(gained: readonly string[], { notes }: Generated, after: ReadonlySet<string>): string[] {
  const gains = notes.filter(({ kind }) => kind === 'gains')
  const made = notes.flatMap(({ kind, database, role }) => (kind === 'person_first' && database !== null ? [role] : []))
  return gained.filter((line) => {
    const isMade = (role: string): boolean =>
      [` member of ${role}`, ` the rights of ${role}`, `"later ${role}"`].some((end) => line.endsWith(end))
    if (made.some((role) => role !== null && isMade(role))) return false
    const [, login = '', database = ''] = /^(.*?) in (.*?): /.exec(line) ?? []
    const groups = [...after].flatMap((item) => /^(.*): member of (.*)$/.exec(item)?.slice(1) ?? [])
    const roles = [login, ...groups.filter((_, index) => index % 2 === 1 && groups[index - 1] === login)]
    return !gains.some((note) => roles.includes(note.role ?? '') && (note.database ?? database) === database)
  })
}
