/**
 * What a role's tag remembers of an application that leaves: its marker, that a run did not find it declared, and that
 * its removal was asked for (src/README.md: Removal). Pure.
 */
import * as v from 'valibot'
import { CLEANUP_POLICIES, type RemovalPolicy } from './declaration.ts'
import type { Tag } from './tag.ts'

/** A run that knew the whole declaration did not find the application in it. */
export interface Undeclared {
  readonly buildId: string
  /** RFC 3339, UTC. */
  readonly at: string
}

/** The removal of an application, as it was asked for. */
export interface RemovalRequest {
  readonly policy: RemovalPolicy
  /** Of the marker that was destroyed; null: asked for by hand, or by a marker of an older release. */
  readonly marker: string | null
  readonly buildId: string
  /** RFC 3339, UTC. */
  readonly at: string
  /** Whether what it deletes was approved, or needs no approval. */
  readonly isApproved: boolean
  /** It deletes, and whoever asked knew that the application owns no database: what its role owns does not go. */
  readonly ownsNone?: true
  /** When it was carried out, where the role stays (`disable`); null: it is pending. */
  readonly doneAt: string | null
}

const UNDECLARED = v.pipe(
  v.object({ BuildId: v.string(), At: v.string() }),
  v.transform(({ BuildId, At }): Undeclared => ({ buildId: BuildId, at: At })),
)

const isRemovalPolicy = (word: unknown): word is RemovalPolicy =>
  word !== 'retain' && CLEANUP_POLICIES.some((policy) => policy === word)

const REMOVAL = v.pipe(
  v.object({
    Policy: v.custom<RemovalPolicy>(isRemovalPolicy),
    Marker: v.nullish(v.string(), null),
    BuildId: v.string(),
    At: v.string(),
    Approved: v.boolean(),
    NoDatabase: v.nullish(v.boolean(), false),
    DoneAt: v.nullish(v.string(), null),
  }),
  v.transform(({ Policy, Marker, BuildId, At, Approved, NoDatabase, DoneAt }): RemovalRequest => ({
    policy: Policy,
    marker: Marker,
    buildId: BuildId,
    at: At,
    isApproved: Approved,
    ...(NoDatabase && { ownsNone: true }),
    doneAt: DoneAt,
  })),
)

/** Id of the marker that stands for the application; null: not known. */
export function markerOf(tag: Tag, application: string): string | null {
  const value = memberOf(tag, 'Marker', application)
  return typeof value === 'string' ? value : null
}

/** null: nobody has found it missing from a declaration. */
export function undeclaredOf(tag: Tag, application: string): Undeclared | null {
  const { success, output } = v.safeParse(UNDECLARED, memberOf(tag, 'Undeclared', application))
  return success ? output : null
}

/** null: nobody has asked for its removal; what cannot be read asks for none. */
export function removalOf(tag: Tag, application: string): RemovalRequest | null {
  const { success, output } = v.safeParse(REMOVAL, memberOf(tag, 'Removal', application))
  return success ? output : null
}

/** Of all applications that the tag remembers. */
export function removalsIn(tag: Tag): readonly RemovalRequest[] {
  return membersOf(tag, 'Removal').flatMap(([application]) => removalOf(tag, application) ?? [])
}

/** The tag with what it says of the application's marker; null takes it away. */
export function withMarker(tag: Tag, application: string, marker: string | null): Tag {
  return withMember(tag, 'Marker', application, marker)
}

export function withUndeclared(tag: Tag, application: string, undeclared: Undeclared | null): Tag {
  const { buildId: BuildId = '', at: At = '' } = undeclared ?? {}
  return withMember(tag, 'Undeclared', application, undeclared === null ? null : { BuildId, At })
}

export function withRemoval(tag: Tag, application: string, request: RemovalRequest | null): Tag {
  if (request === null) return withMember(tag, 'Removal', application, null)
  const { policy: Policy, marker, buildId: BuildId, at: At, isApproved: Approved, ownsNone, doneAt } = request
  const member = {
    Policy,
    ...(marker !== null && { Marker: marker }),
    BuildId,
    At,
    Approved,
    ...(ownsNone === true && { NoDatabase: true }),
    ...(doneAt !== null && { DoneAt: doneAt }),
  }
  return withMember(tag, 'Removal', application, member)
}

/** The tag without anything of an application on its way out. */
export function withoutMemory(tag: Tag, application: string): Tag {
  return withRemoval(withUndeclared(tag, application, null), application, null)
}

type ObjectField = 'Marker' | 'Undeclared' | 'Removal'

function memberOf(tag: Tag, field: ObjectField, application: string): unknown {
  return new Map(membersOf(tag, field)).get(application)
}

function withMember(tag: Tag, field: ObjectField, application: string, value: unknown): Tag {
  const others = membersOf(tag, field).filter(([name]) => name !== application)
  const members = value === null ? others : [...others, [application, value] as const]
  const changed = new Map(tag)
  if (members.length === 0) changed.delete(field)
  else changed.set(field, JSON.stringify(Object.fromEntries([...members].sort(([a], [b]) => (a < b ? -1 : 1)))))
  return changed
}

const MEMBERS = v.record(v.string(), v.unknown())

function membersOf(tag: Tag, field: ObjectField): readonly (readonly [string, unknown])[] {
  const text = tag.get(field)
  if (text === undefined) return []
  const { success, output } = v.safeParse(MEMBERS, JSON.parse(text))
  return success ? Object.entries(output) : []
}
