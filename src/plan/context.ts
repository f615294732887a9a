/** What every part of the plan is made from. Types and look-ups only. */
import { groupBy } from '../group-by.ts'
import type { Actual, Cluster, Membership, StoredSetting } from '../model/catalog.ts'
import { isOfStack } from '../model/claim.ts'
import type { Application, CleanupPolicy, Database, Declaration } from '../model/declaration.ts'
import { keepFields } from '../model/keep-fields.ts'
import { ownLogins } from '../model/logins.ts'
import { leaveOut } from '../model/leave-out.ts'
import { membersOf } from '../model/members.ts'
import { withOwnedSchemas } from '../model/schema-owner.ts'
import type { Secret } from '../model/secret.ts'
import type { AuditObject, Standing } from '../model/audit.ts'
import type { Finding, Step, StepKind, Subject } from '../model/step.ts'
import { parseTag } from '../model/tag.ts'

/** What is known of one application's secret. */
export interface SecretFacts {
  /** The second login of an alternating-users rotation, where the secret names it; null: the application's own. */
  readonly clone: string | null
  readonly versionId: string
  /** A SCRAM verifier of its password; made only where the password will be set. */
  readonly verifier: Secret | null
}

export interface PlanInput {
  readonly declaration: Declaration
  /** Applications that are declared, and that this plan leaves as they are: something of theirs stands in the way. */
  readonly leftOut: ReadonlySet<string>
  readonly actual: Actual
  /** By database: full when this run came to it, and whether it was given room by now (`src/plan/room.ts`). */
  readonly rooms: ReadonlyMap<string, 'wanted' | 'made'>
  readonly buildId: string
  /** RDS_CLEANUP_POLICY of the run; null: the declared ones stand. */
  readonly cleanupPolicy: CleanupPolicy | null
  /** Roles that this run made: they lose and gain nothing by it. */
  readonly made: ReadonlySet<string>
  /** What a tag says of the approved plan that is carried out (`src/plan/approved-plan.ts`); null: there is none. */
  readonly approvedPlan: string | null
  /** When the run began: from then on it has what it claims. */
  readonly startedAt: Date
  /** The master's login, where a major upgrade is to be prepared and nothing is in the way of that; else null. */
  readonly preparedFor: string | null
  /** The master's login, where a planned database has extensions that only the master can make; else null. */
  readonly master: string | null
  /** By application name; absent for IAM logins. */
  readonly secrets: ReadonlyMap<string, SecretFacts>
}

/** What can be looked up by name. */
export interface LookUps {
  /** With the schemas that guests own on the server (`src/model/schema-owner.ts`). */
  readonly declaration: Declaration
  readonly actual: Actual
  /** The application that has the login. */
  readonly applicationByUsername: ReadonlyMap<string, Application>
  /** By database, then by username: the application that says what a login has there, be it by another's login. */
  readonly applicationsIn: ReadonlyMap<string, ReadonlyMap<string, Application>>
  /** Those of all roles, in a database, under ''. */
  readonly settingsByRole: ReadonlyMap<string, readonly StoredSetting[]>
}

export function lookUps({ declaration: declared, actual }: Pick<LookUps, 'declaration' | 'actual'>): LookUps {
  const declaration = withOwnedSchemas(declared, actual.interiors)
  return {
    declaration,
    actual,
    applicationByUsername: new Map(ownLogins(declaration).map((application) => [application.username, application])),
    applicationsIn: applicationsIn(declaration),
    settingsByRole: groupBy(actual.cluster.settings, (item) => item.role),
  }
}

function applicationsIn({ databases }: Declaration): LookUps['applicationsIn'] {
  return new Map(
    databases.map(({ name, owner, guests }) => [
      name,
      new Map([owner, ...guests].map((application) => [application.username, application])),
    ]),
  )
}

/** The input with look-ups made once, so that a thousand applications cost a thousand times one. */
export interface PlanContext extends PlanInput, LookUps {
  /** The declaration without what is left out, and with what the server has where that is kept. */
  readonly planned: Declaration
  readonly membershipsByRole: ReadonlyMap<string, readonly Membership[]>
  readonly membershipsByMember: ReadonlyMap<string, readonly Membership[]>
  /** The application whose role remembers the approved plan; null: nothing is planned. */
  readonly bearer: string | null
  /** Members of rds_iam, through others too. */
  readonly tokenLogins: ReadonlySet<string>
}

export function planContext(input: PlanInput): PlanContext {
  const look = lookUps(input)
  const planned = keepFields(leaveOut(look.declaration, input.leftOut), input.actual.cluster)
  return {
    ...input,
    planned,
    bearer: bearerOf(planned, input.actual.cluster),
    ...look,
    membershipsByRole: groupBy(input.actual.cluster.memberships, (item) => item.role),
    membershipsByMember: groupBy(input.actual.cluster.memberships, (item) => item.member),
    tokenLogins: membersOf(input.actual.cluster.memberships, 'rds_iam'),
  }
}

/** The first whose role is ours already, else the first to be so. */
function bearerOf(planned: Declaration, { roles }: Cluster): string | null {
  const logins = ownLogins(planned)
  const isOurs = ({ username }: Application): boolean =>
    isOfStack(planned, parseTag(roles.get(username)?.comment ?? null))
  return (logins.find(isOurs) ?? logins[0])?.name ?? null
}

export function subject(application: Application, object: AuditObject): Subject {
  return { application: application.name, database: application.database, username: application.username, object }
}

/** A subject inside another database than the application's own. */
export function subjectIn(database: Database, application: Application, object: AuditObject): Subject {
  return { ...subject(application, object), database: database.name }
}

export function step(
  about: Subject,
  kind: StepKind,
  action: string,
  status: Step['status'],
  message: string,
  statements: Step['statements'],
  target: string | null = null,
): Step {
  return { ...about, kind, target, action, status, message, statements }
}

/** What is so in every run until somebody changes it; it is left as it is. */
export function standing(about: Subject, kind: Standing, action: string, message: string): Finding {
  return { ...finding(about, action, 'skipped', message), standing: kind }
}

export function finding(about: Subject, action: string, status: Finding['status'], message: string): Finding {
  return { ...about, action, status, message }
}
