/** Which access control lists the steps of a plan change, and how (src/README.md: Who loses what). Pure. */
import type { AclItem, DefaultClass, Interior, ObjectClass } from '../model/catalog.ts'
import { PG_DATABASE_OWNER } from '../model/revoker.ts'
import { type PrivilegeStatement, type Step, type StepKind, stepKey } from '../model/step.ts'
import { objectName } from '../sql/interior.ts'
import type { PlanContext } from './context.ts'
import { heldBy } from './privileges.ts'

export type ThingKind = 'database' | 'schema' | ObjectClass | 'default'

/** Something with a list, as it is now. What belongs to pg_database_owner is the database's owner's here. */
export interface Thing {
  readonly key: string
  readonly kind: ThingKind
  readonly database: string
  /** null: it stands in none, or it is one. */
  readonly schema: string | null
  /** As it is told, e.g. `app.orders`, `tables that shop_user will create in schema app`. */
  readonly name: string
  readonly owner: string
  readonly acl: readonly AclItem[]
  readonly columnAcl: readonly AclItem[]
  /** Else this run makes it: nobody had anything on it. */
  readonly exists: boolean
}

/** What one statement changes of a list. */
export interface Touch {
  readonly id: number
  /** Of its step (`stepKey`). */
  readonly key: string
  /** '' is PUBLIC. */
  readonly grantee: string
  readonly grantor: string
  readonly granted: readonly string[]
  readonly revoked: readonly string[]
}

const BY_DEFAULT: ReadonlySet<StepKind> = new Set(['grant_default_privileges', 'revoke_default_privileges'])

const NOTHING: readonly AclItem[] = []
const NOTHING_INSIDE = { objects: [], othersObjects: [] }

export class Touches {
  readonly #context: PlanContext
  readonly #byThing = new Map<string, Touch[]>()
  readonly #things = new Map<string, Thing>()
  /** By database, then by the text that a GRANT names them by. */
  readonly #objects = new Map<string, Map<string, Thing>>()
  readonly #lists = new Map<readonly AclItem[], readonly AclItem[]>()
  #last = 0

  /** @param steps all of a plan's, in their order */
  constructor(context: PlanContext, steps: readonly Step[]) {
    this.#context = context
    for (const step of steps) this.#note(step)
  }

  on(thing: Thing): readonly Touch[] {
    return this.#byThing.get(thing.key) ?? []
  }

  /** What a step, or some of it, names; each once. */
  thingsOf(step: Step): readonly Thing[] {
    const items = (step.privileges ?? []).flatMap((item) => this.#thingsOfItem(step, item))
    const all = [...items, ...this.#restricted(step)]
    return [...new Map(all.map((thing) => [thing.key, thing])).values()]
  }

  /** The database of a thing, and its schema: who cannot come in there can do nothing with it. */
  aroundOf({ database, schema, kind }: Pick<Thing, 'database' | 'schema' | 'kind'>): readonly Thing[] {
    if (kind === 'database') return []
    const isInSchema = schema !== null && kind !== 'schema' && kind !== 'default'
    return [...this.#database(database), ...(isInSchema ? this.#schema(database, schema) : [])]
  }

  #note(step: Step): void {
    for (const item of step.privileges ?? []) {
      const { granted = [], revoked = [] } = item.change
      const grantee = item.grantee ?? step.username ?? ''
      const grantor = item.statement.runAs ?? this.#context.actual.cluster.server.login
      this.#touch(this.#thingsOfItem(step, item), step, { grantee, grantor, granted, revoked })
    }
    for (const thing of this.#restricted(step)) {
      const { owner: grantor, kind } = thing
      const revoked = kind === 'database' ? heldBy(thing.acl, '', grantor) : ['CREATE']
      this.#touch([thing], step, { grantee: '', grantor, granted: [], revoked })
      const granted = (step.access?.changes ?? []).flatMap((change) => change.granted ?? [])
      this.#touch([thing], step, { grantee: step.username ?? '', grantor, granted, revoked: [] })
    }
  }

  #touch(things: readonly Thing[], step: Step, change: Omit<Touch, 'id' | 'key'>): void {
    if (change.granted.length + change.revoked.length === 0) return
    this.#last += 1
    const touch = { ...change, id: this.#last, key: stepKey(step) }
    for (const { key } of things) {
      const touches = this.#byThing.get(key)
      if (touches === undefined) this.#byThing.set(key, [touch])
      else touches.push(touch)
    }
  }

  /** A step that shuts PUBLIC out names no privileges: it takes all that the owner gave it. */
  #restricted({ kind, target, database, privileges }: Step): readonly Thing[] {
    if (kind !== 'restrict_public' || database === null || privileges !== undefined) return []
    return target === null ? this.#database(database) : this.#schema(database, target)
  }

  #thingsOfItem(step: Step, { statement, change }: PrivilegeStatement): readonly Thing[] {
    const { database, kind } = step
    if (database === null || change.on === 'other') return []
    if (change.on === 'database') return this.#database(database)
    if (BY_DEFAULT.has(kind)) return this.#byDefault(database, statement.runAs ?? '', change.schema, change.on)
    if (change.on === 'schema') return this.#schema(database, change.schema ?? '')
    return statement.objects.flatMap((name) => this.#objectsOf(database).get(name) ?? [])
  }

  #database(name: string): readonly Thing[] {
    const state = this.#context.actual.cluster.databases.get(name)
    const owner = this.#ownerOf(name)
    const about = { kind: 'database', database: name, schema: null, name, owner } as const
    return [this.#thing(about, state?.acl ?? NOTHING, NOTHING, state !== undefined)]
  }

  #schema(database: string, name: string): readonly Thing[] {
    const state = this.#context.actual.interiors.get(database)?.schemas.get(name)
    const owner = this.#ownOf(database, state?.owner ?? PG_DATABASE_OWNER)
    const about = { kind: 'schema', database, schema: name, name, owner } as const
    return [this.#thing(about, this.#own(database, state?.acl ?? NOTHING), NOTHING, state !== undefined)]
  }

  /** In one schema what is given for all schemas counts too, and stays with what happens to that schema's own. */
  #byDefault(database: string, creator: string, schema: string | null, on: DefaultClass): readonly Thing[] {
    const interior = this.#context.actual.interiors.get(database)
    const items = (interior?.defaultAcl ?? []).filter((item) => item.creator === creator && item.objectClass === on)
    // What the server gives PUBLIC by itself, while no default privileges for all schemas take its place.
    const isForAll = on === 'function' && !items.some((item) => item.schema === null)
    const acl = items
      .filter((item) => item.schema === null || item.schema === schema)
      .map(({ grantee, privilege, schema: of }) => ({ grantee, privilege, grantor: of === schema ? creator : '' }))
      .concat(isForAll ? [{ grantee: '', privilege: 'EXECUTE', grantor: '' }] : [])
    const where = schema === null ? ' in any schema' : ` in schema ${schema}`
    const name = `${on}s that ${creator} will create${where}`
    const about = { kind: 'default', database, schema, name, owner: creator } as const
    return [this.#thing(about, acl, NOTHING, interior !== undefined)]
  }

  #objectsOf(database: string): Map<string, Thing> {
    const known = this.#objects.get(database)
    if (known !== undefined) return known
    const interior: Pick<Interior, 'objects' | 'othersObjects'> =
      this.#context.actual.interiors.get(database) ?? NOTHING_INSIDE
    const things = [...interior.objects, ...interior.othersObjects].map((object): [string, Thing] => {
      const { schema, name, args, objectClass: kind, owner, acl, columnAcl } = object
      const told = `${schema}.${name}${args === null ? '' : `(${args})`}`
      const sql = objectName(object)
      const thing = { key: JSON.stringify([database, sql]), kind, database, schema, name: told, owner, exists: true }
      return [sql, { ...thing, acl: this.#own(database, acl), columnAcl: this.#own(database, columnAcl) }]
    })
    const found = new Map(things)
    this.#objects.set(database, found)
    return found
  }

  #thing(
    about: Omit<Thing, 'key' | 'acl' | 'columnAcl' | 'exists'>,
    acl: readonly AclItem[],
    columnAcl: readonly AclItem[],
    exists: boolean,
  ): Thing {
    const key = JSON.stringify([about.database, about.kind, about.name])
    const thing = this.#things.get(key) ?? { ...about, key, acl, columnAcl, exists }
    this.#things.set(key, thing)
    return thing
  }

  #ownerOf(database: string): string {
    const declared = this.#context.planned.databases.find(({ name }) => name === database)
    return this.#context.actual.cluster.databases.get(database)?.owner ?? declared?.owner.username ?? ''
  }

  #ownOf(database: string, role: string): string {
    return role === PG_DATABASE_OWNER ? this.#ownerOf(database) : role
  }

  /** The same list is read once: thousands of objects share few. */
  #own(database: string, acl: readonly AclItem[]): readonly AclItem[] {
    const known = this.#lists.get(acl)
    if (known !== undefined) return known
    const own = acl.map((item) => ({
      ...item,
      grantor: this.#ownOf(database, item.grantor),
      grantee: this.#ownOf(database, item.grantee),
    }))
    this.#lists.set(acl, own)
    return own
  }
}
