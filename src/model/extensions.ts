/** Which extensions a database still needs, and who may create them. Pure. */
import type { AvailableExtension, Interior } from './catalog.ts'
import type { Database } from './declaration.ts'

type Available = ReadonlyMap<string, AvailableExtension>

/**
 * The extensions with everything that they require, which CASCADE would install with them; what is required comes
 * before what requires it.
 */
export function withRequired(names: readonly string[], available: Available): string[] {
  const ordered = new Set<string>()
  const seen = new Set<string>()
  const visit = (name: string): void => {
    if (seen.has(name)) return
    seen.add(name)
    available.get(name)?.requires.forEach(visit)
    ordered.add(name)
  }
  names.forEach(visit)
  return [...ordered]
}

/**
 * Those of them that are not there, and that no database's owner may create: they are not trusted.
 * @param interior undefined: nobody has looked inside; all are missing
 */
export function untrusted(names: readonly string[], interior: Interior | undefined, available: Available): string[] {
  return withRequired(names, available).filter(
    (name) => interior?.extensions.has(name) !== true && available.get(name)?.trusted !== true,
  )
}

/** Whether the server has every extension that the database declares. */
export function areAvailable({ extensions }: Pick<Database, 'extensions'>, available: Available): boolean {
  return extensions.every((name) => available.has(name))
}
