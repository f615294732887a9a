import { Secret } from './secret.ts'

/** Objects that one statement names, as SQL, between its beginning and its end. */
interface ObjectList {
  readonly head: string
  readonly objects: readonly string[]
  readonly tail: string
}

interface StatementOptions {
  readonly redacted?: string
  readonly runAs?: string | null
  readonly list?: ObjectList
}

/**
 * One SQL statement. What is sent to the server and what may be printed are kept apart; they differ only where the
 * statement carries a password verifier.
 */
export class Statement {
  readonly #sql: Secret
  /** Safe for output, audit and errors. */
  readonly redacted: string
  /** The role the statement runs as (SET LOCAL ROLE); null: the role that logged in. */
  readonly runAs: string | null
  /** The objects of a list that may be cut; empty: it stands as it is. */
  readonly objects: readonly string[]
  readonly #list: ObjectList | null

  constructor(sql: string, options: StatementOptions = {}) {
    this.#sql = new Secret(sql)
    this.redacted = options.redacted ?? sql
    this.runAs = options.runAs ?? null
    this.#list = options.list ?? null
    this.objects = this.#list?.objects ?? []
  }

  /** @param list objects, already SQL, and what stands before and after them */
  static ofList(list: ObjectList, runAs: string | null): Statement {
    return new Statement(`${list.head} ${list.objects.join(', ')} ${list.tail}`, { runAs, list })
  }

  /** The same for some of its objects. @throws RangeError where it has no list */
  withObjects(objects: readonly string[]): Statement {
    if (this.#list === null) throw new RangeError('a statement without a list of objects')
    return Statement.ofList({ ...this.#list, objects }, this.runAs)
  }

  /** Whether the text for the server holds what may not be printed. */
  get isSecret(): boolean {
    return this.redacted !== this.reveal()
  }

  /** The text for the server. */
  reveal(): string {
    return this.#sql.reveal()
  }

  toString(): string {
    return this.redacted
  }

  toJSON(): string {
    return this.redacted
  }
}
