/** A line of an access review: who has which right where (src/README.md: Access reviews). */
import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { visible } from '../../audit/one-line.ts'
import { disarmSemicolons } from '../formats/csv.ts'
import type { ReportRow, Section } from '../report.ts'
import { type ColumnKey, columnsOf, RIGHT_KEYS } from './columns.ts'

/** What the server tells of a right, in the order of its columns. */
const LINE_KEYS = [...RIGHT_KEYS, 'remedy', 'id'] as const satisfies readonly ColumnKey[]

const LINE = v.object(v.entriesFromList(LINE_KEYS, v.string()))

/** By column, '' where there is no such thing; `database` is '' for a right on the whole instance. */
export type Line = Readonly<v.InferOutput<typeof LINE>>

/** What makes a right one and the same, whatever its details are today. */
const IDENTITY = ['environment', 'instance', 'stack', 'login', 'database', 'right'] as const
type Identity = Readonly<Record<(typeof IDENTITY)[number], string>>

export const PUBLIC = 'PUBLIC (everybody)'
/** In place of a right, where nobody could look into a database. */
export const NOT_SEEN = 'not looked into'

const MEMBER_OF = 'member of '

/** The right that a member of a role has. */
export function membershipIn(role: string): string {
  return `${MEMBER_OF}${role}`
}

/** The role, where a right is a membership; else null. */
export function groupOf(right: string): string | null {
  return right.startsWith(MEMBER_OF) ? right.slice(MEMBER_OF.length) : null
}

/** Digits of the right's hash; they tell apart whatever a server holds. */
const RIGHT_DIGITS = 16
/** Digits of the hash over what a sheet shows of it, by which a sheet that was sorted in parts is found. */
const SHOWN_DIGITS = 4

/**
 * A line with its id, which is the same for the same right in each look, and begins with a letter, so that no
 * spreadsheet takes it for a number.
 * @param role as the server names it, '' for everybody and nobody: what a sheet shows of two may be alike
 */
export function makeLine(role: string, facts: Omit<Line, 'id'>): Line {
  const id = `r${hashOf({ ...facts, login: role }, RIGHT_DIGITS)}${hashOf(shownIn(facts), SHOWN_DIGITS)}`
  return { ...facts, id }
}

/** Whether an id is of the right that stands beside it in a sheet. */
export function isIdOf(id: string, cells: Identity): boolean {
  return id.length === 1 + RIGHT_DIGITS + SHOWN_DIGITS && id.endsWith(hashOf(shownIn(cells), SHOWN_DIGITS))
}

function hashOf(identity: Identity, digits: number): string {
  const text = JSON.stringify(IDENTITY.map((key) => identity[key]))
  return createHash('sha256').update(text).digest('hex').slice(0, digits)
}

/** As it stands in a sheet, when that comes back. */
export function shown(text: string): string {
  return visible(disarmSemicolons(text)).trim()
}

function shownIn({ environment, instance, stack, login, database, right }: Identity): Identity {
  return {
    environment: shown(environment),
    instance: shown(instance),
    stack: shown(stack),
    login: shown(login),
    database: shown(database),
    right: shown(right),
  }
}

/** Lines as a section, in which they also come from the function (src/README.md: The function). */
export function lineSection(lines: readonly Line[]): Section {
  return {
    id: 'review',
    title: 'Access review',
    about: '',
    columns: columnsOf(LINE_KEYS),
    rows: lines.map((line): ReportRow => ({
      cells: LINE_KEYS.map((key) => line[key]),
      environment: line.environment,
      application: line.application === '' ? null : line.application,
    })),
  }
}

/** The opposite. */
export function linesOf({ columns, rows }: Section): Line[] {
  return rows.map(({ cells }) => {
    const text = (key: ColumnKey): string => String(cells[columns.findIndex((column) => column.key === key)] ?? '')
    return v.parse(LINE, Object.fromEntries(LINE_KEYS.map((key) => [key, text(key)])))
  })
}
