/** What a made-up instance has beyond its declaration. */
import type { Beyond } from '../../../src/model/beyond.ts'
import type { AclItem, DatabaseState, Interior, RoleState, SchemaState } from '../../../src/model/catalog.ts'
import { findAllBeyond } from '../../../src/plan/beyond.ts'
import { lookUps } from '../../../src/plan/context.ts'
import { actual, database, declare, interior, role, type State, tagOf } from './sample.ts'

export const item = (grantor: string, grantee: string, privilege: string): AclItem => ({ grantor, grantee, privilege })

/** What its owner holds in each list. */
export const schema = (name: string, owner: string, ...acl: readonly AclItem[]): SchemaState => ({
  name,
  owner,
  acl: [item(owner, owner, 'CREATE'), item(owner, owner, 'USAGE'), ...acl],
  objects: 0,
  foreignObjects: 0,
})

export interface Case {
  readonly undeclared?: string
  readonly entries?: Readonly<Record<string, object>>
  /** Of the owner's entry. */
  readonly owner?: object
  readonly acl?: readonly AclItem[]
  readonly fields?: Partial<DatabaseState>
  readonly inside?: Partial<Interior>
  readonly schemas?: readonly SchemaState[]
  readonly roles?: readonly RoleState[]
  readonly cluster?: State['cluster']
}

export const APP = schema('app', 'o')

/** The database `d` of `o`, which declares the schema `app`; a guest `g` reads there. */
export function look(given: Case): ReturnType<typeof lookUps> {
  const { undeclared = 'report', entries = {}, owner = {}, acl = [], fields = {}, inside = {}, schemas = [APP] } = given
  const declaration = declare({
    o: { username: 'o', database_name: 'd', schemas: ['app'], undeclared, ...owner },
    g: { username: 'g', database_name: 'd', access_level: 'reader', schemas: ['app'], undeclared },
    ...entries,
  })
  const own = database('d', 'o', fields)
  const roles = declaration.applications.map(({ name, username }) => role(username, { comment: tagOf(name) }))
  return lookUps({
    declaration,
    actual: actual({
      roles: [...roles.filter(({ name }) => !given.roles?.some((one) => one.name === name)), ...(given.roles ?? [])],
      databases: [{ ...own, acl: [...own.acl, ...acl] }],
      interiors: [interior('d', { schemas: new Map(schemas.map((one) => [one.name, one])), ...inside })],
      ...(given.cluster !== undefined && { cluster: given.cluster }),
    }),
  })
}

const line = ({ role: who, what, on, grantor, fate }: Beyond): string =>
  `${who === '' ? 'PUBLIC' : who}: ${what} on ${on}${grantor === null ? '' : ` from ${grantor}`}, ${fate}`
/** `role: what on what from whom, fate`. */
export const beyond = (given: Case): string[] => findAllBeyond(look(given)).map(line)
/** Without what each printed transaction begins with. */
export const remedies = (given: Case): string[] =>
  findAllBeyond(look(given)).map(({ remedy }) => remedy.replace(/SET search_path .*?'transaction_timeout'; /, ''))

export const MODES = ['keep', 'report', 'revoke'] as const
/** One thing in each mode: kept, reported, revoked. */
export const fates = (given: Case): string[] => MODES.flatMap((undeclared) => beyond({ ...given, undeclared }))
