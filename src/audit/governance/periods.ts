/** From the records of all runs to the periods in which each login had its access. Pure. */
import { groupBy } from '../../group-by.ts'
import { ROW_PRIVILEGES, TABLE_PRIVILEGES } from '../../model/access.ts'
import type { AuditRecord, AuditRun } from '../../model/audit.ts'
import type { RecordedRun } from './entry.ts'
import { readOldChanges } from './old-records.ts'

/** One login's unchanged access to one database. */
export interface Period {
  readonly environment: string
  readonly instance: string | null
  readonly database: string
  readonly username: string
  readonly application: string | null
  /** In words, from most to least: owns, reads and writes, reads, logs in. */
  readonly may: string
  readonly since: string
  /** null, like the next two: it was there when the audit begins. */
  readonly sinceBuild: string | null
  readonly actor: string | null
  readonly approval: string | null
  /** null: it lasts. */
  readonly until: string | null
  readonly untilBuild: string | null
}

/** What is known of one login on one database at a moment. */
interface State {
  readonly owns: boolean
  /** Schema to privileges on the tables that the owner creates there: every schema of a guest has such an entry. */
  readonly schemas: ReadonlyMap<string, ReadonlySet<string>>
  /** Its role is older than the audit, which so does not tell what a guest was granted before. */
  readonly isOlder: boolean
}

interface LoginHistory {
  state: State
  /** The run in which `open` began. */
  run: string
  open: Omit<Period, 'until' | 'untilBuild'>
}

const NONE: State = { owns: false, schemas: new Map(), isOlder: false }
/** No schema has this name. */
const ALL_SCHEMAS = ''
/** What a removal says of a role without opening it. */
const OF_A_REMOVAL: ReadonlySet<string> = new Set(['requested', 'taken back', 'undeclared', 'disabled', 'give up'])
const TOOK_PLACE: ReadonlySet<string> = new Set(['created', 'updated', 'removed', 'no_change'])

/** What has been followed so far. */
interface Followed {
  /** Who has access, by login and database. */
  readonly logins: Map<string, LoginHistory>
  /** Whose access has ended while the login is there: what it had, and has again where it is opened. */
  readonly ended: Map<string, LoginHistory>
  readonly closed: Period[]
}

/** The periods come by database and login, each login's in the order of `entries`, whatever the clocks said. */
export function followAccess(entries: readonly RecordedRun[]): Period[] {
  const followed: Followed = { logins: new Map(), ended: new Map(), closed: [] }
  for (const { run, records } of entries) for (const record of records) follow(record, run, followed)
  const open = [...followed.logins.values()].map(({ open: period }) => ({ ...period, until: null, untilBuild: null }))
  return [...followed.closed, ...open].sort((a, b) => compare(sortKeyOf(a), sortKeyOf(b)))
}

/** 0 for equal ones, so that they keep their order. */
function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function sortKeyOf({ environment, instance, database, username }: Period): string {
  return JSON.stringify([environment, instance, database, username])
}

function follow(record: AuditRecord, run: AuditRun | null, followed: Followed): void {
  if (!TOOK_PLACE.has(record.status)) return
  if (record.object === 'login') followLogin(record, run, followed)
  else if (record.status === 'removed' && (record.object === 'database' || record.object === 'role')) {
    const isOfDatabase = record.object === 'database'
    for (const histories of [followed.ended, followed.logins])
      for (const [key, login] of histories)
        if (isAbout(login, record, run, isOfDatabase ? 'database' : 'username')) endPeriod(followed, key, record, false)
  } else if (endsOnDatabase(record)) endPeriod(followed, keyOf(record, run), record, true)
  else followAccessOf(record, run, followed)
}

/** A removal closes the login first of all; what becomes somebody else's meanwhile is opened again. */
function followLogin(record: AuditRecord, run: AuditRun | null, followed: Followed): void {
  const { logins, ended } = followed
  if (record.action === 'close')
    for (const [key, login] of logins) {
      if (isAbout(login, record, run, 'username')) endPeriod(followed, key, record, true)
    }
  if (record.action === 'reopen')
    for (const [key, login] of ended) {
      if (!isAbout(login, record, run, 'username')) continue
      const { database, application } = login.open
      const open = openPeriod({ ...record, database, application }, run, login.open.may)
      logins.set(key, { state: login.state, run: record.run_id, open })
      ended.delete(key)
    }
}

function isAbout(
  { open }: LoginHistory,
  record: AuditRecord,
  run: AuditRun | null,
  field: 'database' | 'username',
): boolean {
  const instance = run?.instance?.identifier ?? null
  return open[field] === record[field] && open.environment === record.environment && open.instance === instance
}

/** A login that the declaration gives nothing on a database may not enter it any more. */
function endsOnDatabase({ object, action, access }: AuditRecord): boolean {
  const isOfAccess = object === 'grant' && action === 'revoke' && access?.level === null
  return (
    isOfAccess &&
    access.changes.some(
      ({ on, revoked = [] }) => on === 'database' && (revoked.includes('ALL') || revoked.includes('CONNECT')),
    )
  )
}

function keyOf({ environment, database, username }: AuditRecord, run: AuditRun | null): string {
  return JSON.stringify([environment, run?.instance?.identifier ?? null, database, username])
}

function followAccessOf(record: AuditRecord, run: AuditRun | null, followed: Followed): void {
  const { database, username } = record
  if (database === null || username === null || !['role', 'database', 'default_privileges'].includes(record.object))
    return
  const { logins, ended } = followed
  const key = keyOf(record, run)
  const login = logins.get(key)
  const former = ended.get(key)
  const state = nextState(
    login?.state ?? former?.state ?? { ...NONE, isOlder: record.object === 'role' && record.status !== 'created' },
    record,
  )
  if (former !== undefined && opensNothing(record)) {
    ended.set(key, { ...former, state })
    return
  }
  ended.delete(key)
  const may = describeAccess(state)
  if (login?.open.may === may) {
    login.state = state
    return
  }
  // What one run made of a login belongs together: the role first, its privileges some milliseconds later.
  const isSameRun = login?.run === record.run_id
  if (login !== undefined && !isSameRun) endPeriod(followed, key, record, false)
  logins.set(key, {
    state,
    run: record.run_id,
    open: { ...openPeriod(record, run, may), since: isSameRun ? login.open.since : record.at },
  })
}

/** Whether it tells of the removal, or takes something away: a login that is closed stays so. */
function opensNothing({ object, action, status }: AuditRecord): boolean {
  return status === 'removed' || (object === 'role' && OF_A_REMOVAL.has(action))
}

function openPeriod(record: AuditRecord, run: AuditRun | null, may: string): Omit<Period, 'until' | 'untilBuild'> {
  const { environment, database, username, application, at, status } = record
  const isNews = status !== 'no_change'
  return {
    environment,
    instance: run?.instance?.identifier ?? null,
    database: database ?? '',
    username: username ?? '',
    application,
    may,
    since: at,
    sinceBuild: isNews ? record.build_id : null,
    actor: isNews ? (run?.actor?.arn ?? null) : null,
    approval: isNews ? (run?.approval ?? null) : null,
  }
}

/** @param isKept the login stays, and what it had is remembered */
function endPeriod({ logins, ended, closed }: Followed, key: string, record: AuditRecord, isKept: boolean): void {
  const login = logins.get(key)
  if (login !== undefined) closed.push({ ...login.open, until: record.at, untilBuild: record.build_id })
  logins.delete(key)
  if (!isKept) ended.delete(key)
  else if (login !== undefined) ended.set(key, login)
}

/** A database's record names its owner; a guest's access is told by its default privileges, which each schema has. */
function nextState(state: State, record: AuditRecord): State {
  if (record.object === 'database') return { ...state, owns: true }
  if (record.object !== 'default_privileges') return state
  const schemas = new Map([...state.schemas].map(([schema, privileges]) => [schema, new Set(privileges)]))
  for (const { on, schema, granted = [], revoked = [] } of record.access?.changes ?? readOldChanges(record)) {
    if (on !== 'table') continue
    const held = schemas.get(schema ?? ALL_SCHEMAS) ?? new Set()
    for (const privilege of granted) held.add(privilege)
    if (revoked.includes('ALL')) held.clear()
    for (const privilege of revoked) held.delete(privilege)
    schemas.set(schema ?? ALL_SCHEMAS, held)
  }
  return { ...state, schemas }
}

type SchemaHeld = readonly [schema: string, held: ReadonlySet<string>]

const LOGS_IN = 'log in'
const BEFORE = 'and what it was granted before this audit begins'

function describeAccess({ owns, schemas, isOlder }: State): string {
  if (owns) return 'own it: create objects, read and write rows'
  const having = [...schemas].filter(([, held]) => held.size > 0).sort(mostFirst)
  const parts = [...groupBy(having, ([, held]) => rowsInWords(held))].map(
    ([words, items]) => `${words} in ${items.map(([schema]) => schema || 'all schemas').join(', ')}`,
  )
  return [parts.join('; ') || LOGS_IN, ...(isOlder ? [BEFORE] : [])].join('; ')
}

/** `read and write rows`, `read`, else the privileges by name. */
function rowsInWords(held: ReadonlySet<string>): string {
  const names = TABLE_PRIVILEGES.filter((privilege) => held.has(privilege))
  if (names.join() === ROW_PRIVILEGES.join()) return 'read and write rows'
  return names.join() === 'SELECT' ? 'read' : names.join(', ')
}

function mostFirst([a, less]: SchemaHeld, [b, more]: SchemaHeld): number {
  return more.size - less.size || compare(a, b)
}
