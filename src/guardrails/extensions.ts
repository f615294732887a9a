/**
 * Guardrails on extensions: which the server has, and which only the master may make (src/README.md: The master in a
 * database). Pure.
 */
import type { Cluster, Interior } from '../model/catalog.ts'
import type { Database, Declaration } from '../model/declaration.ts'
import { untrusted } from '../model/extensions.ts'
import { fewNames } from '../model/few-names.ts'
import type { Problem } from '../model/problem.ts'
import type { Statement } from '../model/statement.ts'
import { isUntouched, isWithheld, letIn } from '../model/withheld.ts'
import { grantOnDatabase } from '../sql/database.ts'
import { createExtension } from '../sql/interior.ts'
import { printInside, printStatements } from '../sql/print.ts'
import { printName } from '../sql/quote.ts'
import { printLogin } from './printed-login.ts'
import { violation } from './violation.ts'

const RDS_SUPERUSER = 'rds_superuser'

/** @param interior undefined: the database is not there, or nobody has looked inside yet */
export function checkExtensions(
  declaration: Declaration,
  database: Database,
  interior: Interior | undefined,
  cluster: Cluster,
): Problem[] {
  return database.extensions
    .filter((name) => interior?.extensions.has(name) !== true)
    .flatMap((name) => checkExtension(declaration, database, name, interior, cluster))
}

function checkExtension(
  declaration: Declaration,
  database: Database,
  name: string,
  interior: Interior | undefined,
  cluster: Cluster,
): Problem[] {
  const { owner } = database
  if (!cluster.extensions.has(name)) {
    const remedy = 'Remove it from extensions, or use an engine version that has it.'
    return [violation(owner, 'extension', `the server has no extension ${name}.`, remedy)]
  }
  const refused = untrusted([name], interior, cluster.extensions)
  if (refused.length === 0) return []
  const isUnused = isUntouched(declaration, cluster, database)
  if (isUnused && declaration.masterSecretId !== null) return []
  const message = `only a superuser could install ${refused.join(', ')} (not trusted).`
  const why = declaration.masterSecretId === null ? '' : ` ${noVisit(declaration, cluster, database)}`
  return [
    violation(owner, 'extension', `${message}${why}`, printWay(declaration, database, refused, interior, cluster)),
  ]
}

/** Why the master does not make it. */
function noVisit(declaration: Declaration, cluster: Cluster, database: Database): string {
  const state = cluster.databases.get(database.name)
  const visitors =
    state !== undefined && isWithheld(declaration, cluster, database)
      ? letIn(cluster, database.owner.username, state).visitors.map((role) => (role === '' ? 'PUBLIC' : role))
      : []
  const who = visitors.length === 0 ? 'others have used' : `${fewNames(visitors)} may connect to`
  const danger = "code that was put there could run with the master's rights"
  return `The master makes extensions only where nobody else was before, and ${who} ${database.name}: ${danger}.`
}

function printWay(
  { masterSecretId }: Declaration,
  database: Database,
  refused: readonly string[],
  interior: Interior | undefined,
  cluster: Cluster,
): string {
  // The search_path of what is printed names no schema that an extension could be put into.
  const home = database.schemas.find((schema) => interior?.schemas.has(schema) === true) ?? 'public'
  const inside = printInside(createAll(cluster, refused, home), null)
  const { name, owner } = database
  const master = `${printLogin(cluster, RDS_SUPERUSER, name, 'the master')}: ${inside}`
  if (cluster.databases.has(name)) {
    const danger = "an extension's script may find it, and run it with the rights of whoever creates the extension"
    return `Look at what is in the schema ${home} of ${name}, since ${danger}. Then ${master}`
  }
  const hint =
    masterSecretId === null ? 'Give master_secret_id, and the master makes it in the same run. Or apply' : 'Apply'
  return `${hint} without that first. Then ${printAdmission(cluster, name, owner.username)}${master}`
}

/**
 * What a person can do where the server refused the master in a database that is withheld from its owner.
 */
export function printRefused(cluster: Cluster, { name, owner }: Database, extension: string, home: string): string {
  const { login } = cluster.server
  const wait = `Correct the cause, or take ${extension} out of extensions, and run again; until then ${name} is withheld from ${owner.username}`
  const inside = printInside(createAll(cluster, [extension], home), null)
  return `${wait}. Or ${printAdmission(cluster, name, login)}as the master, in ${printName(name)}: ${inside}`
}

/** A new database is shut to PUBLIC, and to the master with it, where that is no superuser. */
function printAdmission({ roles }: Cluster, database: string, owner: string): string {
  if (!roles.has(RDS_SUPERUSER)) return ''
  const admit = grantOnDatabase(database, ['CONNECT'], RDS_SUPERUSER, owner)
  return `as ${printName(owner)}: ${printStatements([admit])} Then `
}

function createAll({ extensions }: Cluster, names: readonly string[], home: string): Statement[] {
  return names.map((name) => createExtension(name, (extensions.get(name)?.schema ?? null) === null ? home : null, null))
}
