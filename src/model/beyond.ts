/** What the server has and the declaration does not say (src/README.md: Beyond the declaration). Types only. */

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
  readonly fate: Fate
  /** As whom to run what takes it away. */
  readonly remedy: string
}
