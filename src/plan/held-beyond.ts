/** What roles hold beyond in one list, and what becomes of it (src/README.md: Beyond the declaration). */
import { groupBy } from '../group-by.ts'
import type { Fate } from '../model/beyond.ts'
import type { AclItem, SchemaState } from '../model/catalog.ts'
import { cloneOf } from '../model/credential.ts'
import type { Database } from '../model/declaration.ts'
import { membersOf } from '../model/members.ts'
import { revokerOf } from '../model/revoker.ts'
import { parseTag } from '../model/tag.ts'
import { isHelper } from '../model/upgrade-helper.ts'
import type { LookUps } from './context.ts'
import { heldBy, passedOnTo, PG_DATABASE_OWNER } from './privileges.ts'

/** What one role holds from one other beyond the declaration, on one thing or on things that are alike. */
export interface HeldBeyond {
  readonly grantee: string
  readonly grantor: string
  readonly privileges: readonly string[]
  /** Those who hold some of it from the grantee, through others too; PUBLIC is ''. */
  readonly dependents: readonly string[]
  /** It holds all of it from one who holds it beyond the declaration itself: it goes with that. */
  readonly hangsOn: boolean
}

/** Who is meant to have everything there: nothing of theirs is beyond. */
export function isNeutral({ actual: { cluster } }: LookUps, database: Database, role: string): boolean {
  const state = cluster.roles.get(role)
  const { login } = cluster.server
  const isAdmins = role === login || (state !== undefined && isHelper(state, login))
  return role === database.owner.username || role === PG_DATABASE_OWNER || isAdmins || state?.superuser === true
}

/**
 * Whom `revoke` takes nothing from: who administers the instance, the server's own roles, and what a state manages that
 * does not declare it here, be it this one, which retains it, or another. The second login of a rotation is meant to be
 * there.
 */
export function isProtected({ actual: { cluster }, applicationByUsername }: LookUps, role: string): boolean {
  const state = cluster.roles.get(role)
  if (state === undefined || applicationByUsername.has(role)) return false
  const { login } = cluster.server
  const isMasters =
    state.superuser || state.createRole || role === login || isHelper(state, login) || isOfMasters(cluster, role)
  const isClone = [...applicationByUsername.keys()].some((username) => cloneOf(username) === role)
  return isMasters || isClone || /^(pg|rds)_/.test(role) || parseTag(state.comment) !== null
}

function isOfMasters({ memberships }: LookUps['actual']['cluster'], role: string): boolean {
  return membersOf(memberships, 'rds_superuser').has(role)
}

/** @param wantedOf what a role is declared to have; PUBLIC is '' */
export function heldBeyond(
  look: LookUps,
  database: Database,
  acl: readonly AclItem[],
  owner: string,
  wantedOf: (role: string) => readonly string[],
): HeldBeyond[] {
  const items = acl.filter(
    ({ grantee, privilege }) =>
      grantee !== owner && !isNeutral(look, database, grantee) && !wantedOf(grantee).includes(privilege),
  )
  return [...groupBy(items, ({ grantee, grantor }) => JSON.stringify([grantee, grantor])).values()].flatMap((list) => {
    const [first] = list
    if (first === undefined) return []
    const { grantee, grantor } = first
    const privileges = [...new Set(list.map(({ privilege }) => privilege))].sort()
    const hangsOn = privileges.every((privilege) =>
      items.some((item) => item.grantee === grantor && item.privilege === privilege && item.grantor === owner),
    )
    return [{ grantee, grantor, privileges, dependents: dependentsOf(acl, grantee, privileges), hangsOn }]
  })
}

function dependentsOf(acl: readonly AclItem[], grantee: string, privileges: readonly string[]): string[] {
  if (grantee === '') return []
  const found = new Set([grantee])
  for (const role of found)
    for (const name of passedOnTo(acl, role, privileges)) found.add(name === 'PUBLIC' ? '' : name)
  found.delete(grantee)
  return [...found].sort()
}

/** What becomes of something that a role holds, and as whom it is taken away. */
export interface Judgement {
  readonly fate: Fate
  /** Who takes it away in a run: the grantor, or the database's owner in its stead; null: nobody that a run can be. */
  readonly actor: string | null
}

/** What it is held on. */
interface JudgedOn {
  /** Whether its owner granted it, be it as pg_database_owner. */
  readonly isOwners: boolean
  /** The role whose it is: the database's owner, or a guest that owns the schema. */
  readonly owner: string
  /** Of PUBLIC: what it loses on a database that is not kept. */
  readonly isShut?: boolean
  /** That it stands in: who cannot use it cannot revoke there. */
  readonly schema?: SchemaState
}

export function judge(
  look: LookUps,
  database: Database,
  held: Pick<HeldBeyond, 'grantee' | 'grantor' | 'dependents' | 'hangsOn'>,
  { isOwners, owner, isShut = false, schema }: JudgedOn,
): Judgement {
  const { grantee, grantor, dependents, hangsOn } = held
  const declared = look.applicationByUsername.get(grantee)
  const mode = (declared ?? database.owner).undeclared
  if (mode === 'keep') return { fate: 'kept', actor: null }
  if (mode === 'report') {
    const isTaken = isOwners && (grantee === '' ? isShut : declared !== undefined)
    return { fate: isTaken ? 'taken away' : 'left alone', actor: isTaken ? owner : null }
  }
  const isLevel = isOwners && declared !== undefined
  if (!isLevel && [grantee, ...dependents].some((role) => isProtected(look, role)))
    return { fate: 'left alone', actor: null }
  const actor = isOwners ? owner : actorFor(look, database, grantor, schema)
  const goesAlong =
    actor === null &&
    hangsOn &&
    judge(
      look,
      database,
      { ...held, grantee: grantor, grantor: '', hangsOn: false },
      {
        isOwners: true,
        owner,
      },
    ).fate === 'taken away'
  return { fate: actor !== null || goesAlong ? 'taken away' : 'left alone', actor }
}

function actorFor(look: LookUps, database: Database, grantor: string, schema?: SchemaState): string | null {
  const actor = revokerOf(look.declaration, look.actual.cluster, grantor, database.name)
  if (actor === null || actor === look.actual.cluster.server.login) return actor
  const mayUse =
    schema === undefined ||
    schema.owner === actor ||
    [actor, ''].some((role) => heldBy(schema.acl, role).includes('USAGE'))
  return mayUse ? actor : null
}
