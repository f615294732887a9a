/** What the lines of a review are made from. */
import type { AccessMatrix, DatabaseAccess } from '../../model/access.ts'
import type { Beyond } from '../../model/beyond.ts'
import type { Actual, Cluster } from '../../model/catalog.ts'
import type { Declaration } from '../../model/declaration.ts'
import { membersOf } from '../../model/members.ts'
import { findAllBeyond } from '../../plan/beyond.ts'
import { lookUps } from '../../plan/context.ts'
import { RDS_IAM } from '../../plan/membership-revocation.ts'
import { stackTag } from '../access-matrix.ts'
import { type Line, makeLine, PUBLIC } from './line.ts'
import { ownTags, roleFacts } from './roles.ts'

export interface ReviewContext {
  readonly declaration: Declaration
  readonly cluster: Cluster
  readonly interiors: Actual['interiors']
  /** Members of rds_iam, through others too. */
  readonly tokenLogins: ReadonlySet<string>
  readonly matrix: AccessMatrix
  /** Of declared databases. */
  readonly beyond: readonly Beyond[]
}

/** @param actual with the inside of every database of the stack that let the admin in */
export function reviewContext(declaration: Declaration, actual: Actual, matrix: AccessMatrix): ReviewContext {
  const beyond = findAllBeyond(lookUps({ declaration, actual }))
  const { cluster, interiors } = actual
  return { declaration, cluster, interiors, tokenLogins: membersOf(cluster.memberships, RDS_IAM), matrix, beyond }
}

/** What tells one right from others, and what is told of it alone. */
export interface Right extends Pick<Line, 'right' | 'details' | 'via' | 'declared' | 'granted_by' | 'remedy'> {
  /** '' is PUBLIC. */
  readonly role: string
  /** null: it is on the instance. */
  readonly database: DatabaseAccess | null
}

/** A right with what is told of its role and its database. */
export function lineOf(context: ReviewContext, { role, database, ...right }: Right): Line {
  const { declaration, cluster, matrix } = context
  const facts = roleFacts(context, role)
  return makeLine(role, {
    ...facts,
    ...right,
    environment: matrix.environment,
    instance: matrix.instance,
    stack: matrix.stack,
    database: database?.database ?? '',
    database_owner: database === null ? '' : ownerOf(declaration, cluster, database),
    login: role === '' ? PUBLIC : role,
    tags: facts.tags === '' && database !== null ? ownTags(cluster, database.owner) : facts.tags,
  })
}

/** The application that owns the database, and so decides about who is let in. */
function ownerOf(declaration: Declaration, cluster: Cluster, { database, owner }: DatabaseAccess): string {
  const entry = declaration.databases.find(({ name }) => name === database)?.owner
  return entry?.name ?? stackTag(declaration, cluster, owner)?.get('Application') ?? owner
}
