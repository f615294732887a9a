/** What the server has and the declaration does not say (src/README.md: Beyond the declaration). Types only. */
import type { PrivilegeTarget } from './access-change.ts'

/** `kept` by `undeclared = "keep"`, `taken away` by the next apply, `left alone` by every run. */
export type Fate = 'kept' | 'taken away' | 'left alone'

export interface Beyond {
  readonly database: string
  /** Who has it; '' is PUBLIC, and where it is the database's own, its owner. */
  readonly role: string
  /** Privileges as PostgreSQL names them, an attribute as ALTER ROLE and ALTER DATABASE do, a parameter. */
  readonly what: string
  /** In words, e.g. `database shop`, `table app.orders`, `its login`. */
  readonly on: string
  /** Who granted it; null: it is no grant. */
  readonly grantor: string | null
  /** Where it is granted, whatever the names of the objects; null: it is no grant. */
  readonly place: GrantPlace | null
  readonly fate: Fate
  /** As whom to run what takes it away. */
  readonly remedy: string
}

/** What grants stay told apart by while objects come and go. */
export interface GrantPlace {
  readonly on: PrivilegeTarget
  /** null: on the database, or in any schema. */
  readonly schema: string | null
  /** The role whose future objects it is on; null: it is on what is there. */
  readonly creator: string | null
}
