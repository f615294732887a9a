import type { Problem } from '../model/problem.ts'
import type { SettingValue } from '../model/declaration.ts'
import { isIdentifierList, splitList, unquoted } from './list-setting.ts'
import { isObject, notAnObject, printableKey } from './object.ts'
import { show } from './text.ts'

const VALUE_RULE = 'Use a string, a number, true, false or a list of strings; null leaves the parameter alone.'

/** The `settings` of one application: parameters in lower case, and what is wrong. */
export interface ParsedSettings {
  readonly settings: ReadonlyMap<string, SettingValue>
  readonly problems: readonly Problem[]
}

/**
 * Parses `settings`. Numbers and booleans become strings; null counts as not declared. A list of identifiers
 * (search_path) is always given as items, any other list as one string with commas, as `SHOW` prints it.
 */
export function parseSettings(input: unknown, application: string): ParsedSettings {
  if (input === undefined || input === null) return { settings: new Map(), problems: [] }
  if (!isObject(input)) return { settings: new Map(), problems: [notAnObject('settings', input, application)] }
  const settings = new Map<string, SettingValue>()
  const problems: Problem[] = []
  for (const [key, raw] of Object.entries(input)) {
    const parameter = key.toLowerCase()
    const field = `settings.${printableKey(key)}`
    const report = (message: string, remedy: string): void =>
      void problems.push({ application, code: 'invalid_value', field, message, remedy })
    const value = parseValue(parameter, raw)
    // The server folds parameter names, and refuses what its guc.c (valid_variable_name) cannot read back.
    if (!/^[A-Za-z_][A-Za-z0-9_.$]*$/.test(key))
      report('is not the name of a parameter.', 'Use letters, digits, _, . and $.')
    else if (settings.has(parameter)) report('is declared twice, in different case.', 'Keep one of the two.')
    else if (typeof value === 'object' && 'remedy' in value) report(`${show(raw)} is not accepted.`, value.remedy)
    else if (raw !== null) settings.set(parameter, value)
  }
  return { settings, problems }
}

/** The value of one parameter in its one form, or the remedy where it has none. */
function parseValue(parameter: string, raw: unknown): SettingValue | { readonly remedy: string } {
  const list = isIdentifierList(parameter)
  if (Array.isArray(raw)) {
    const items: readonly unknown[] = raw
    if (items.length === 0 || !items.every(isStorable)) return { remedy: VALUE_RULE }
    return list ? items.map(unquoted) : items.join(', ')
  }
  if (raw === null) return ''
  if (typeof raw === 'boolean' || isExact(raw)) return list ? [String(raw)] : String(raw)
  if (!isStorable(raw)) return { remedy: VALUE_RULE }
  if (!list) return raw
  return splitList(raw) ?? { remedy: 'Separate items with one comma, and close every double quote; or use a list.' }
}

/** A number that JSON did not round on its way here. */
function isExact(raw: unknown): raw is number {
  return typeof raw === 'number' && Number.isFinite(raw) && (!Number.isInteger(raw) || Number.isSafeInteger(raw))
}

/** Text that the server can store: no NUL, no lone surrogate. */
function isStorable(raw: unknown): raw is string {
  return typeof raw === 'string' && !/[\0\p{Cs}]/u.test(raw)
}
