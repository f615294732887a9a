/** A draft is parsed, guarded and planned as an apply would, until nothing of it takes anything from anybody. Pure. */
import { ApplyError, BlockedError, InvalidInputError } from '../errors.ts'
import { checkActual } from '../guardrails/actual.ts'
import { checkNaming, checkReservedNames } from '../guardrails/names.ts'
import { DeclarationError, parseDeclaration } from '../input/parse.ts'
import type { Actual } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'
import type { Problem, ProblemCode } from '../model/problem.ts'
import { type Plan, planSteps, type Step, type StepKind } from '../model/step.ts'
import { makePlan } from '../plan/plan.ts'
import type { Draft } from './draft.ts'
import { dropFaults, type Drops, type Fault, NO_DROPS, withoutDrops } from './drops.ts'
import { gainsOf } from './gains.ts'
import { keptNotes } from './kept.ts'
import { dropNotes, rightNotes } from './told.ts'
import type { Entry, Generated, Note, Survey } from './types.ts'

/** What a step may do that takes nothing: all else is a reason to leave something out. */
const HARMLESS: ReadonlySet<StepKind> = new Set([
  'adopt_role',
  'tag_role',
  'rename_application',
  'adopt_database',
  'tag_database',
  'admit_admin',
  'grant_privileges',
  'grant_default_privileges',
  'grant_membership',
  'leftover_membership',
  'end_approved_plan',
])

/** The fields that a guardrail is about. */
const FIELDS_OF: Partial<Record<ProblemCode, readonly string[]>> = {
  setting: ['settings'],
  extension: ['extensions'],
  schema: ['schemas', 'owns_schemas'],
  immutable: ['encoding', 'locale'],
  encoding: ['encoding', 'locale', 'settings'],
  server_version: ['member_of', 'privileges'],
}

/** The fields that a step is about. */
const FIELDS_OF_STEP: Partial<Record<StepKind, readonly string[]>> = {
  set_setting: ['settings'],
  act_as: ['acts_as'],
  alter_role: ['can_create_databases', 'connection_limit', 'valid_until'],
  limit_database: ['database_connection_limit'],
  make_room: ['database_connection_limit'],
  create_extension: ['extensions'],
  create_schema: ['schemas', 'owns_schemas'],
}

/** The caller's input, to which the generated entries are added: as the rest of the program reads it. */
export type Input = Readonly<Record<string, unknown>>

/**
 * @param input the caller's declaration, as JSON
 * @throws BlockedError where the instance itself stands in the way; ApplyError where no declaration was found that
 *   takes nothing from anybody, which is a defect
 */
export function review(draft: Draft, input: Input, now: Date): Generated {
  let drops = NO_DROPS
  const own = new Set(draft.after.declaration.applications.map(({ name }) => name))
  for (let left = 4 * draft.entries.length + 4; left > 0; left -= 1) {
    const entries = withoutDrops(draft.entries, drops)
    const found = examine(draft.after, input, entries, now)
    const isOurs = ({ key }: Fault): boolean => !own.has(key)
    const faults = found.faults.filter(isOurs)
    if (faults.length === 0 && found.planned !== null)
      return conclude(draft, entries, drops, found.planned, found.rights)
    const more = dropFaults(drops, entries, faults)
    if (size(more) === size(drops)) break
    drops = more
  }
  throw takesSomething(draft, examine(draft.after, input, withoutDrops(draft.entries, drops), now).faults)
}

function size({ entries, fields }: Drops): number {
  return entries.size + [...fields.values()].reduce((sum, some) => sum + some.size, 0)
}

interface Planned {
  readonly declaration: Declaration
  readonly actual: Actual
  readonly plan: Plan
}

interface Examined {
  readonly faults: readonly Fault[]
  /** null: there is no plan. */
  readonly planned: Planned | null
  /** Rights that the admin lacks. */
  readonly rights: readonly Problem[]
}

function examine(survey: Survey, input: Input, entries: readonly Entry[], now: Date): Examined {
  const parsed = parse(input, entries)
  if (!('declaration' in parsed)) return { faults: parsed.faults, planned: null, rights: [] }
  const { declaration } = parsed
  const actual = actualOf(survey)
  const problems = [
    ...checkReservedNames(declaration, survey.master),
    ...checkActual(declaration, actual, { command: 'plan', takesOver: false }),
  ]
  const rights = problems.filter(({ code }) => code === 'missing_right')
  const others = problems.filter(({ code }) => code !== 'missing_right')
  const general = others.filter(({ application }) => application === null)
  if (general.length > 0) throw new BlockedError(general)
  if (others.length > 0) return { faults: others.map(faultOf), planned: null, rights }
  const plan = makePlan({
    declaration,
    leftOut: new Set(),
    actual,
    rooms: new Map(),
    made: new Set(),
    buildId: 'generate',
    cleanupPolicy: null,
    startedAt: now,
    preparedFor: null,
    approvedPlan: null,
    master: null,
    secrets: new Map(),
  })
  const faults = planSteps(plan)
    .filter((step) => !isHarmless(survey, step))
    .flatMap(stepFault)
  return { faults, planned: { declaration, actual, plan }, rights }
}

function parse(
  input: Input,
  entries: readonly Entry[],
): { readonly declaration: Declaration } | { readonly faults: readonly Fault[] } {
  const { application_databases: own } = input
  const generated = Object.fromEntries(entries.map(({ key, fields }) => [key, fields]))
  const all = { ...(typeof own === 'object' ? own : {}), ...generated }
  try {
    return parseDeclaration(JSON.stringify({ ...input, enforce_naming: false, application_databases: all }))
  } catch (error) {
    if (!(error instanceof DeclarationError)) throw error
    const faults = error.problems.map(faultOf)
    if (faults.length < error.problems.length) throw new InvalidInputError(error.problems)
    return { faults }
  }
}

function faultOf({ application, code, field, message, remedy }: Problem): Fault {
  const [top = ''] = field.split('.')
  return { key: application ?? '', fields: FIELDS_OF[code] ?? [top], why: `${message} ${remedy}` }
}

/** As the delegated admin would find it. */
function actualOf({ cluster, interiors, unseen, admin }: Survey): Actual {
  const present = cluster.roles.get(admin)
  const role = present ?? {
    oid: 0,
    name: admin,
    canLogin: true,
    superuser: false,
    createDb: true,
    createRole: true,
    replication: false,
    bypassRls: false,
    connectionLimit: -1,
    validUntil: null,
    comment: null,
  }
  return {
    cluster: {
      ...cluster,
      server: { ...cluster.server, login: admin },
      roles: new Map([...cluster.roles, [admin, role]]),
    },
    interiors,
    unseen,
    logins: new Map(),
  }
}

function isHarmless({ admin, cluster }: Survey, step: Step): boolean {
  const { kind, loser, statements, username } = step
  if (HARMLESS.has(kind)) return true
  // The admin's own membership, which a run takes back.
  if (kind === 'revoke_membership') return loser === admin
  // What an owner lacks on its own database, and nothing is taken from PUBLIC.
  if (kind === 'restrict_public') return statements.every(({ redacted }) => redacted.startsWith('GRANT '))
  // RDS asks a login in rds_iam for a token, whatever its password.
  const isToken = cluster.memberships.some(({ role, member }) => role === 'rds_iam' && member === username)
  return kind === 'remove_password' && isToken
}

function stepFault({ application, kind, message }: Step): Fault[] {
  if (application === null) return []
  return [{ key: application, fields: FIELDS_OF_STEP[kind] ?? [], why: `an apply would change something: ${message}` }]
}

function conclude(
  { notes, before, after, entries: drafted }: Draft,
  entries: readonly Entry[],
  drops: Drops,
  { declaration, actual, plan }: Planned,
  rights: readonly Problem[],
): Generated {
  const keys = new Set(entries.map(({ key }) => key))
  const steps = planSteps(plan).filter(({ application }) => application !== null && keys.has(application))
  const keyOfDatabase = new Map(
    declaration.databases.filter(({ owner }) => keys.has(owner.name)).map(({ name, owner }) => [name, owner.name]),
  )
  return {
    entries,
    notes: [
      ...notes.map((note) => ({
        ...note,
        application: note.application ?? keyOfDatabase.get(note.database ?? '') ?? null,
      })),
      ...rightNotes(after, entries, rights),
      ...dropNotes(drafted, entries, drops),
      ...gainsOf(after, steps),
      ...namingNotes(after, declaration),
      // What the former owner of a database has in it stays, and others keep what they hold on that.
      ...keptNotes(after, declaration, { ...actual, interiors: before.interiors }, entries),
    ],
  }
}

function namingNotes({ declaration: { enforceNaming } }: Survey, declaration: Declaration): Note[] {
  const off = checkNaming({ ...declaration, enforceNaming })
  const text = `${String(off.length)} names are off the convention: set enforce_naming = false`
  const about = { application: null, database: null, role: null, kind: 'not_expressed' as const, statements: [] }
  return off.length === 0 ? [] : [{ ...about, text }]
}

function takesSomething({ after }: Draft, faults: readonly Fault[]): ApplyError {
  const told = faults.map(({ key, why }) => `${key}: ${why}`).join('; ')
  return new ApplyError([
    {
      application: null,
      code: 'defect',
      field: 'generate',
      message: `no declaration of ${after.declaration.instance.host} was found that takes nothing from anybody: ${told}.`,
      remedy: 'Nothing was printed. Leave out what it names with --database, and report this as a defect.',
    },
  ])
}
