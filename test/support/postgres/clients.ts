import { readFile } from 'node:fs/promises'
import pg from 'pg'
import type { PostgresVersion } from './binaries.ts'
import { SUPERUSER } from './template.ts'

export interface Login {
  readonly user: string
  readonly password: string
}

export type Row = Record<string, unknown>

/** The tests' own sessions, as superuser over the private socket; none of their statements are logged. */
export interface SuperuserSessions {
  sql(text: string, params?: readonly unknown[], database?: string): Promise<Row[]>
  forget(database: string): Promise<void>
  close(): Promise<void>
}

/** Passwords that tests set must not stand in the server's log, nor in pg_stat_statements where that is loaded. */
const UNLOGGED = '-c log_statement=none -c log_min_error_statement=panic -c pg_stat_statements.track=none'

/** What a test sets on a database or a role is meant for others. */
const UNTOUCHED = [
  'idle_session_timeout=0',
  'idle_in_transaction_session_timeout=0',
  'statement_timeout=0',
  'lock_timeout=0',
  'default_transaction_read_only=off',
  'local_preload_libraries=',
  'role=none',
  'exit_on_error=off',
  'standard_conforming_strings=on',
  'search_path="$user",public',
  'default_transaction_isolation=read\\ committed',
  'DateStyle=ISO,MDY',
  'client_min_messages=notice',
]
  .map((item) => `-c ${item}`)
  .join(' ')

/** Sessions that stay open, one a database. `folder` holds the socket. */
export function openSuperuserSessions(folder: string, port: number, version: PostgresVersion): SuperuserSessions {
  const options = `${UNLOGGED} ${UNTOUCHED}${version >= 17 ? ' -c transaction_timeout=0' : ''}`
  const clients = new Map<string, Promise<pg.Client>>()

  function open(database: string): Promise<pg.Client> {
    const client = new pg.Client({ host: folder, port, user: SUPERUSER, database, options })
    const opened = client.connect().then(() => client)
    const drop = (): void => {
      if (clients.get(database) === opened) clients.delete(database)
    }
    client.on('error', drop) // ended by DROP DATABASE … WITH (FORCE) or a crash
    client.on('end', drop)
    opened.catch(drop)
    clients.set(database, opened)
    return opened
  }

  async function forget(database: string): Promise<void> {
    const client = clients.get(database)
    clients.delete(database)
    if (client !== undefined) await (await client).end()
  }

  return {
    async sql(text, params = [], database = 'postgres') {
      const client = await (clients.get(database) ?? open(database))
      return (await client.query<Row>(text, [...params])).rows
    },
    forget,
    async close() {
      await Promise.all([...clients.keys()].map(forget))
    },
  }
}

/** Connects as an application does: TCP, TLS verified against `caFile` (null: without TLS). The caller ends the client. */
export async function connectAs(
  login: Login & { readonly database: string },
  port: number,
  caFile: string | null,
): Promise<pg.Client> {
  const ssl = caFile === null ? false : { ca: await readFile(caFile, 'utf8') }
  const client = new pg.Client({ host: 'localhost', port, ...login, ssl, connectionTimeoutMillis: 10_000 })
  await client.connect()
  return client
}
