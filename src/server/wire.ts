/**
 * The driver, held to what the program promises: nothing of the environment counts, no password goes to a server that
 * has not proven itself, and nothing that is thrown in a stream ends the process (src/README.md: Connections and TLS;
 * What the driver throws).
 */
import type { Connection, ClientConfig } from 'pg'
import Client from 'pg/lib/client.js'
import type { UnprovenCode } from '../model/authentication.ts'
import { readServerError } from './server-error.ts'

/** What the driver would take from the environment where an option is not given: so each is. */
export interface WireOptions extends ClientConfig {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password: string
  readonly ssl: NonNullable<ClientConfig['ssl']>
  readonly sslnegotiation: 'direct' | 'postgres'
  readonly application_name: string
  readonly options: string
}

/** The login was ended by us, before anything that must not be sent was. */
export class LoginEnded extends Error {
  readonly code: UnprovenCode | 'AUTH_CLEARTEXT'

  constructor(code: LoginEnded['code']) {
    super(code)
    this.name = 'LoginEnded'
    this.code = code
  }
}

/** What the server sent is no message that the driver can read. */
export class Unreadable extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'Unreadable'
  }
}

/** What was seen of a connection while it was made; `lost` is told even where nobody listens yet. */
export interface Wire {
  readonly client: Client
  /** `asked`: the server asked for a password or a token. */
  readonly seen: { asked: boolean; authenticated: boolean; version: string; pid: number; lost: Error | null }
}

/** By which the driver tells that the server asks. */
const QUESTIONS = ['authenticationCleartextPassword', 'authenticationMD5Password', 'authenticationSASL'] as const

/** A client that is not connected yet. @param mayGoInClear a token, which PAM asks for in clear. */
export function makeWire(options: WireOptions, mayGoInClear: boolean): Wire {
  // A password from a function is taken as it is; one that is empty would be looked for in PGPASSWORD and PGPASSFILE.
  const client = new Client({ ...options, password: () => options.password, client_encoding: 'UTF8' })
  // The one parameter of the start-up packet that has no option of its own (PGREPLICATION).
  client.connectionParameters.replication = undefined
  const seen: Wire['seen'] = { asked: false, authenticated: false, version: '', pid: 0, lost: null }
  const { connection } = client
  client.on('error', (error) => (seen.lost ??= error))
  connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
    if (message.parameterName === 'server_version') seen.version = message.parameterValue
  })
  connection.on('backendKeyData', (message: { processID: number }) => (seen.pid = message.processID))
  for (const question of QUESTIONS) connection.on(question, () => (seen.asked = true))
  requireProof(connection, mayGoInClear, options.ssl !== false, () => (seen.authenticated = true))
  // The driver makes an error of its own of a message that it does not know, and takes it for the server's answer.
  connection.on('errorMessage', (error: unknown) => {
    if (readServerError(error) === null) throw new Unreadable(error)
  })
  connection.on('sslconnect', () => {
    catchThrown(connection)
  })
  return { client, seen }
}

/** Connects. What fails leaves no connection behind. @throws Error of the driver, LoginEnded, Unreadable */
export async function openWire({ client }: Wire, hasTls: boolean): Promise<void> {
  try {
    const connected = client.connect()
    // Without TLS the driver listens to the socket from the start.
    if (!hasTls) catchThrown(client.connection)
    await connected
  } catch (error) {
    client.connection.stream.destroy()
    throw error
  }
}

/**
 * As libpq's `require_auth=scram-sha-256`, or `password` for a token over TLS: the server proves by SCRAM that it
 * knows the password (the driver compares its signature). Runs before the driver's own listeners, so that what it
 * throws keeps them from answering.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-REQUIRE-AUTH
 */
function requireProof(connection: Connection, mayGoInClear: boolean, hasTls: boolean, onDone: () => void): void {
  let isProven = false
  const end = (code: LoginEnded['code']): never => {
    throw new LoginEnded(code)
  }
  connection.on('authenticationCleartextPassword', () => {
    if (!mayGoInClear) end('AUTH_CLEARTEXT')
    if (!hasTls) end('AUTH_TOKEN_IN_CLEAR')
    isProven = true
  })
  connection.on('authenticationMD5Password', () => end('AUTH_MD5'))
  connection.on('authenticationSASLFinal', () => (isProven = true))
  connection.on('authenticationOk', () => {
    if (!isProven) end('AUTH_NONE')
    onDone()
  })
}

/**
 * The driver parses and answers within the listener of the socket's data: what is thrown there becomes the socket's
 * error, and ends the connection.
 */
function catchThrown({ stream }: Connection): void {
  const listeners = stream.listeners('data')
  stream.removeAllListeners('data')
  stream.on('data', (data: unknown) => {
    try {
      for (const listener of listeners) Reflect.apply(listener, stream, [data])
    } catch (error) {
      stream.destroy(error instanceof LoginEnded || error instanceof Unreadable ? error : new Unreadable(error))
    }
  })
}
