/** Extensions of a database: who creates each, and in which order (src/README.md: The master in a database). */
import type { Interior } from '../model/catalog.ts'
import type { Application, Database } from '../model/declaration.ts'
import { untrusted, withRequired } from '../model/extensions.ts'
import type { Step } from '../model/step.ts'
import { needsMaster } from '../model/withheld.ts'
import { printRefused } from '../guardrails/extensions.ts'
import { createExtension } from '../sql/interior.ts'
import { type PlanContext, step, subject } from './context.ts'

export interface ExtensionPlan {
  /** Trusted ones that those of the master require, by the owner, before it has the database. */
  readonly founding: readonly Step[]
  readonly byMaster: readonly Step[]
  /** The others, by the owner. */
  readonly byOwner: readonly Step[]
}

/**
 * What is required comes before what requires it: CASCADE would install a declared extension together with one that
 * requires it, before its own turn.
 */
export function planExtensions(context: PlanContext, database: Database, interior: Interior): ExtensionPlan {
  const { extensions } = context.actual.cluster
  const isMissing = (name: string): boolean => !interior.extensions.has(name)
  const isVisited = context.master !== null && needsMaster(context.declaration, context.actual, database)
  const ofMaster = !isVisited ? [] : untrusted(database.extensions, interior, extensions)
  const founding = withRequired(ofMaster, extensions).filter((name) => isMissing(name) && !ofMaster.includes(name))
  const declared = withRequired(database.extensions, extensions).filter(
    (name) => database.extensions.includes(name) && isMissing(name),
  )
  const others = declared.filter((name) => !ofMaster.includes(name) && !founding.includes(name))
  const byOwner = (name: string): Step => ownStep(context, database, name)
  return {
    founding: founding.map(byOwner),
    byMaster: ofMaster.map((name) => masterStep(context, database, name)),
    byOwner: others.map(byOwner),
  }
}

/** The schema of extensions whose control file leaves the choice: the search_path of our sessions names none. */
export function homeOf({ owner, schemas }: Pick<Database, 'owner' | 'schemas'>): string {
  return owner.schemas[0] ?? (owner.allSchemas ? null : schemas[0]) ?? 'public'
}

/** Into the first listed schema, unless the extension fixes its own. */
function schemaFor({ actual }: PlanContext, database: Database, name: string): string | null {
  return (actual.cluster.extensions.get(name)?.schema ?? null) === null ? homeOf(database) : null
}

function ownStep(context: PlanContext, database: Database, name: string): Step {
  const { owner } = database
  return extensionStep(owner, database, name, '', [
    createExtension(name, schemaFor(context, database, name), owner.username),
  ])
}

function masterStep(context: PlanContext, database: Database, name: string): Step {
  const statement = createExtension(name, schemaFor(context, database, name), null)
  const remedy = printRefused(context.actual.cluster, database, name, homeOf(database))
  return { ...extensionStep(database.owner, database, name, ` (as ${context.master ?? ''})`, [statement]), remedy }
}

function extensionStep(
  owner: Application,
  database: Database,
  name: string,
  by: string,
  statements: Step['statements'],
): Step {
  const message = `extension ${name} in ${database.name}${by}`
  return step(subject(owner, 'extension'), 'create_extension', 'create', 'created', message, statements, name)
}
