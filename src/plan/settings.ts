/** Settings of a role in its database: the declaration is the whole truth for a managed role (design §3). */
import type { Application, SettingValue } from '../model/declaration.ts'
import type { Step } from '../model/step.ts'
import { resetInDatabase, setInDatabase } from '../sql/role.ts'
import { type PlanContext, step, subject } from './context.ts'

export function planSettings(context: PlanContext, application: Application): Step[] {
  const { database, username, settings } = application
  const stored = new Map(
    (context.settingsByRole.get(username) ?? [])
      .filter((item) => item.database === database)
      .map((item) => [item.name.toLowerCase(), item.value]),
  )
  const set = [...settings].filter(([name, value]) => !isStored(stored.get(name), value))
  const reset = [...stored.keys()].filter((name) => !settings.has(name)).sort()
  const about = subject(application, 'setting')
  return [
    ...set.map(([name, value]) =>
      step(about, 'set', stored.has(name) ? 'updated' : 'created', `${name} = ${items(value).join(', ')} for ${username} in ${database}`, [
        setInDatabase(username, database, name, items(value)),
      ]),
    ),
    ...reset.map((name) =>
      step(about, 'reset', 'removed', `${name} is no longer declared for ${username} in ${database}`, [resetInDatabase(username, database, name)]),
    ),
  ]
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
