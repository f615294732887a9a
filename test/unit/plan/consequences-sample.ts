/** A made-up instance, and who loses and gains what on it by a plan. */
import type { AclItem, Cluster, DatabaseState, Interior, Membership } from '../../../src/model/catalog.ts'
import { consequenceLines } from '../../../src/model/consequence.ts'
import { planSteps } from '../../../src/model/step.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { ADMIN, database, declare, input, interior, role, type State, tagOf } from './sample.ts'

export const OWNER = 'shop_dev_user'
export const items = (grantee: string, privileges: readonly string[], grantor = OWNER): AclItem[] =>
  privileges.map((privilege) => ({ grantor, grantee, privilege }))

export function member(of: string, name: string, over: Partial<Membership> = {}): Membership {
  return { role: of, member: name, grantor: 'dbmaster', admin: false, inherit: true, set: true, ...over }
}

export interface Made {
  /** Of the database, beside the owner's and the admin's. */
  readonly acl?: readonly AclItem[]
  readonly tables?: Readonly<Record<string, readonly AclItem[]>>
  readonly columns?: Readonly<Record<string, readonly AclItem[]>>
  readonly logins?: readonly string[]
  readonly roles?: State['roles']
  readonly memberships?: readonly Membership[]
  readonly inside?: Partial<Interior>
  readonly cluster?: Partial<Cluster>
  /** Of the database, beside its list. */
  readonly fields?: Partial<DatabaseState>
  readonly seen?: State['logins']
}

export function stateOf(made: Made): State {
  const { acl = [], tables = {}, columns = {}, logins = [], roles = [], memberships = [], inside = {} } = made
  const owner = role(OWNER, { comment: tagOf('shop', { OwnedDatabase: 'shop_dev_db' }) })
  const all = [owner, ...logins.map((name) => role(name)), ...roles]
  const objects = Object.entries(tables).map(([name, list]) => ({
    schema: 'public',
    name,
    objectClass: 'table' as const,
    owner: OWNER,
    args: null,
    acl: [...items(OWNER, ['SELECT', 'INSERT', 'UPDATE', 'DELETE']), ...list],
    columnAcl: columns[name] ?? [],
  }))
  const own = all.map(({ name }) => member(name, ADMIN, { admin: true, inherit: false, set: false }))
  return {
    roles: all,
    databases: [
      database('shop_dev_db', OWNER, { ...made.fields, acl: [...database('shop_dev_db', OWNER).acl, ...acl] }),
    ],
    interiors: [interior('shop_dev_db', { objects, ...inside })],
    logins: {
      shop: { kind: 'password_right', note: null },
      guest: { kind: 'password_right', note: null },
      ...made.seen,
    },
    cluster: { memberships: [...own, ...memberships], ...made.cluster },
  }
}

export const SHOP = { shop: {} }
export const guest = (fields: object): object => ({
  ...SHOP,
  guest: { database_name: 'shop_dev_db', username: 'guest', adopt_existing: true, undeclared: 'report', ...fields },
})

/** Lines of all steps, in their order. */
export function lines(applications: object, made: Made, newRoles = new Set<string>()): string[] {
  const declaration = declare(applications)
  return planSteps(makePlan({ ...input(declaration, stateOf(made)), made: newRoles })).flatMap(consequenceLines)
}
