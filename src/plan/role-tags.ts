/** The tag of a declared role: written, taken over, renamed, and taken back from a removal that was asked for. */
import type { RoleState } from '../model/catalog.ts'
import { describeClaim } from '../model/claim.ts'
import type { Application } from '../model/declaration.ts'
import { removalOf, type RemovalRequest, withoutMemory } from '../model/removal-memory.ts'
import type { Step } from '../model/step.ts'
import { formatTag, isObjectField, OF_THE_LAST_CHANGE, parseTag, type Tag } from '../model/tag.ts'
import { commentOnRole } from '../sql/role.ts'
import { type PlanContext, step, subject } from './context.ts'
import { isWritten, roleTagOver, takesOver } from './tags.ts'

/**
 * What it takes for the tag of a role that is there to say what it should; empty where it does.
 * @param changed something else of the role changes with this plan
 */
export function planRoleTag(context: PlanContext, application: Application, role: RoleState, changed: boolean): Step[] {
  const existing = parseTag(role.comment)
  const desired = roleTagOver(context, application, role.comment)
  if (existing === null)
    return [
      step(subject(application, 'role'), 'adopt_role', 'adopt', 'updated', `role ${role.name} taken under management`, [
        commentOnRole(role.name, formatTag(desired)),
      ]),
    ]
  const request = removalOf(existing, nameIn(existing))
  const left =
    request === null
      ? existing
      : new Map([
          ...withoutMemory(existing, nameIn(existing)),
          ...[...desired].filter(([key]) => OF_THE_LAST_CHANGE.includes(key)),
        ])
  return [
    ...(request === null ? [] : [takeBack(application, role, { request, from: nameIn(existing), left })]),
    ...(isWritten(left, desired, changed) ? [] : [retag(application, role, left, desired)]),
  ]
}

function nameIn(tag: Tag): string {
  return tag.get('Application') ?? ''
}

interface TakenBack {
  readonly request: RemovalRequest
  /** The application whose removal was asked for. */
  readonly from: string
  /** The tag without the request. */
  readonly left: Tag
}

/** What is declared stays, whoever asked for its removal meanwhile (src/README.md: Removal). */
function takeBack(application: Application, role: RoleState, { request, from, left }: TakenBack): Step {
  const asked = `the removal of ${from} (${request.policy}), asked for in build ${request.buildId} at ${request.at}`
  const message = `${asked}, is taken back, since ${role.name} is declared`
  const statements = [commentOnRole(role.name, formatTag(left))]
  return step(subject(application, 'role'), 'take_back_removal', 'taken back', 'updated', message, statements)
}

function retag(application: Application, role: RoleState, existing: Tag, desired: Tag): Step {
  const statements = [commentOnRole(role.name, formatTag(desired))]
  const told = differences(existing, desired)
  if (takesOver(existing, desired)) {
    const message = `role ${role.name} taken over from the stack ${describeClaim(existing)}: ${told}`
    return step(subject(application, 'tag'), 'take_over_role', 'take over', 'updated', message, statements)
  }
  if (nameIn(existing) !== application.name) {
    const message = `${nameIn(existing)} is declared as ${application.name} by now, with the same login ${role.name}: ${told}`
    return step(subject(application, 'role'), 'rename_application', 'renamed', 'updated', message, statements)
  }
  return step(
    subject(application, 'tag'),
    'tag_role',
    'tag',
    'updated',
    `tag of role ${role.name}: ${told}`,
    statements,
  )
}

/** What is an object is for programs: it is named alone. */
function differences(existing: ReadonlyMap<string, string>, desired: ReadonlyMap<string, string>): string {
  const keys = [...new Set([...existing.keys(), ...desired.keys()])].filter(
    (key) => existing.get(key) !== desired.get(key),
  )
  return keys.length === 0
    ? 'this build changed the role'
    : keys
        .map((key) =>
          isObjectField(key) ? key : `${key} ${existing.get(key) ?? 'none'} -> ${desired.get(key) ?? 'none'}`,
        )
        .join(', ')
}
