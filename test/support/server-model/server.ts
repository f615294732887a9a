/**
 * A pure model of the server: it reads the statements of the builders in `src/sql`, and does what PostgreSQL does with
 * roles, memberships, owners and access control lists. A statement that it does not know is an error.
 */
import { alterDatabase, createDatabase, databaseOf, dropDatabase } from './database-statements.ts'
import {
  alterDefaults,
  alterSchema,
  changePrivileges,
  createExtension,
  createObject,
  createSchema,
  privilegeWords,
} from './object-statements.ts'
import { maySet, mustAdminister, mustOwn } from './rights.ts'
import { alterRole, createRole, dropRole, grantRoleTo, newRole, revokeRoleFrom } from './role-statements.ts'
import type { Cut } from './session.ts'
import { ADMIN, MASTER, SUPERUSER } from './names.ts'
import { cloneState, type ModelDatabase, NO, Refusal, type State } from './state.ts'
import { Reader } from './tokens.ts'

/** Predefined roles that rules of the program name. */
const PREDEFINED = [
  'pg_database_owner',
  'pg_monitor',
  'pg_read_all_data',
  'pg_signal_backend',
  'rds_iam',
  'rds_superuser',
]

/** Given by the server's own superuser. */
const given = (role: string, member: string): State['memberships'][number] => ({
  role,
  member,
  grantor: SUPERUSER,
  admin: false,
  inherit: true,
  set: true,
})

/** A session: who logged in, the role that statements run as, and the database that it is in. */
export interface Place {
  readonly login: string
  /** null: the login. */
  readonly runAs: string | null
  /** null: one where nothing is declared. */
  readonly database: string | null
}

export class ModelServer {
  state: State
  /** What was committed, in order. */
  readonly log: string[] = []
  readonly sessions = new Set<{ readonly login: string; readonly database: string }>()
  /** The process that asks is gone. */
  isDead = false
  #cut: Cut | null = null
  #messages = 0
  #pids = 100

  /** A server with a delegated admin, and nothing else. @param version server_version_num */
  constructor(version: number) {
    const roles = [
      newRole(SUPERUSER, { superuser: true, createRole: true, createDb: true, canLogin: true }),
      newRole(ADMIN, { createRole: true, createDb: true, canLogin: true, password: 'SCRAM-SHA-256' }),
      newRole(MASTER, { createRole: true, createDb: true, canLogin: true, password: 'SCRAM-SHA-256' }),
      ...PREDEFINED.map((name) => newRole(name)),
    ]
    this.state = {
      version,
      nextOid: 20000,
      roles: new Map(roles.map((role) => [role.name, role])),
      databases: new Map(),
      memberships: [
        given('rds_superuser', MASTER),
        given('pg_signal_backend', ADMIN),
        // Whoever makes a role administers it.
        ...(version >= 160_000 ? [{ ...given(ADMIN, MASTER), admin: true, inherit: false, set: false }] : []),
      ],
      settings: [],
    }
  }

  copy(): ModelServer {
    const other = new ModelServer(this.state.version)
    other.state = cloneState(this.state)
    return other
  }

  /** The next run begins; what another left is gone with its process. */
  begin(cut: Cut | null): void {
    this.isDead = false
    this.sessions.clear()
    this.log.length = 0
    this.#cut = cut
    this.#messages = 0
  }

  /** @returns what becomes of this message, which changes something; null: it is done like any other */
  countDown(): Cut | null {
    const cut = this.#messages === this.#cut?.after ? this.#cut : null
    this.#messages += 1
    return cut
  }

  nextPid(): number {
    this.#pids += 1
    return this.#pids
  }

  /** All of it or nothing. @throws Refusal */
  transaction(work: () => void): void {
    const before = cloneState(this.state)
    try {
      work()
    } catch (error) {
      this.state = before
      throw error
    }
  }

  /** @throws Refusal where the server would refuse; Error for a statement that the model does not know. */
  run(sql: string, { login, runAs, database }: Place): void {
    const by = runAs ?? login
    if (runAs !== null && !this.state.roles.has(runAs)) throw new Refusal(`role ${runAs} does not exist`, NO.role)
    if (runAs !== null && !maySet(this.state, login, runAs)) throw new Refusal(`${login} may not SET ROLE ${runAs}`)
    const inside = database === 'postgres' ? null : database
    if (inside !== null) databaseOf(this.state, inside)
    this.#dispatch(new Reader(sql), by, inside)
  }

  #dispatch(reader: Reader, by: string, database: string | null): void {
    const { state } = this
    const inside = (): ModelDatabase => (database === null ? reader.fail() : databaseOf(state, database))
    if (reader.takes('CREATE ROLE')) createRole(state, by, reader)
    else if (reader.takes('ALTER ROLE')) alterRole(state, by, reader)
    else if (reader.takes('DROP ROLE')) dropRole(state, by, reader)
    else if (reader.takes('COMMENT ON')) this.#comment(reader, by)
    else if (reader.takes('CREATE DATABASE')) createDatabase(state, by, reader)
    else if (reader.takes('ALTER DATABASE')) alterDatabase(state, by, reader)
    else if (reader.takes('DROP DATABASE')) dropDatabase(state, by, reader)
    else if (reader.takes('CREATE SCHEMA')) createSchema(state, by, inside(), reader)
    else if (reader.takes('CREATE EXTENSION')) createExtension(state, by, inside(), reader)
    else if (reader.takes('ALTER SCHEMA')) alterSchema(state, by, inside(), reader)
    else if (reader.takes('CREATE TABLE')) createObject(state, by, inside(), 'table', reader)
    else if (reader.takes('CREATE SEQUENCE')) createObject(state, by, inside(), 'sequence', reader)
    else if (reader.takes('CREATE FUNCTION')) createObject(state, by, inside(), 'function', reader)
    else if (reader.takes('ALTER DEFAULT PRIVILEGES')) alterDefaults(state, by, inside(), reader)
    else if (reader.takes('GRANT')) this.#change(reader, by, database, true)
    else if (reader.takes('REVOKE')) this.#change(reader, by, database, false)
    else reader.fail()
  }

  #comment(reader: Reader, by: string): void {
    const isRole = reader.takes('ROLE')
    if (!isRole) reader.words('DATABASE')
    const name = reader.name()
    reader.words('IS')
    const comment = reader.takes('NULL') ? null : reader.text()
    reader.end()
    if (isRole) {
      mustAdminister(this.state, by, name)
      const role = this.state.roles.get(name)
      if (role !== undefined) role.comment = comment
    } else {
      // One that is not there is a warning (src/backend/commands/comment.c).
      const database = this.state.databases.get(name)
      if (database === undefined) return
      mustOwn(this.state, by, database.owner, name)
      database.comment = comment
    }
  }

  /** A role is quoted, a privilege is not. */
  #change(reader: Reader, by: string, database: string | null, grants: boolean): void {
    const onlyAdmin = reader.takes('ADMIN OPTION FOR')
    const isRole = onlyAdmin || /^(?:GRANT|REVOKE) "/.test(reader.sql)
    if (isRole) {
      const role = reader.name()
      reader.words(grants ? 'TO' : 'FROM')
      if (grants) grantRoleTo(this.state, by, role, reader)
      else revokeRoleFrom(this.state, by, role, onlyAdmin, reader)
      return
    }
    const words = privilegeWords(reader)
    const inside = database === null ? null : databaseOf(this.state, database)
    changePrivileges(this.state, by, inside, grants, words, reader)
  }
}
