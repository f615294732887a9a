/** Objects inside a database that no access level reaches (src/README.md: Access levels). Types only. */

/** Objects of the database's owner that no access level reaches, and that not all guests may use. */
export interface Uncovered {
  readonly kind: 'type' | 'large object'
  /** null: they stand in no schema. */
  readonly schema: string | null
  readonly objects: number
  /** One of them. */
  readonly name: string
}

/** What one role gave another on objects that no access level reaches, of one kind and one owner. */
export interface OtherGrant {
  /** As GRANT names the kind. */
  readonly keyword: 'TYPE' | 'LANGUAGE' | 'FOREIGN DATA WRAPPER' | 'FOREIGN SERVER' | 'LARGE OBJECT'
  readonly owner: string
  readonly grantor: string
  /** '' is PUBLIC. */
  readonly grantee: string
  /** In the order of their names. */
  readonly privileges: readonly string[]
  readonly objects: number
  /** One of them, as SQL. */
  readonly identity: string
}
