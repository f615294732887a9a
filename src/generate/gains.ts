/** What a plan would give that nobody has by now, by whichever way. Pure. */
import type { PrivilegeChange } from '../model/access-change.ts'
import type { Interior } from '../model/catalog.ts'
import { membersOf } from '../model/members.ts'
import type { Step } from '../model/step.ts'
import { heldByAny, rightsOf } from './effective.ts'
import { inOrder } from './names.ts'
import type { Note, Survey } from './types.ts'

/** One note for each step that gives something. */
export function gainsOf(survey: Survey, steps: readonly Step[]): Note[] {
  return steps.flatMap((step): Note[] => {
    const { application, database, username } = step
    const told = [...new Set(gainsOfStep(survey, step))]
    if (told.length === 0 || username === null) return []
    const members = inOrder(membersOf(survey.cluster.memberships, username)).filter(
      (name) => name !== survey.admin && name !== survey.master,
    )
    const others = members.length === 0 ? '' : `, and with it its members: ${members.join(', ')}`
    const text = `${told.join('; ')}${others}`
    return [{ application, database, role: username, kind: 'gains', text, statements: [] }]
  })
}

function gainsOfStep(survey: Survey, step: Step): string[] {
  const { kind, username, database, access, target } = step
  if (username === null) return []
  if (kind === 'grant_membership') {
    const isMember = target !== null && rightsOf(survey, username, '').has(target)
    return isMember || target === null ? [] : [`membership in ${target}`]
  }
  if (access === undefined || database === null) return []
  const rights = rightsOf(survey, username, database)
  const isLater = kind === 'grant_default_privileges'
  return access.changes.flatMap((change) => {
    const gained = isLater
      ? lacksByDefault(survey, database, change, rights)
      : lacksNow(survey, database, change, rights)
    return gained.length === 0 ? [] : [`${gained.join(', ')} on ${place(survey, database, change, isLater)}`]
  })
}

function place(survey: Survey, database: string, { on, schema }: PrivilegeChange, isLater: boolean): string {
  if (on === 'database') return `the database ${database}`
  if (on === 'schema' && !isLater) return `the schema ${schema ?? ''} of ${database}`
  const owner = survey.cluster.databases.get(database)?.owner ?? ''
  const where = schema === null ? database : `the schema ${schema} of ${database}`
  return isLater ? `${on}s that ${owner} will create in ${where}` : `${on}s in ${where}`
}

function lacksNow(
  { cluster, interiors }: Survey,
  database: string,
  { on, schema, granted = [] }: PrivilegeChange,
  rights: ReadonlySet<string>,
): string[] {
  const interior = interiors.get(database)
  const lists =
    on === 'database'
      ? [cluster.databases.get(database)?.acl ?? []]
      : on === 'schema'
        ? [interior?.schemas.get(schema ?? '')?.acl ?? []]
        : (interior?.objects ?? [])
            .filter((item) => item.schema === schema && item.objectClass === on)
            .map(({ acl }) => acl)
  const held = [...new Set(lists)].map((acl) => heldByAny(acl, rights))
  return granted.filter((privilege) => !held.every((set) => set.has(privilege)))
}

function lacksByDefault(
  { cluster, interiors }: Survey,
  database: string,
  { on, schema, granted = [] }: PrivilegeChange,
  rights: ReadonlySet<string>,
): string[] {
  const interior: Interior | undefined = interiors.get(database)
  const owner = cluster.databases.get(database)?.owner
  const held = new Set(
    (interior?.defaultAcl ?? [])
      .filter((item) => item.creator === owner && item.objectClass === on && rights.has(item.grantee))
      .filter((item) => item.schema === null || item.schema === schema)
      .map(({ privilege }) => privilege),
  )
  // PUBLIC may call what is created, unless somebody took that away.
  const isForAll =
    on === 'function' &&
    !(interior?.defaultAcl ?? []).some(
      (item) => item.creator === owner && item.objectClass === on && item.schema === null,
    )
  return granted.filter((privilege) => !held.has(privilege) && !(isForAll && privilege === 'EXECUTE'))
}
