/**
 * Whether a secret's password is the role's: known only by logging in (src/README.md: Only a login proves a password;
 * Passwords).
 */
import type { Interior, LoginState } from '../model/catalog.ts'
import type { Credential } from '../model/credential.ts'
import type { Application } from '../model/declaration.ts'
import { remedyOf } from '../model/authentication.ts'
import type { LoginTarget } from './connect.ts'
import { ConnectFailure } from './failure.ts'
import { inspectDatabase, type DatabaseQuestion } from './inspect-database.ts'
import type { Connections } from './connections.ts'
import { ConnectionLost, StatementError } from './session.ts'

/** Further versions of a secret; null where there is none with that label. */
export interface Versions {
  pending(secretId: string): Promise<Credential | null>
  current(secretId: string): Promise<Credential | null>
}

export interface LoginResult {
  readonly state: LoginState
  /** The version that was tried last: a rotation may have ended meanwhile. */
  readonly credential: Credential
  /** The database's inside, seen over this connection, where asked for. */
  readonly interior: Interior | null
}

/** A secret that changes this often during one check is not rotating, it is broken. */
const MAX_VERSIONS = 3

export interface LoginQuestion {
  readonly application: Application
  /** The database to log in to. */
  readonly place: string
  /** Its role's VALID UNTIL is over. */
  readonly isExpired: boolean
}

/**
 * Logs in as the application does.
 * @param look look inside the database over the same connection; null: only log in.
 * @throws ConnectFailure where the server cannot be reached or trusted.
 */
export async function checkLogin(
  server: Connections,
  versions: Versions,
  question: LoginQuestion,
  credential: Credential,
  look: DatabaseQuestion | null,
): Promise<LoginResult> {
  const { application, isExpired } = question
  let tried = credential
  for (let attempt = 1; ; attempt += 1) {
    const result = await tryLogin(server, question, tried, look)
    if (result.state.kind !== 'password_wrong') return { ...result, credential: tried }
    if (isExpired) return { state: { kind: 'expired' }, credential: tried, interior: null }
    const pending = await workingPending(server, versions, question, tried)
    const again = await versions.current(application.secretId)
    // The version that a rotation made keeps the label AWSPENDING after its last step: then it is over.
    if (pending !== null && again?.versionId !== pending.versionId)
      return { state: { kind: 'rotation_in_progress' }, credential: tried, interior: null }
    if (again === null || again.versionId === tried.versionId || attempt === MAX_VERSIONS)
      return { ...result, credential: tried }
    tried = again
  }
}

/** The version labelled AWSPENDING, where it is another one and logs in. */
async function workingPending(
  server: Connections,
  versions: Versions,
  question: LoginQuestion,
  tried: Credential,
): Promise<Credential | null> {
  const pending = await versions.pending(question.application.secretId)
  if (pending === null || pending.versionId === tried.versionId) return null
  const { state } = await tryLogin(server, question, pending, null)
  return state.kind === 'password_right' ? pending : null
}

async function tryLogin(
  server: Connections,
  { application, place }: LoginQuestion,
  credential: Credential,
  look: DatabaseQuestion | null,
): Promise<{ state: LoginState; interior: Interior | null }> {
  const login: LoginTarget = {
    user: credential.username ?? application.username,
    password: credential.password,
    database: place,
    mayGoInClear: false,
  }
  try {
    const interior = await server.withSession(login, async (session) =>
      look === null ? null : inspectDatabase(session, look),
    )
    return { state: { kind: 'password_right', note: null }, interior }
  } catch (error) {
    // It was let in; what it cannot look at for us, the admin looks at.
    if (error instanceof StatementError) return { state: { kind: 'password_right', note: null }, interior: null }
    if (error instanceof ConnectFailure) return { state: stateOf(error), interior: null }
    if (!(error instanceof ConnectionLost)) throw error
    // Its own session alone: where the server is gone, the admin's is too, and says so.
    return { state: endedByOthers(error.message), interior: null }
  }
}

/** Any session of the same login may do that. */
function endedByOthers(message: string): LoginState {
  return {
    kind: 'unproven',
    reason: `its session was ended (${message})`,
    remedy: 'Run again; look for who ends its sessions.',
  }
}

/** admin_shutdown: pg_terminate_backend, too. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const TERMINATED = '57P01'

function stateOf(failure: ConnectFailure): LoginState {
  switch (failure.kind) {
    case 'after_authentication':
      return failure.code === TERMINATED
        ? endedByOthers(failure.message)
        : { kind: 'password_right', note: failure.message }
    case 'wrong_password':
      return { kind: 'password_wrong' }
    case 'other_method':
      return { kind: 'other_method' }
    case 'unproven':
      return { kind: 'unproven', reason: failure.message, remedy: remedyOf(failure.code) }
    case 'turned_away':
    case 'refused':
      return { kind: 'refused', reason: failure.message }
    case 'unreachable':
    case 'starting':
    case 'full':
    case 'tls':
    case 'no_tls':
      throw failure
  }
}
