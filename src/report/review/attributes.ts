import type { RoleState } from '../../model/catalog.ts'

/** What a role may do by itself, as `ALTER ROLE` names it. */
export function attributesOf(role: RoleState): string[] {
  const held: readonly (readonly [boolean, string])[] = [
    [role.canLogin, 'LOGIN'],
    [role.superuser, 'SUPERUSER'],
    [role.createRole, 'CREATEROLE'],
    [role.createDb, 'CREATEDB'],
    [role.replication, 'REPLICATION'],
    [role.bypassRls, 'BYPASSRLS'],
  ]
  return held.flatMap(([has, name]) => (has ? [name] : []))
}
