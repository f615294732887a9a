/** A database that is not there yet: how it is made, and what it will be like. */

import type { DatabaseState, AclItem } from '../model/catalog.ts'
import type { Database } from '../model/declaration.ts'
import type { BareTransaction } from '../model/step.ts'
import { hasOwned, parseTag } from '../model/tag.ts'
import { createDatabase } from '../sql/database.ts'
import { holdRole, releaseRole } from '../sql/role.ts'
import { type PlanContext, step, subject } from './context.ts'
import { ownerPrivileges } from './privileges.ts'

/** What CREATE DATABASE will leave, with the built-in access control list (acldefault). */
export function newDatabase(database: Database): DatabaseState {
  const owner = database.owner.username
  const item = (grantee: string, privilege: string): AclItem => ({ grantor: owner, grantee, privilege })
  return {
    name: database.name,
    owner,
    encoding: database.encoding ?? '',
    collate: database.locale ?? '',
    ctype: database.locale ?? '',
    localeProvider: 'libc',
    icuLocale: null,
    connectionLimit: database.connectionLimit,
    // It is made closed; what shuts PUBLIC out opens it.
    allowConnections: true,
    isTemplate: false,
    comment: null,
    acl: [item('', 'CONNECT'), item('', 'TEMPORARY'), ...ownerPrivileges().map((privilege) => item(owner, privilege))],
  }
}

/** It runs in no transaction, so the owner's membership is held around it (src/README.md: Transient membership). */
export function planCreation(context: PlanContext, database: Database): BareTransaction {
  const { version, login } = context.actual.cluster.server
  const { name, owner, encoding, locale, connectionLimit } = database
  const statement = createDatabase({ name, owner: owner.username, encoding, locale, version, connectionLimit })
  return {
    kind: 'bare',
    before: [holdRole(version, owner.username, login)],
    step: step(
      subject(owner, 'database'),
      'create_database',
      'create',
      'created',
      `database ${name}, owned by ${owner.username}${anew(context, database)}`,
      [statement],
    ),
    undo: [releaseRole(version, owner.username, login)],
  }
}

/** It takes the place of one that was there (src/README.md: What people rename and drop). */
function anew({ actual }: PlanContext, { name, owner, recreateMissing }: Database): string {
  const tag = parseTag(actual.cluster.roles.get(owner.username)?.comment ?? null)
  if (tag === null || !recreateMissing || !hasOwned(tag, name)) return ''
  const since = tag.get('BuildId') ?? 'unknown'
  return `: new and empty (recreate_missing), for the one that had existed since build ${since} is not there`
}
