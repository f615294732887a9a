/** The tag: one JSON object in the comment of a managed role or database (src/README.md: Tags). */

/** Fields of ours, in the order they are written; no module's tag may be called so. */
export const TAG_FIELDS = [
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
  'Marker',
  'Undeclared',
  'Removal',
  'CleanupPolicy',
  'Comment',
  'SecretVersionId',
  'ProvenSecret',
  'Auth',
  'ApprovedPlan',
  'UpdatedByBuildId',
] as const
export type TagField = (typeof TAG_FIELDS)[number]

/**
 * Fields that hold an object, one member for each application: several entries may share a login (src/README.md:
 * Removal). In a parsed tag they are its JSON text.
 */
const OBJECT_FIELDS: readonly string[] = ['Marker', 'Undeclared', 'Removal'] satisfies TagField[]

export function isObjectField(key: string): boolean {
  return OBJECT_FIELDS.includes(key)
}

export const MANAGED_BY = 'platform'

/** A parsed tag: our fields and the module's own tags alike. */
export type Tag = ReadonlyMap<string, string>

/** The tag that a comment holds; null where the comment is not ours. */
export function parseTag(comment: string | null): Tag | null {
  if (comment?.startsWith('{') !== true) return null
  const value = parseJson(comment)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const tag = new Map<string, string>()
  for (const [key, item] of Object.entries(value))
    if (isObjectField(key)) tag.set(key, JSON.stringify(item))
    else if (typeof item === 'string') tag.set(key, item)
  return tag.get('ManagedBy') === MANAGED_BY ? tag : null
}

/** So many bytes of a person's words go into a tag, as it writes them: a role's comment takes 90,000. */
const LONGEST_WORDS = 60_000
/** What `LONGEST_COMMENT` of the catalogs' queries leaves of a comment that was not read. */
const UNREAD = '\udcff'

/** Whether a comment is a person's, and too long for a tag to keep. */
export function isTooLong(comment: string | null): boolean {
  return comment !== null && (comment === UNREAD || asciiJson(comment).length > LONGEST_WORDS)
}

/** The tag with what a person wrote where it will stand; null: nothing. */
export function withWords(tag: Tag, comment: string | null): Tag {
  return comment === null || comment === '' ? tag : new Map(tag).set('Comment', comment)
}

/**
 * The comment's text: our fields in their fixed order, then the module's tags by name; equal tags give equal text. It
 * is ASCII, and so reads the same from a database of any encoding (src/README.md: Bytes in catalogs).
 */
export function formatTag(tag: Tag): string {
  const ours = TAG_FIELDS.filter((field) => tag.has(field))
  const others = [...tag.keys()].filter((key) => !isTagField(key)).sort()
  const valueOf = (key: string): unknown => (isObjectField(key) ? parseJson(tag.get(key) ?? '') : (tag.get(key) ?? ''))
  return asciiJson(Object.fromEntries([...ours, ...others].map((key) => [key, valueOf(key)])))
}

function asciiJson(value: unknown): string {
  const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(/[\x7f-\uffff]/g, escape)
}

function isTagField(key: string): key is TagField {
  return TAG_FIELDS.some((field) => field === key)
}

/** Who changed the object last: no reason to write a tag again. */
export const OF_THE_LAST_CHANGE: readonly string[] = ['ApprovedPlan', 'UpdatedByBuildId'] satisfies TagField[]

/**
 * Whether a tag says what it should, apart from who changed the object last. One from before 1.1 names no owned
 * database: that alone is no reason to write it again.
 */
export function sameTag(existing: Tag, desired: Tag): boolean {
  const isCompared = (key: string): boolean =>
    !OF_THE_LAST_CHANGE.includes(key) && (key !== 'OwnedDatabase' || existing.has(key))
  const relevant = (tag: Tag): string => formatTag(new Map([...tag].filter(([key]) => isCompared(key))))
  return relevant(existing) === relevant(desired)
}

/**
 * Whether the role whose tag this is had that database. An older tag does not tell whether a first run made
 * it: what may have been there is not made anew in silence (src/README.md: What people rename and drop).
 */
export function hasOwned(tag: Tag, database: string): boolean {
  const owned = tag.get('OwnedDatabase')
  return owned === undefined ? !tag.has('PendingDatabase') : owned === database
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
