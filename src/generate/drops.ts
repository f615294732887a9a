/** What of a draft could not stay, and the draft without it. Pure. */
import type { Entry, FieldValue, Fields } from './types.ts'

/** By key of the entry: what was taken out, and why. */
export interface Drops {
  readonly entries: ReadonlyMap<string, string>
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, string>>
}

export const NO_DROPS: Drops = { entries: new Map(), fields: new Map() }

/** One thing that is wrong with an entry. */
export interface Fault {
  readonly key: string
  /** Those that it may be about; the entry goes where it has none of them. */
  readonly fields: readonly string[]
  readonly why: string
}

export function dropFaults(drops: Drops, entries: readonly Entry[], faults: readonly Fault[]): Drops {
  const gone = new Map(drops.entries)
  const fields = new Map(drops.fields)
  const byKey = new Map(entries.map((entry) => [entry.key, entry]))
  for (const { key, fields: about, why } of faults) {
    const entry = byKey.get(key)
    if (entry === undefined) continue
    const there = about.filter((field) => field in entry.fields)
    if (there.length === 0) gone.set(key, gone.get(key) ?? why)
    else fields.set(key, new Map([...(fields.get(key) ?? []), ...there.map((field) => [field, why] as const)]))
  }
  return { entries: gone, fields }
}

/** Entries that name one that is gone lose that; those that are nothing without it go too. */
export function withoutDrops(entries: readonly Entry[], drops: Drops): Entry[] {
  const left = entries.filter(({ key }) => !drops.entries.has(key))
  const keys = new Set(left.map(({ key }) => key))
  const known = new Set(entries.map(({ key }) => key))
  const isGone = (value: FieldValue | undefined): boolean =>
    typeof value === 'string' && known.has(value) && !keys.has(value)
  return left
    .filter(({ fields }) => !isGone(fields['login_of']) && !('login_of' in fields && isGone(fields['database_of'])))
    .map((entry) => {
      const isHomeless = isGone(entry.fields['database_of'])
      const named = Object.entries(entry.fields)
        .filter(([field]) => drops.fields.get(entry.key)?.has(field) !== true)
        .filter(([field]) => !isHomeless || !OF_A_DATABASE.has(field))
        .filter(([field, value]) => field !== 'acts_as' || !isGone(value))
        .map(([field, value]) => [field, field === 'member_of' ? withoutGone(value, isGone) : value] as const)
        .filter(([field, value]) => field !== 'member_of' || (Array.isArray(value) && value.length > 0))
      const fields: Fields = { ...Object.fromEntries(named), ...(isHomeless && { access_level: 'none' }) }
      return { ...entry, database: isHomeless ? null : entry.database, fields: keepOrder(entry.fields, fields) }
    })
}

const OF_A_DATABASE = new Set(['database_of', 'settings', 'schemas', 'privileges', 'acts_as', 'owns_schemas'])

function withoutGone(value: FieldValue, isGone: (value: FieldValue | undefined) => boolean): FieldValue {
  return isList(value) ? value.filter((item) => !isGone(item)) : value
}

function isList(value: FieldValue): value is readonly string[] {
  return Array.isArray(value)
}

function keepOrder(before: Fields, after: Fields): Fields {
  return Object.fromEntries(
    Object.keys(before).flatMap((field) => {
      const value = after[field]
      return value === undefined ? [] : [[field, value] as const]
    }),
  )
}
