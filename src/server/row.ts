/** Typed access to result rows: the edge where the server's answers become types. */
import type { AclItem } from '../model/catalog.ts'
import { catalogText, decodeJson, decodeText } from './catalog-text.ts'

/** One result row, untyped until a row mapper has read it. */
export type Row = Readonly<Record<string, unknown>>

function wrong(name: string, value: unknown, wanted: string): TypeError {
  return new TypeError(`the server answered ${typeof value} for ${name}, where ${wanted} was expected`)
}

/** Text that a query made by `catalogText`; a word of the query's own reads as it is. */
export function readText(row: Row, name: string): string {
  const value = row[name]
  if (typeof value !== 'string') throw wrong(name, value, 'text')
  return decodeText(value)
}

export function readTextOrNull(row: Row, name: string): string | null {
  return row[name] === null ? null : readText(row, name)
}

export function readFlag(row: Row, name: string): boolean {
  const value = row[name]
  if (typeof value !== 'boolean') throw wrong(name, value, 'a boolean')
  return value
}

export function readInteger(row: Row, name: string): number {
  const value = row[name]
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrong(name, value, 'an integer')
  return value
}

/** Seconds since the epoch, as float8; null is null. */
export function readMomentOrNull(row: Row, name: string): Date | null {
  const value = row[name]
  if (value === null) return null
  if (typeof value !== 'number') throw wrong(name, value, 'a number of seconds')
  return new Date(value * 1000)
}

export function readTexts(row: Row, name: string): string[] {
  const value = row[name]
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw wrong(name, value, 'a list of texts')
  return value.map(decodeText)
}

function readList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The list of [grantor, grantee, privilege] that `ACL_ITEMS` makes; null is the empty list. */
export function readAcl(row: Row, name: string): AclItem[] {
  const value = row[name]
  if (value === null) return []
  if (typeof value !== 'string') throw wrong(name, value, 'an access control list')
  return readList(decodeJson(value)).map((item) => {
    const [grantor, grantee, privilege] = readList(item)
    if (typeof grantor !== 'string' || typeof grantee !== 'string' || typeof privilege !== 'string')
      throw wrong(name, item, 'three names')
    return { grantor, grantee, privilege }
  })
}

/** SQL that makes the list that `readAcl` reads, from an expression of type aclitem[]; `condition` filters on `a`. */
export function aclJson(expression: string, condition = 'true'): string {
  return `(SELECT ${ACL_ITEMS} FROM aclexplode(${expression}) a WHERE ${condition})`
}

/** The same as an aggregate over rows of aclexplode, named `a`. */
export const ACL_ITEMS = catalogText(`CAST(json_agg(
        json_build_array(
          pg_get_userbyid(a.grantor),
          CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
          a.privilege_type
        )
        ORDER BY a.grantee, a.privilege_type, a.grantor
      ) AS text)`)
