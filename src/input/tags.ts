import type { Problem } from '../model/problem.ts'
import type { InputScope } from './databases.ts'
import { isObject, notAnObject, printableKey } from './object.ts'
import { isPrintable, isText, show } from './text.ts'

/** Keys of the tag comment that the program itself writes (src/README.md: Tags). */
export const RESERVED_TAGS = [
  'ManagedBy',
  'BuildId',
  'ClusterName',
  'Stack',
  'Environment',
  'Workspace',
  'Claim',
  'ClaimedAt',
  'ClaimedByBuildId',
  'TakenOverFrom',
  'Application',
  'OwnedDatabase',
  'PendingDatabase',
  'WithheldFor',
  'AdmittedMaster',
  'CleanupPolicy',
  'SecretVersionId',
  'UpdatedByBuildId',
] as const

/**
 * Parses the module's `tags`: text to text; null counts as not declared. What a marker of a former release carries was
 * accepted then, and writes no tag: a key that has been reserved since is passed over.
 */
export function parseTags(
  input: unknown,
  scope: InputScope = 'stack',
): {
  readonly tags: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
} {
  if (input === undefined || input === null) return { tags: new Map(), problems: [] }
  if (!isObject(input)) return { tags: new Map(), problems: [notAnObject('tags', input, null)] }
  const tags = new Map<string, string>()
  const problems: Problem[] = []
  const reserved: readonly string[] = RESERVED_TAGS
  for (const [key, value] of Object.entries(input)) {
    const field = `tags.${printableKey(key)}`
    const report = (message: string, remedy: string): void =>
      void problems.push({ application: null, code: 'invalid_value', field, message, remedy })
    if (!isText(key))
      report('is not a key that a tag can have.', 'Use 1 to 255 characters, without control characters.')
    else if (reserved.includes(key)) {
      if (scope === 'stack') report('is a tag that every run writes itself.', 'Choose another key.')
    } else if (value === null) continue
    else if (typeof value === 'string' && isPrintable(value)) tags.set(key, value)
    else report(`${show(value)} is not accepted.`, 'Use text without control characters.')
  }
  return { tags, problems }
}
