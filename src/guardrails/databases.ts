/** Guardrails on databases: owner, what cannot be changed later, and schemas. */
import type { Problem } from '../model/problem.ts'
import { isInvalid, type Cluster, type DatabaseState, type Interior } from '../model/catalog.ts'
import type { Application, Database, Declaration } from '../model/declaration.ts'
import { schemaOwner } from '../model/schema-owner.ts'
import { parseTag } from '../model/tag.ts'
import { isWithheld } from '../model/withheld.ts'
import { alterDatabaseOwner, alterSchemaOwner, reassignInOneDatabase } from '../sql/owner.ts'
import { printStatements } from '../sql/print.ts'
import { printableSql, printName, quoteIdentifier } from '../sql/quote.ts'
import { dropDatabase } from '../sql/removal.ts'
import { createRole } from '../sql/role.ts'
import { checkByHand } from './by-hand.ts'
import { checkNamesInside } from './encodings.ts'
import { checkExtensions } from './extensions.ts'
import { printHandOver, withMembership } from './hand-over.ts'
import { checkKnownLocale, checkLocale } from './locales.ts'
import type { Strays } from './strays.ts'
import { violation } from './violation.ts'

const ANEW = 'And set recreate_missing = true, with which a new one is made.'

export function checkDatabase(
  declaration: Declaration,
  cluster: Cluster,
  strays: Strays,
  database: Database,
): Problem[] {
  const state = cluster.databases.get(database.name)
  const isOurs = state?.owner === database.owner.username || isWithheld(declaration, cluster, database)
  const byHand = isOurs ? [] : checkByHand(declaration, cluster, strays, database)
  if (byHand.length > 0) return byHand
  if (state === undefined)
    return [
      ...checkEncoding(database, cluster),
      ...checkKnownLocale(database, cluster),
      ...checkNamesInside(database, cluster),
    ]
  if (isInvalid(state)) {
    return [
      violation(
        database.owner,
        'invalid_database',
        `the database ${state.name} is invalid: a DROP DATABASE was interrupted.`,
        `As ${printName(state.owner)}, which owns it: ${printStatements([dropDatabase(state.name, false)])} ${ANEW}`,
      ),
    ]
  }
  return [
    ...(isOurs ? [] : checkOwner(database, cluster, state)),
    ...checkEncoding(database, cluster),
    ...checkImmutable(database, cluster, state),
    ...checkLocale(database, state),
    ...checkNamesInside(database, cluster),
  ]
}

function checkOwner(database: Database, cluster: Cluster, state: DatabaseState): Problem[] {
  const wanted = database.owner.username
  const managed = parseTag(state.comment) === null ? '' : ' Its tag is one of ours.'
  return [
    violation(
      database.owner,
      'owner_mismatch',
      `the database ${state.name} belongs to ${state.owner}, not to ${wanted}.${managed}`,
      `Declare the right database_name or username; or let a person run, ${printTakeOver(database, cluster, state)}`,
    ),
  ]
}

/**
 * How a person gives a database to another owner, on an instance where nobody is a superuser: ALTER DATABASE … OWNER TO
 * and REASSIGN OWNED want membership in both roles.
 * https://www.postgresql.org/docs/current/sql-reassign-owned.html
 */
function printTakeOver({ owner }: Database, cluster: Cluster, state: DatabaseState): string {
  const wanted = owner.username
  const isNew = !cluster.roles.has(wanted)
  const create = isNew ? [createRole(wanted, { login: owner.canLogin })] : []
  const [name, from, to] = [state.name, state.owner, wanted].map(printName)
  const [quotedFrom, quotedTo] = [state.owner, wanted].map((role) => printableSql(quoteIdentifier(role)))
  const adopt = isNew && !owner.adoptExisting ? ` And set adopt_existing = true, since ${to} is there by then.` : ''
  if (cluster.roles.get(state.owner)?.superuser === true) {
    const statements = printStatements([...create, alterDatabaseOwner(state.name, wanted)])
    const inside = `inside it, ALTER … OWNER TO ${quotedTo} for each object (REASSIGN OWNED is refused for ${quotedFrom})`
    return `as a superuser: ${statements} and, ${inside}.${adopt}`
  }
  const who = `${from}, or as a member of it, with CREATEDB and the right to grant ${to}`
  // Such as one that was given away while a run made it: nobody gets in.
  if (!state.allowConnections) {
    const statements = withMembership([wanted], [alterDatabaseOwner(state.name, wanted)], create)
    return `as ${who}: ${statements}${adopt} It accepts no connections: what ${from} owns in it, if anything, stays so.`
  }
  const statements = withMembership([wanted], [reassignInOneDatabase(state.owner, wanted)], create)
  return `connected to ${name} as ${who}: ${statements}${adopt}`
}

/** CREATE DATABASE would refuse it, after other things had changed. */
function checkEncoding({ owner, encoding }: Database, cluster: Cluster): Problem[] {
  if (encoding === null || cluster.encodings.has(encoding)) return []
  return [
    violation(
      owner,
      'encoding',
      `the server has no encoding ${encoding} for databases.`,
      'Use one that it has, such as UTF8.',
    ),
  ]
}

/** The encoding is fixed at creation. */
function checkImmutable({ owner, encoding }: Database, cluster: Cluster, state: DatabaseState): Problem[] {
  const wanted = cluster.encodings.get(encoding ?? '') ?? state.encoding
  if (wanted === state.encoding) return []
  return [
    violation(
      owner,
      'immutable',
      `${state.name} has the encoding ${state.encoding}, not ${wanted}.`,
      'Declare what the database has, or dump it into a new one.',
    ),
  ]
}

/** `interior` is undefined for a database that does not exist or cannot be entered yet. */
export function checkInterior(
  declaration: Declaration,
  database: Database,
  interior: Interior | undefined,
  cluster: Cluster,
): Problem[] {
  return [...checkSchemas(database, interior, cluster), ...checkExtensions(declaration, database, interior, cluster)]
}

function checkSchemas(database: Database, interior: Interior | undefined, cluster: Cluster): Problem[] {
  return database.schemas.flatMap((name) => {
    const schema = interior?.schemas.get(name)
    const owner = schemaOwner(database, name).username
    if (schema === undefined || schema.owner === owner || name === 'public') return []
    const handOver = {
      from: schema.owner,
      to: owner,
      database: database.name,
      statements: [alterSchemaOwner(name, owner)],
    }
    return claimantsOf(database, name).map((application) =>
      violation(
        application,
        'schema',
        `the schema ${name} of ${database.name} belongs to ${schema.owner}, not to ${owner}.`,
        `Declare another schema; or let a person run, ${printHandOver(cluster, handOver)}`,
      ),
    )
  })
}

/** Who asks for a schema: whose it is to be; or where the owner's entry does not name it, the guests that do. */
function claimantsOf({ owner, guests, schemaOwners }: Database, schema: string): readonly Application[] {
  const own = schemaOwners.get(schema)
  if (own !== undefined) return [own]
  const listing = guests.filter(({ schemas }) => schemas.includes(schema))
  return owner.schemas.includes(schema) || listing.length === 0 ? [owner] : listing
}
