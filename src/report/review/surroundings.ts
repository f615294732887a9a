/**
 * What is on the instance beside the lines: a right that is on no line any more may only have left the stack's sight,
 * as where its role was released, or its database given to another owner.
 */
import type { AccessMatrix } from '../../model/access.ts'
import type { Cluster } from '../../model/catalog.ts'
import type { ReportRow, Section } from '../report.ts'
import { attributesOf } from './attributes.ts'
import { reaches } from './roles.ts'

export interface Surroundings {
  /** By name, whether anybody looked into it for the review. */
  readonly databases: ReadonlyMap<string, boolean>
  /** By name, LOGIN and what else stands in `ALTER ROLE`. */
  readonly roles: ReadonlyMap<string, readonly string[]>
  /** Role and member. */
  readonly memberships: readonly (readonly [string, string])[]
}

const COLUMNS = [
  { key: 'kind', title: 'Kind' },
  { key: 'name', title: 'Name' },
  { key: 'more', title: 'More' },
] as const

const LOOKED_INTO = 'looked into'

/** As a section, in which it also comes from the function (src/README.md: The function). */
export function surroundingsSection({ databases, roles, memberships }: Cluster, matrix: AccessMatrix): Section {
  const seen = new Set(matrix.databases.filter(({ isSeen }) => isSeen).map(({ database }) => database))
  const cells: ReportRow['cells'][] = [
    ...[...databases.keys()].map((name) => ['database', name, seen.has(name) ? LOOKED_INTO : '']),
    ...[...roles.values()].map((role) => ['role', role.name, attributesOf(role).join(' ')]),
    ...memberships.filter(reaches).map(({ role, member }) => ['membership', role, member]),
  ]
  return { id: 'instance', title: 'Instance', about: '', columns: COLUMNS, rows: cells.map((row) => ({ cells: row })) }
}

/** The opposite. */
export function surroundingsOf({ rows }: Section): Surroundings {
  const of = (wanted: string): (readonly [string, string])[] =>
    rows.flatMap(({ cells: [kind, name, more] }) =>
      kind === wanted ? [[String(name ?? ''), String(more ?? '')] as const] : [],
    )
  return {
    databases: new Map(of('database').map(([name, more]) => [name, more === LOOKED_INTO])),
    roles: new Map(of('role').map(([name, more]) => [name, more.split(' ').filter((word) => word !== '')])),
    memberships: of('membership'),
  }
}
