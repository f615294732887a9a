/**
 * Settings of a role in its database: the declaration is the whole truth for a managed role (src/README.md: The
 * declaration).
 */
import { mayAdminister } from '../model/administers.ts'
import type { Cluster, StoredSetting } from '../model/catalog.ts'
import type { Application, SettingValue } from '../model/declaration.ts'
import { loginName } from '../model/logins.ts'
import { isSendable, showBytes } from '../model/sendable.ts'
import type { Changes, Finding, Step } from '../model/step.ts'
import { administrators } from '../guardrails/members.ts'
import { printStatements } from '../sql/print.ts'
import { resetEverywhere, resetInDatabase, setInDatabase } from '../sql/role.ts'
import { finding, type PlanContext, standing, step, subject } from './context.ts'

/** Who takes back what only a superuser may set. On RDS there is none, and AWS lets the master do it for some. */
const AS_WHOM = 'who set it can take it away, on RDS the master; as a superuser'

/** Whether it takes more than a login, or the delegated admin, to set it or to take it back. */
export function isLocked({ parameters }: Pick<Cluster, 'parameters'>, name: string): boolean {
  return (parameters.get(name.toLowerCase())?.context ?? 'user') !== 'user'
}

export function planSettings(
  { settingsByRole }: Pick<PlanContext, 'settingsByRole'>,
  cluster: Pick<Cluster, 'parameters'>,
  application: Application,
): Step[] {
  const { database, username, settings } = application
  if (database === null) return []
  const stored = new Map(
    (settingsByRole.get(username) ?? [])
      .filter((item) => item.database === database)
      .map((item) => [item.name.toLowerCase(), item.value]),
  )
  const set = [...settings].filter(([name, value]) => !isStored(stored.get(name), value))
  const beyond = [...stored.keys()].filter((name) => !settings.has(name) && name !== ROLE && isSendable(name)).sort()
  const reset = application.undeclared === 'keep' ? [] : beyond.filter((name) => !isLocked(cluster, name))
  const about = subject(application, 'setting')
  return [
    ...set.map(([name, value]) =>
      step(
        about,
        'set_setting',
        'set',
        stored.has(name) ? 'updated' : 'created',
        `${describeDifference(name, stored.get(name), value)} for ${username} in ${database}`,
        [setInDatabase(username, database, name, items(value))],
        name,
      ),
    ),
    ...reset.map((name) =>
      step(
        about,
        'reset_setting',
        'reset',
        'removed',
        `${name} is no longer declared for ${username} in ${database}`,
        [resetInDatabase(username, database, name)],
        name,
      ),
    ),
    ...actingSteps(application, stored.get(ROLE)),
  ]
}

/** The parameter that makes a new session act as another role. */
const ROLE = 'role'

/**
 * `acts_as`. The setting holds a name: after a rename of the role, or without the membership, a session begins as the
 * login itself, with a warning of the server. One that acts as another goes on with that, so it ends (src/README.md:
 * What a session keeps).
 */
function actingSteps(application: Application, stored: string | undefined): Step[] {
  const { username, database, actsAs, undeclared } = application
  const isKept = actsAs === null && (stored === undefined || undeclared === 'keep')
  if (database === null || isKept || stored === actsAs) return []
  const about = subject(application, 'setting')
  const loser = stored === undefined ? {} : { loser: username }
  if (actsAs === null) {
    const message = `${username} no longer acts as ${stored ?? ''} in ${database}: what it creates is its own`
    const statement = resetInDatabase(username, database, ROLE)
    return [{ ...step(about, 'reset_setting', 'reset', 'removed', message, [statement], ROLE), ...loser }]
  }
  const message = `${username} acts as ${actsAs} in ${database}: what it creates belongs to ${actsAs}`
  const status = stored === undefined ? 'created' : 'updated'
  const statement = setInDatabase(username, database, ROLE, [actsAs])
  return [{ ...step(about, 'act_as', 'set', status, message, [statement], ROLE), ...loser }]
}

/**
 * What was set for the role in all databases is no part of the declaration, and counts wherever that names nothing
 * (src/README.md: The declaration).
 */
export function settingFindings(context: PlanContext, application: Application): Finding[] {
  const { username, settings, database, undeclared } = application
  const stored = context.settingsByRole.get(username) ?? []
  const { cluster } = context.actual
  const locked = stored.filter(
    ({ name, database: where }) => where === database && !settings.has(name.toLowerCase()) && isLocked(cluster, name),
  )
  const unnamed = [
    ...unnamedFindings(application, stored),
    ...(undeclared === 'keep' || database === null ? [] : lockedFindings(application, database, locked)),
  ]
  const names = stored
    .filter((item) => item.database === null && isSendable(item.name) && !settings.has(item.name.toLowerCase()))
    .map((item) => item.name)
  if (names.length === 0) return unnamed
  const remedy = (who: string, some: readonly string[]): string[] =>
    some.length === 0
      ? []
      : [`as ${who}: ${printStatements(some.map((parameter) => resetEverywhere(username, parameter)))}`]
  const ways = [
    ...remedy(
      cluster.server.login,
      names.filter((name) => !isLocked(cluster, name)),
    ),
    ...remedy(
      'a superuser',
      names.filter((name) => isLocked(cluster, name)),
    ),
  ]
  const message = `${username} has ${names.join(', ')} set for all databases, outside of this declaration and left alone; to undo it, ${ways.join(' and ')}`
  return [...unnamed, standing(subject(application, 'setting'), 'beyond', 'keep', message)]
}

/** Whoever set it had a right that the delegated admin has not; on RDS that may be the master. */
function lockedFindings(application: Application, database: string, locked: readonly StoredSetting[]): Finding[] {
  if (locked.length === 0) return []
  const { username } = application
  const list = locked.map(({ name, value }) => `${name} = ${value}`).join(', ')
  const resets = printStatements(locked.map(({ name }) => resetInDatabase(username, database, name)))
  const message =
    `${username} has ${list} set in ${database}, which is not declared and left alone: a login alone cannot set it, ` +
    `and ${AS_WHOM}: ${resets}`
  return [finding(subject(application, 'setting'), 'keep', 'warning', message)]
}

/** No statement can name these parameters (src/README.md: Bytes in catalogs). */
function unnamedFindings(application: Application, stored: readonly StoredSetting[]): Finding[] {
  const { username, database } = application
  const names = stored.filter(
    (item) => !isSendable(item.name) && (item.database === null || item.database === database),
  )
  if (names.length === 0) return []
  const list = names.map((item) => showBytes(item.name)).join(', ')
  const message =
    `${username} has settings whose names are no text in UTF-8 (${list}): they were neither checked nor reset; ` +
    'let whoever set them reset them, over a connection in the encoding that they were named in'
  return [finding(subject(application, 'setting'), 'keep', 'warning', message)]
}

/** `work_mem = 8MB`, `work_mem 1MB -> 8MB`. */
function describeDifference(name: string, stored: string | undefined, value: SettingValue): string {
  const wanted = items(value).join(', ')
  return stored === undefined ? `${name} = ${wanted}` : `${name} ${stored} -> ${wanted}`
}

/**
 * The clone of an alternating-users rotation acts as the application's own role, so that what it creates belongs to it
 * (src/README.md: Passwords). From 16 on that takes a right over the clone, which the rotation function's login
 * created.
 */
export function planClone(context: PlanContext, application: Application): Changes {
  const clone = context.secrets.get(loginName(application))?.clone ?? null
  const { database, username } = application
  const actor = application.actsAs ?? username
  const isSet = (context.settingsByRole.get(clone ?? '') ?? []).some(
    (item) => item.database === database && item.name === 'role' && item.value === actor,
  )
  if (clone === null || database === null || isSet) return { steps: [], findings: [] }
  const about = { ...subject(application, 'setting'), username: clone }
  const statement = setInDatabase(clone, database, 'role', [actor])
  if (mayAdminister(context.actual.cluster, clone))
    return {
      steps: [step(about, 'act_as', 'set', 'created', `${clone} acts as ${actor} in ${database}`, [statement], clone)],
      findings: [],
    }
  const remedy = `${administrators(context.actual.cluster, clone)}: ${printStatements([statement])}`
  const message = `what ${clone} creates belongs to it and not to ${actor}. ${remedy}`
  return { steps: [], findings: [finding(about, 'set', 'warning', message)] }
}

function items(value: SettingValue): readonly string[] {
  return typeof value === 'string' ? [value] : value
}

/** A list is stored as its items, each quoted where it needs to be (flatten_set_variable_args in PostgreSQL's guc). */
function isStored(stored: string | undefined, value: SettingValue): boolean {
  if (stored === undefined) return false
  if (typeof value === 'string') return stored === value
  const actual = splitList(stored)
  return actual.length === value.length && actual.every((item, index) => item === value[index])
}

/** `app, "My Schema"` to its items, as SplitIdentifierString reads it. */
function splitList(text: string): string[] {
  const found = text.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^",]+?))\s*(?:,|$)/g)
  return [...found].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}
