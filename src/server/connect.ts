/** Connections that nobody on the other side can steer: every setting that matters is fixed at start-up. */
import type { ConnectionOptions } from 'node:tls'
import type { Endpoint } from '../model/declaration.ts'
import type { Secret } from '../model/secret.ts'
import { classifyConnectError, ConnectFailure } from './failure.ts'
import { Session } from './session.ts'
import { makeWire, openWire } from './wire.ts'
import { VERSION_16, VERSION_17 } from '../model/server-version.ts'
import { quoteLiteral } from '../sql/quote.ts'

/** Where to connect and how; the same for all connections of a run. */
export interface Target {
  /** The instance, or the tunnel to it. */
  readonly endpoint: Endpoint
  readonly ssl: ConnectionOptions | false
  /** Names the run in pg_stat_activity: ASCII, at most 63 bytes. */
  readonly applicationName: string
  readonly lockTimeoutMs: number
  readonly statementTimeoutMs: number
  /** No transaction may write; absent: each may. */
  readonly isReadOnly?: true
  /** server_version_num where it is known already, 0 where not. */
  readonly version: number
  /** As in `Dependencies`; absent: over the wire. */
  readonly open?: OpenSession
}

export interface LoginTarget {
  readonly user: string
  readonly password: Secret
  readonly database: string
  /** An IAM token goes to the server in clear (PAM), over TLS; a password never does. */
  readonly mayGoInClear: boolean
}

/** Logs in. @throws ConnectFailure */
export type OpenSession = (login: LoginTarget) => Promise<Session>

const CONNECT_LIMIT_MS = 15_000

/**
 * Parameters that a role or database default must not change (src/README.md: Start-up options): values given in the
 * start-up packet win over ALTER ROLE / ALTER DATABASE … SET.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS
 */
function startupOptions(target: Target): string {
  const parameters: [string, string][] = [
    ['search_path', 'pg_catalog,pg_temp'],
    ['statement_timeout', String(target.statementTimeoutMs)],
    ['lock_timeout', String(target.lockTimeoutMs)],
    ['idle_session_timeout', '0'],
    ['idle_in_transaction_session_timeout', '0'],
    ['default_transaction_read_only', target.isReadOnly === true ? 'on' : 'off'],
    ['default_transaction_isolation', 'read committed'],
    ['default_transaction_deferrable', 'off'],
    ['standard_conforming_strings', 'on'],
    ['local_preload_libraries', ''],
    ['role', 'none'],
    ['DateStyle', 'ISO,YMD'],
    ['TimeZone', 'UTC'],
    ['extra_float_digits', '1'],
    ['exit_on_error', 'off'],
    ['quote_all_identifiers', 'off'],
    ['transform_null_equals', 'off'],
    ['client_min_messages', 'error'],
    ['jit', 'off'],
  ]
  return [...parameters, ...newerParameters(target.version)]
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
    .join(' ')
}

/** Those that a server of this version knows beside the others: one that it does not know would end the start. */
function newerParameters(version: number): [string, string][] {
  const parameters: [string, string][] = []
  if (version >= VERSION_16) parameters.push(['createrole_self_grant', ''])
  if (version >= VERSION_17) parameters.push(['transaction_timeout', '0'])
  return parameters
}

/** `16.4 (Debian …)` to 160004 and 16.4; `17beta1` to 170000. */
function versionOf(parameter: string): { version: number; text: string } {
  const [, major = '0', minor = '0'] = /^(\d+)(?:\.(\d+))?/.exec(parameter) ?? []
  return { version: Number(major) * 10_000 + Number(minor), text: parameter.split(' ', 1)[0] ?? '' }
}

/**
 * @param signal aborted: the attempt ends at once.
 * @throws ConnectFailure
 */
export async function connect(target: Target, login: LoginTarget, signal: AbortSignal): Promise<Session> {
  if (isAborted(signal)) throw giveUpError(signal)
  if (target.open !== undefined) return target.open(login)
  const hasTls = target.ssl !== false
  const wire = makeWire(
    {
      host: target.endpoint.host,
      port: target.endpoint.port,
      user: login.user,
      database: login.database,
      password: login.password.reveal(),
      ssl: target.ssl,
      // SCRAM-SHA-256-PLUS where the server offers it: nobody between us who has another certificate.
      // https://www.postgresql.org/docs/current/sasl-authentication.html#SASL-SCRAM-SHA-256
      enableChannelBinding: hasTls,
      // One round trip less, from 17 on:
      // https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-CONNECT-SSLNEGOTIATION
      sslnegotiation: hasTls && target.version >= VERSION_17 ? 'direct' : 'postgres',
      application_name: target.applicationName,
      options: startupOptions(target),
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    },
    login.mayGoInClear,
  )
  const { client, seen } = wire
  const giveUp = (): void => {
    client.connection.stream.destroy()
  }
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    await openWire(wire, hasTls)
  } catch (error) {
    throw isAborted(signal) ? giveUpError(signal) : classifyConnectError(error, { ...seen, hasTls })
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
  const server = { ...versionOf(seen.version), pid: seen.pid, lost: seen.lost }
  // The first connection of a run does not know the version before: what came too late for its start is set with its
  // first message.
  const known = newerParameters(target.version).map(([name]) => name)
  const late = newerParameters(server.version)
    .filter(([name]) => !known.includes(name))
    .map(([name, value]) => `SET ${name} = ${quoteLiteral(value)}`)
  return new Session(client, login.database, login.user, server, late)
}

/** A call, since the type checker takes a property that it saw once for unchanged. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}

function giveUpError(signal: AbortSignal): ConnectFailure {
  return new ConnectFailure('unreachable', 'ABORT_ERR', `given up: ${String(signal.reason)}`, signal.reason)
}
