/** What `generate` is made from, and what it comes to (src/README.md: What is there, as a declaration). Types only. */
import type { Cluster, Interior, Unseen } from '../model/catalog.ts'
import type { Declaration } from '../model/declaration.ts'

/**
 * `gains`: what somebody would get that it has not; `not_expressed`: what is there and no field says, which stays as it
 * is; `person_first`: what a person has to run before the declaration is true; `never`: what no declaration may hold.
 */
export const NOTE_KINDS = ['gains', 'not_expressed', 'person_first', 'never'] as const
export type NoteKind = (typeof NOTE_KINDS)[number]

export interface Note {
  /** The entry that it stands at; null: there is none. */
  readonly application: string | null
  readonly database: string | null
  readonly role: string | null
  readonly kind: NoteKind
  readonly text: string
  /** Each as `as …, in …: …;`, in the order in which they are to be run; empty: there is nothing to run. */
  readonly statements: readonly string[]
}

export type FieldValue =
  string | number | boolean | readonly string[] | Readonly<Record<string, string | readonly string[]>>

/** One entry of `application_databases`, field by field in the order of the guide. */
export type Fields = Readonly<Record<string, FieldValue>>

/** Everything that was read of an instance. */
export interface Survey {
  readonly declaration: Declaration
  /** With what is set for every role, and the parameters and extensions that any entry could name. */
  readonly cluster: Cluster
  readonly interiors: ReadonlyMap<string, Interior>
  readonly unseen: ReadonlyMap<string, Unseen>
  /** Roles that are NOINHERIT: below 16 they have none of the rights of their groups. */
  readonly noInherit: ReadonlySet<string>
  /** The delegated admin's login, be it there or not. */
  readonly admin: string
  /** The master's login; null: nobody said. */
  readonly master: string | null
  /** Names that a tool before gave to roles and databases. */
  readonly hints: Hints
}

/** From another tool's state, by the name on the server: what it called the thing there. */
export interface Hints {
  readonly roles: ReadonlyMap<string, string>
  readonly databases: ReadonlyMap<string, string>
}

/** An entry that is being made. */
export interface Entry {
  readonly key: string
  readonly role: string
  /** null: it has nothing to do with any. */
  readonly database: string | null
  readonly fields: Fields
}

/** A declaration of what is there. */
export interface Generated {
  /** In the order in which they are printed. */
  readonly entries: readonly Entry[]
  readonly notes: readonly Note[]
}
