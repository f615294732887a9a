/** Which roles can be an entry, and why not the others. Pure. */
import { isReservedName } from '../guardrails/names.ts'
import { cloneOf } from '../model/credential.ts'
import { membersOf } from '../model/members.ts'
import { showBytes } from '../model/sendable.ts'
import { VERSION_16 } from '../model/server-version.ts'
import { helperOf } from '../model/upgrade-helper.ts'
import { isExpressible } from './names.ts'
import type { Note, NoteKind, Survey } from './types.ts'

/** Why a role is no entry. */
export interface Refusal {
  readonly kind: Extract<NoteKind, 'not_expressed' | 'never'>
  readonly text: string
}

/** Of a role of the server; null: it can be one. */
export function refusalOf(survey: Survey, name: string): Refusal | null {
  const { cluster, admin, master, declaration } = survey
  const role = cluster.roles.get(name)
  if (role === undefined) return null
  const never = (text: string): Refusal => ({ kind: 'never', text })
  const kept = (text: string): Refusal => ({ kind: 'not_expressed', text })
  if (isReservedName(name)) return never('it belongs to the server or to RDS')
  if (name === admin) return never('it is the delegated admin, which does the provisioning')
  if (name === helperOf(admin)) return never('it keeps the rights of the delegated admin over an upgrade')
  if (name === master) return never('it is the master')
  const own = declaration.applications.find(({ username }) => username === name)
  if (own !== undefined) return kept(`the input declares it already, as ${own.name}`)
  const rights = [
    ...(role.superuser ? ['SUPERUSER'] : []),
    ...(role.createRole ? ['CREATEROLE'] : []),
    ...(role.replication ? ['REPLICATION'] : []),
    ...(role.bypassRls ? ['BYPASSRLS'] : []),
    ...(membersOf(cluster.memberships, 'rds_superuser').has(name) ? ['membership in rds_superuser'] : []),
  ]
  if (rights.length > 0) return never(`it holds ${rights.join(' and ')}, which no application may hold`)
  if (!isExpressible(name)) return kept('a declaration cannot hold its name')
  const isClone = cluster.memberships.some(({ role: of, member }) => member === name && cloneOf(of) === name)
  if (isClone) return kept('it is the second login of a rotation, and goes with the first')
  if (isToken(survey, name) && cluster.server.version >= VERSION_16 && declaration.admin.auth !== 'iam')
    return kept(
      `it is in rds_iam, and from PostgreSQL 16 on the right over it would end the password login of ${admin}: ` +
        'with admin_auth = "iam" it can be declared',
    )
  return null
}

/** Whether RDS asks it for a token, through others too. */
export function isToken({ cluster }: Survey, name: string): boolean {
  return membersOf(cluster.memberships, 'rds_iam').has(name)
}

/** One note for each role that is no entry, and one for all that are the server's own. */
export function refusedRoles(survey: Survey): Note[] {
  const names = [...survey.cluster.roles.keys()].sort()
  const reserved = names.filter(isReservedName)
  const others = names.filter((name) => !isReservedName(name))
  return [
    ...others.flatMap((name): Note[] => {
      const refusal = refusalOf(survey, name)
      if (refusal === null) return []
      return [{ application: null, database: null, role: name, ...refusal, statements: [] }]
    }),
    ...(reserved.length === 0
      ? []
      : [
          {
            application: null,
            database: null,
            role: null,
            kind: 'never' as const,
            text: `roles of the server and of RDS: ${reserved.map(showBytes).join(', ')}`,
            statements: [],
          },
        ]),
  ]
}
