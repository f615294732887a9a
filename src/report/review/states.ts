/** What became of each decision, by what the server has now. */
import { groupOf, type Line, membershipIn, NOT_SEEN, PUBLIC, shown } from './line.ts'
import type { SignedLine, SignedSheet } from './signed.ts'
import type { Surroundings } from './surroundings.ts'

/** In the order in which they are told. */
export const DECISION_STATES = [
  'not carried out yet',
  'not known',
  'not decided',
  'not on the sheet',
  'kept, and changed since',
  'changed since',
  'decided keep, and gone',
  'carried out',
  'kept as decided',
  'no longer there',
] as const
export type DecisionState = (typeof DECISION_STATES)[number]

export interface Judged {
  readonly state: DecisionState
  /** null: it is on no line of the sheet. */
  readonly signed: SignedLine | null
  /** As the server has it; null: it has it no more. */
  readonly line: Line | null
  /** Why, where the state alone does not say it. */
  readonly note: string
}

/** What a sheet is held against. */
export interface ServerNow {
  /** All that the server has, whatever the sheet was restricted to. */
  readonly lines: readonly Line[]
  /** What the sheet should have of it. */
  readonly scoped: readonly Line[]
  readonly surroundings: Surroundings
}

/** @returns one for each line of the sheet, and for each right that is on none; what is open first */
export function judge(sheet: SignedSheet, { lines, scoped, surroundings }: ServerNow): Judged[] {
  const now = new Map(lines.map((line) => [line.id, line]))
  const reviewed = new Set(sheet.lines.map(({ id }) => id))
  const reviewedDatabases = new Set(sheet.lines.map(({ cells }) => cells.database))
  const keptBefore = new Map(
    sheet.lines.flatMap((item) => (item.decision === 'keep' ? [[item.id, item] as const] : [])),
  )
  const isNew = ({ id, right }: Line): boolean => !reviewed.has(id) && right !== NOT_SEEN
  const look: Compared = {
    lines,
    added: lines.filter(isNew),
    addedInScope: scoped.filter(isNew),
    grown: lines.filter(({ id, details }) => (keptBefore.get(id)?.cells.details ?? shown(details)) !== shown(details)),
    outside: lines.filter(({ database }) => !reviewedDatabases.has(shown(database))),
    databases: new Map([...surroundings.databases].map(([name, isSeen]) => [shown(name), isSeen])),
    attributes: new Map([...surroundings.roles].map(([name, attributes]) => [shown(name), attributes])),
    memberships: surroundings.memberships.map(([role, member]) => [shown(role), shown(member)]),
  }
  const signed = sheet.lines.map((item): Judged => {
    const line = now.get(item.id) ?? null
    return { signed: item, line, ...(line === null ? judgeGone(item, look) : judgeThere(item, line, look)) }
  })
  const added = scoped
    .filter(({ id }) => !reviewed.has(id))
    .map((line): Judged => ({
      state: line.right === NOT_SEEN ? 'not known' : 'not on the sheet',
      signed: null,
      line,
      note: line.right === NOT_SEEN ? line.details : 'it has come since, or its line was taken out',
    }))
  const rank = ({ state }: Judged): number => DECISION_STATES.indexOf(state)
  return [...signed, ...added].sort((a, b) => rank(a) - rank(b))
}

/** Both sides, by what is asked for. */
interface Compared {
  readonly lines: readonly Line[]
  /** What the sheet does not have. */
  readonly added: readonly Line[]
  /** Of those, what it would have by what it was restricted to. */
  readonly addedInScope: readonly Line[]
  /** What was to be kept, and is more or less by now: its details count, and do not tell which. */
  readonly grown: readonly Line[]
  /** In databases that the sheet has nothing of: one of them may have been one of it, under another name. */
  readonly outside: readonly Line[]
  /** Of the instance, by name as a sheet shows it, whether anybody looked into it. */
  readonly databases: ReadonlyMap<string, boolean>
  readonly attributes: ReadonlyMap<string, readonly string[]>
  readonly memberships: Surroundings['memberships']
}

type Judgement = Pick<Judged, 'state' | 'note'>

const UNSEEN = 'the database is there, and nobody looked into it: it is not of this stack any more, or lets nobody in'

function isUnseen({ database }: SignedLine['cells'], { databases }: Compared): boolean {
  return databases.get(database) === false
}

function judgeThere({ decision, cells }: SignedLine, line: Line, look: Compared): Judgement {
  const before = cells.details
  const isSame = shown(line.details) === before
  const note = isSame ? '' : before === '' ? `now: ${line.details}` : `was: ${before}`
  if (line.right === NOT_SEEN) return { state: 'not known', note: line.details }
  if (decision === 'revoke') return isClosed(cells, line, look) ? { state: 'carried out', note: CLOSED } : undone(note)
  if (decision === null) return { state: 'not decided', note }
  if (isUnseen(cells, look)) return { state: 'not known', note: UNSEEN }
  if (decision === 'change') return isSame ? undone('') : { state: 'changed since', note }
  return { state: isSame ? 'kept as decided' : 'kept, and changed since', note }
}

function undone(note: string): Judgement {
  return { state: 'not carried out yet', note }
}

const CLOSED = 'the login may not log in, and has no members: what it has left nobody can use'

/** The policy `disable` leaves an owner what it owns, and closes its login; who never logged in is not closed by it. */
function isClosed(before: SignedLine['cells'], { login, via, logs_in_by: now }: Line, { lines }: Compared): boolean {
  const isShut = now === 'no' && !['', 'no'].includes(before.logs_in_by)
  return via === 'owner' && isShut && !lines.some(({ right }) => right === membershipIn(login))
}

function judgeGone({ decision, cells }: SignedLine, look: Compared): Judgement {
  if (isUnseen(cells, look)) return { state: 'not known', note: UNSEEN }
  if (decision === null || cells.right === NOT_SEEN) return { state: 'no longer there', note: '' }
  if (isStillHeld(cells, look)) {
    const note = 'it is there still, and no right of this stack any more'
    return decision === 'keep' ? { state: 'kept, and changed since', note } : undone(note)
  }
  const instead = insteadOf(cells, look)
  const note =
    instead.length === 0 ? '' : `in its place, and not as the sheet has it: ${instead.map(describe).join('; ')}`
  if (decision === 'keep') return { state: 'decided keep, and gone', note }
  if (instead.length === 0) return { state: 'carried out', note: 'the server has it no more' }
  return decision === 'change' ? { state: 'changed since', note } : undone(note)
}

/** What is on the instance is told of the stack's logins only, and of whoever reaches something. */
function isStillHeld({ login, right }: SignedLine['cells'], { attributes, memberships }: Compared): boolean {
  const group = groupOf(right)
  return (
    attributes.get(login)?.includes(right) === true ||
    (group !== null && memberships.some(([role, member]) => role === group && member === login))
  )
}

/**
 * What the login, a role that it is a member of, or everybody, has got since where the right was: what was revoked
 * under one name may be there under another. A database that is there no more may have been renamed. Of what others
 * hold a sheet of a part says little, so of everybody counts what it would have.
 */
function insteadOf({ login, database, right }: SignedLine['cells'], look: Compared): readonly Line[] {
  const names = rolesOf(login, look)
  const isWhose = (line: Line): boolean => line.login !== PUBLIC && names.has(shown(line.login))
  const isHere = (line: Line): boolean => ['', shown(line.database)].includes(database) || line.database === ''
  const added = [...look.added.filter(isWhose), ...look.addedInScope.filter((line) => line.login === PUBLIC)]
  const isGrown = (line: Line): boolean => line.right === right && shown(line.database) === database
  const grown = look.grown.filter((line) => isGrown(line) && (isWhose(line) || line.login === PUBLIC))
  const isRenamed = database !== '' && !look.databases.has(database)
  const renamed = isRenamed ? look.outside.filter((line) => isWhose(line) || line.login === PUBLIC) : []
  return [...new Set([...added.filter(isHere), ...grown, ...renamed])].filter((line) => line.right !== 'LOGIN')
}

/** Itself, and those whose rights it has or may take, through others too. */
function rolesOf(login: string, { memberships }: Compared): ReadonlySet<string> {
  const found = new Set([login])
  for (const name of found) for (const [role, member] of memberships) if (member === name) found.add(role)
  return found
}

function describe({ login, right, database }: Line): string {
  return `${login}: ${right}${database === '' ? '' : ` on ${database}`}`
}
