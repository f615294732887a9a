/** Statements on what is inside a database; all run as the database's owner. */
import type { DefaultClass, ObjectClass } from '../model/catalog.ts'
import { Statement } from '../model/statement.ts'
import { cascade, quoteGrantee, quoteIdentifier, quoteQualified } from './quote.ts'

/** A table, sequence or function, as GRANT names it. */
export interface ObjectName {
  readonly schema: string
  readonly name: string
  readonly objectClass: ObjectClass
  /** Input arguments of a function, each with its mode, with commas: already SQL. */
  readonly args: string | null
}

const GRANT_KEYWORD: Readonly<Record<ObjectClass, string>> = {
  table: 'TABLE',
  sequence: 'SEQUENCE',
  function: 'ROUTINE',
}
const DEFAULT_KEYWORD: Readonly<Record<DefaultClass, string>> = {
  table: 'TABLES',
  sequence: 'SEQUENCES',
  function: 'ROUTINES',
  schema: 'SCHEMAS',
}

export function createSchema(schema: string, owner: string): Statement {
  return new Statement(`CREATE SCHEMA ${quoteIdentifier(schema)}`, { runAs: owner })
}

/** `schema` null: the extension's control file names it. CASCADE installs what the extension requires. */
export function createExtension(extension: string, schema: string | null, owner: string | null): Statement {
  const where = schema === null ? '' : ` SCHEMA ${quoteIdentifier(schema)}`
  return new Statement(`CREATE EXTENSION ${quoteIdentifier(extension)}${where} CASCADE`, { runAs: owner })
}

/** role '' is PUBLIC. */
export function grantOnSchema(schema: string, privileges: readonly string[], role: string, owner: string): Statement {
  return new Statement(`GRANT ${privileges.join(', ')} ON SCHEMA ${quoteIdentifier(schema)} TO ${quoteGrantee(role)}`, {
    runAs: owner,
  })
}

/** role '' is PUBLIC. `passedOn`: with what the role granted on, without which the server refuses. */
export function revokeOnSchema(
  schema: string,
  privileges: readonly string[],
  role: string,
  owner: string,
  passedOn = false,
): Statement {
  return new Statement(
    `REVOKE ${privileges.join(', ')} ON SCHEMA ${quoteIdentifier(schema)} FROM ${quoteGrantee(role)}${cascade(passedOn)}`,
    { runAs: owner },
  )
}

/**
 * All objects of one class, by name: `ON ALL … IN SCHEMA` is refused whole by one foreign object (src/README.md: Grants
 * by name).
 */
export function grantOnObjects(
  objects: readonly ObjectName[],
  privileges: readonly string[],
  role: string,
  owner: string,
): Statement {
  return Statement.ofList(
    {
      head: `GRANT ${privileges.join(', ')} ON ${grantKeyword(objects)}`,
      objects: objects.map(objectName),
      tail: `TO ${quoteGrantee(role)}`,
    },
    owner,
  )
}

/** `passedOn`: with what the role granted on, without which the server refuses. */
export function revokeOnObjects(
  objects: readonly ObjectName[],
  privileges: readonly string[],
  role: string,
  owner: string,
  passedOn = false,
): Statement {
  return Statement.ofList(
    {
      head: `REVOKE ${privileges.join(', ')} ON ${grantKeyword(objects)}`,
      objects: objects.map(objectName),
      tail: `FROM ${quoteGrantee(role)}${cascade(passedOn)}`,
    },
    owner,
  )
}

/** Bound to the creator by FOR ROLE; `schema` null: in all (src/README.md: Default privileges). */
export function grantByDefault(
  creator: string,
  schema: string | null,
  objectClass: DefaultClass,
  privileges: readonly string[],
  role: string,
): Statement {
  return defaults(
    creator,
    schema,
    `GRANT ${privileges.join(', ')} ON ${DEFAULT_KEYWORD[objectClass]} TO ${quoteGrantee(role)}`,
  )
}

/** `schema` null: the default privileges that apply in all schemas. */
export function revokeByDefault(
  creator: string,
  schema: string | null,
  objectClass: DefaultClass,
  privileges: readonly string[],
  role: string,
): Statement {
  return defaults(
    creator,
    schema,
    `REVOKE ${privileges.join(', ')} ON ${DEFAULT_KEYWORD[objectClass]} FROM ${quoteGrantee(role)}`,
  )
}

function defaults(creator: string, schema: string | null, change: string): Statement {
  const where = schema === null ? '' : ` IN SCHEMA ${quoteIdentifier(schema)}`
  return new Statement(`ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdentifier(creator)}${where} ${change}`, {
    runAs: creator,
  })
}

function grantKeyword([first]: readonly ObjectName[]): string {
  if (first === undefined) throw new RangeError('a grant names at least one object')
  return GRANT_KEYWORD[first.objectClass]
}

/** As a GRANT names it. */
export function objectName(object: ObjectName): string {
  const name = quoteQualified(object.schema, object.name)
  return object.args === null ? name : `${name}(${object.args})`
}
