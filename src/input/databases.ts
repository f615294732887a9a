import type { Problem } from '../model/problem.ts'
import { groupBy } from '../group-by.ts'
import type { Application, Database } from '../model/declaration.ts'
import type { ApplicationEntry } from './application.ts'
import { type ParsedMemberships, parseMemberships } from './member-of.ts'
import { show, suggestion } from './text.ts'

/** Applications and databases, each sorted by name, and what contradicts itself across entries. */
export interface Grouped {
  readonly applications: readonly Application[]
  readonly databases: readonly Database[]
  readonly problems: readonly Problem[]
}

/**
 * What the entries are. `stack`: all of a stack's, so each database has its owner among them. `removal`: those that
 * leave, of which an editor or reader may be the only one.
 */
export type InputScope = 'stack' | 'removal'

/**
 * Joins the entries that share a database: one owner each, its schemas are the default of the others (src/README.md:
 * The declaration).
 */
export function groupEntries(entries: readonly ApplicationEntry[], scope: InputScope): Grouped {
  const comparable = entries.filter((entry) => entry.comparable)
  const problems: Problem[] = [
    ...duplicateUsernames(comparable),
    ...comparable
      .filter(({ application }) => ['owner', 'none'].includes(application.accessLevel))
      .flatMap(guestsFields),
  ]
  const memberships = parseMemberships(entries)
  problems.push(...memberships.problems)
  const databases: Database[] = []
  const alone: Application[] = []
  // An entry whose database or access level could not be read may be the owner that another database seems to lack, and
  // is not the second owner that this one seems to have.
  const complete = comparable.length === entries.length
  const owned = comparable
    .filter(({ application }) => application.accessLevel === 'owner')
    .flatMap(({ application }) => application.database ?? [])
  for (const [name, members] of groupBy(entries, (entry) => entry.application.database)) {
    if (name === null) {
      problems.push(...members.flatMap((member) => ownersFields(member, null)))
      alone.push(...members.map((member) => joinEntry(member, [], memberships)))
      continue
    }
    const owners = members.filter((entry) => entry.application.accessLevel === 'owner')
    const [owner] = owners
    if (owner !== undefined && owners.length === 1) {
      const guests = members.filter((entry) => entry !== owner)
      for (const guest of guests) problems.push(...ownersFields(guest, owner))
      problems.push(...ownedTwice(owner, guests))
      databases.push(joinDatabase(name, owner, guests, memberships))
    } else if (owner === undefined && scope === 'removal') {
      alone.push(...members.map((guest) => joinEntry(guest, DEFAULT_SCHEMAS, memberships)))
    } else if (complete || owners.filter((entry) => entry.comparable).length > 1) {
      problems.push(
        ownerProblem(
          name,
          members,
          owners.filter((entry) => entry.comparable),
          owned,
        ),
      )
    }
  }
  const applications = [...databases.flatMap(({ owner, guests }) => [owner, ...guests]), ...alone]
  return { applications: sorted(applications), databases: sorted(databases), problems }
}

const DEFAULT_SCHEMAS: readonly string[] = ['public']
/** In a list of schemas: all of the database's owner. */
const ALL_SCHEMAS = '*'

function namedIn(schemas: readonly string[]): string[] {
  return [...new Set(schemas)].filter((schema) => schema !== ALL_SCHEMAS)
}

/** What an entry says with what others say. Who has no rights of its own works in no schema. */
function joinEntry(
  { application, schemas }: ApplicationEntry,
  others: readonly string[],
  memberships: ParsedMemberships,
): Application {
  const hasNoRights = application.accessLevel === 'none'
  const list = hasNoRights ? [] : (schemas ?? others)
  const memberOf = memberships.roles.get(application.loginOf ?? application.name) ?? []
  return {
    ...application,
    connects: !hasNoRights || memberOf.length > 0 || application.ownsSchemas.length > 0,
    schemas: namedIn(list),
    allSchemas: list.includes(ALL_SCHEMAS),
    memberOf: memberships.roles.get(application.name) ?? [],
    actsAs: memberships.actors.get(application.name) ?? null,
  }
}

function joinDatabase(
  name: string,
  ownerEntry: ApplicationEntry,
  guestEntries: readonly ApplicationEntry[],
  memberships: ParsedMemberships,
): Database {
  const entries = [ownerEntry, ...guestEntries]
  const ownSchemas = ownerEntry.schemas ?? DEFAULT_SCHEMAS
  const guests = sorted(guestEntries.map((guest) => joinEntry(guest, ownSchemas, memberships)))
  const schemaOwners = new Map(guests.flatMap((guest) => guest.ownsSchemas.map((schema) => [schema, guest])))
  return {
    name,
    owner: joinEntry(ownerEntry, DEFAULT_SCHEMAS, memberships),
    guests,
    schemas: namedIn([...ownSchemas, ...guestEntries.flatMap((guest) => guest.schemas ?? []), ...schemaOwners.keys()]),
    schemaOwners,
    extensions: [...new Set(entries.flatMap((entry) => entry.extensions))],
    encoding: ownerEntry.encoding,
    locale: ownerEntry.locale,
    connectionLimit: ownerEntry.databaseConnectionLimit ?? -1,
    recreateMissing: ownerEntry.recreateMissing ?? false,
  }
}

/** A schema has one owner: the database's, of those in its list, or one guest. */
function ownedTwice(owner: ApplicationEntry, guests: readonly ApplicationEntry[]): Problem[] {
  const owners = new Map((owner.schemas ?? DEFAULT_SCHEMAS).map((schema) => [schema, owner.application.name]))
  const isOwners = 'is for others than the owner, to whom all other schemas belong.'
  const problems: Problem[] =
    owner.application.ownsSchemas.length === 0 ? [] : [owned(owner.application.name, isOwners, 'List them in schemas.')]
  for (const { application } of [...guests].sort((a, b) => (a.application.name < b.application.name ? -1 : 1))) {
    const { name, ownsSchemas } = application
    for (const schema of ownsSchemas) {
      const other = owners.get(schema)
      owners.set(schema, name)
      if (schema === ALL_SCHEMAS) problems.push(owned(name, `${show(ALL_SCHEMAS)} is no schema.`, 'Name each schema.'))
      else if (schema === 'public') problems.push(owned(name, PUBLIC_SCHEMA, 'Use another schema.'))
      else if (other !== undefined)
        problems.push(owned(name, `the schema ${show(schema)} is that of "${other}".`, 'Keep it in one of the two.'))
    }
  }
  return problems
}

const PUBLIC_SCHEMA = 'the schema "public" belongs to whoever owns the database.'

function owned(application: string, message: string, remedy: string): Problem {
  return { application, code: 'invalid_value', field: 'owns_schemas', message, remedy }
}

/** Who owns the objects has every right on them. */
function guestsFields({ application: { name, accessLevel, privileges } }: ApplicationEntry): Problem[] {
  if (Object.values(privileges).every((named) => named === null)) return []
  const why =
    accessLevel === 'owner'
      ? 'an owner owns what it creates, and has every right on it.'
      : 'a login of level "none" has no rights of its own.'
  const message = `is for editors and readers; ${why}`
  return [{ application: name, code: 'misplaced_field', field: 'privileges', message, remedy: 'Take it out.' }]
}

/** Fields that describe the database itself stand in its owner's entry only. */
function ownersFields(guest: ApplicationEntry, owner: ApplicationEntry | null): Problem[] {
  const fields = [
    ['encoding', guest.encoding],
    ['locale', guest.locale],
    ['database_connection_limit', guest.databaseConnectionLimit],
    ['recreate_missing', guest.recreateMissing],
  ] as const
  return fields
    .filter(([, value]) => value !== null)
    .map(([field]) => ({
      application: guest.application.name,
      code: 'misplaced_field',
      field,
      message:
        owner === null
          ? 'describes a database, and this login has none (access_level = "none").'
          : `describes the database, which belongs to "${owner.application.name}".`,
      remedy: owner === null ? 'Set it in the entry of its owner.' : `Set it in the entry "${owner.application.name}".`,
    }))
}

function ownerProblem(
  database: string,
  members: readonly ApplicationEntry[],
  owners: readonly ApplicationEntry[],
  owned: readonly string[],
): Problem {
  const subject = owners[1] ?? members[0]
  const application = subject?.application.name ?? null
  if (owners.length === 0) {
    return {
      application,
      code: 'no_owner',
      field: 'access_level',
      message: `the database ${show(database)} has no owner.${owned.length === 0 ? '' : suggestion(database, owned)}`,
      remedy: [
        'Give one of its entries access_level = "owner", or correct database_name;',
        'where its owner was taken out, take them out too.',
      ].join(' '),
    }
  }
  return {
    application,
    code: 'several_owners',
    field: 'access_level',
    message: `the database ${show(database)} has ${owners.length} owners: ${namesOf(owners)}.`,
    remedy: 'Keep one, and give the others access_level = "editor" or "reader", or a database_name of their own.',
  }
}

function duplicateUsernames(entries: readonly ApplicationEntry[]): Problem[] {
  const own = entries.filter(({ application }) => application.loginOf === null)
  const groups = [...groupBy(own, (entry) => entry.application.username)].filter(([, members]) => members.length > 1)
  return groups.map(([username, members]) => ({
    application: members[1]?.application.name ?? null,
    code: 'shared_login',
    field: 'username',
    message: `${show(username)} is the login of several applications: ${namesOf(members)}.`,
    remedy: 'Give each its own username, or all but one login_of with the key of that one.',
  }))
}

function namesOf(entries: readonly ApplicationEntry[]): string {
  return entries.map((entry) => entry.application.name).join(', ')
}

/** By code units, so that the order is the same on every machine. */
function sorted<T extends { readonly name: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (a.name < b.name ? -1 : 1))
}
