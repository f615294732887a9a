/** Why a connection could not be made, told apart by code and never by text: messages are translated (lc_messages). */
import { UNPROVEN } from '../model/authentication.ts'
import type { ConnectionCode } from '../model/problem.ts'
import { readServerError } from './server-error.ts'
import { LoginEnded, Unreadable } from './wire.ts'

export type FailureKind =
  /** Name, route, refused, reset, timed out: may pass. */
  | 'unreachable'
  /** 57P03: starting up, shutting down, in recovery: will pass. */
  | 'starting'
  /** 53300 before authentication: all slots are taken; may pass. */
  | 'full'
  | 'tls'
  | 'no_tls'
  /** 28P01 */
  | 'wrong_password'
  /** The server asked for the password in clear: PAM, that is rds_iam (src/README.md: IAM and PAM). It was not sent. */
  | 'other_method'
  /** The login was ended by us: it proves nothing, or would give the password away; the code is one of UNPROVEN. */
  | 'unproven'
  /**
   * The password was accepted, then the session refused: limits, CONNECT, NOLOGIN, missing database (src/README.md:
   * Refusals at login).
   */
  | 'after_authentication'
  /** 28000 over TLS, before the server asked for anything (src/README.md: Servers that awake). */
  | 'turned_away'
  /** Others before authentication: a plain connection where TLS is asked for, PAM. */
  | 'refused'

export class ConnectFailure extends Error {
  readonly kind: FailureKind
  /** SQLSTATE or system error code; '' where there is none. */
  readonly code: string

  constructor(kind: FailureKind, code: string, message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'ConnectFailure'
    this.kind = kind
    this.code = code
  }

  /** Waiting can help. */
  get passing(): boolean {
    return this.kind === 'unreachable' || this.kind === 'starting' || this.kind === 'full'
  }
}

/** OpenSSL verification results and Node's own, https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const CERTIFICATE_ADVICE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet (check this machine's clock)",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another host",
  SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate comes from an unknown authority",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is self-signed",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server's certificate comes from an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT: "the server's certificate comes from an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the server's certificate comes from an unknown authority",
  CERT_SIGNATURE_FAILURE: "the server's certificate is not signed by the authority it names",
}

/** The problem code of each kind of failure. */
export const CONNECTION_CODES: Readonly<Record<FailureKind, ConnectionCode>> = {
  unreachable: 'server_unreachable',
  starting: 'server_starting',
  full: 'server_full',
  tls: 'untrusted_certificate',
  no_tls: 'tls_missing',
  wrong_password: 'wrong_password',
  other_method: 'other_authentication',
  unproven: 'server_unproven',
  after_authentication: 'refused_after_authentication',
  turned_away: 'login_refused',
  refused: 'login_refused',
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code
  return ''
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

/** How far a login had come: the server had asked for its proof, and had taken it. */
interface Progress {
  readonly hasTls: boolean
  readonly asked: boolean
  readonly authenticated: boolean
}

function kindOfServerError(code: string, { hasTls, asked, authenticated }: Progress): FailureKind {
  if (code === '57P03') return 'starting'
  if (authenticated) return 'after_authentication'
  if (code === '53300') return 'full'
  if (code === '28P01') return 'wrong_password'
  if (code.startsWith('57P')) return 'unreachable'
  return code === '28000' && hasTls && !asked ? 'turned_away' : 'refused'
}

/** Any error of connecting, classified. */
export function classifyConnectError(error: unknown, progress: Progress): ConnectFailure {
  const code = codeOf(error)
  const message = messageOf(error)
  if (error instanceof LoginEnded) {
    return error.code === 'AUTH_CLEARTEXT'
      ? new ConnectFailure('other_method', '', 'the server asks for something else than a SCRAM password', error)
      : unproven(error.code, '', error)
  }
  if (readServerError(error) !== null)
    return new ConnectFailure(kindOfServerError(code, progress), code, message, error)
  // The driver trips over a message that comes out of turn.
  if (error instanceof Unreadable || error instanceof TypeError) return unproven('AUTH_UNREADABLE', message, error)
  const advice = CERTIFICATE_ADVICE[code]
  if (advice !== undefined) return new ConnectFailure('tls', code, `${advice} (${code}: ${message})`, error)
  if (message.includes('does not support SSL'))
    return new ConnectFailure('no_tls', code, 'the server offers no TLS', error)
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO')
    return new ConnectFailure('tls', code, message, error)
  // The driver has no code for what it refuses of a server's SCRAM, and does not translate.
  if (message.startsWith('SASL')) return unproven('AUTH_SCRAM', message, error)
  return new ConnectFailure('unreachable', code, message, error)
}

function unproven(code: keyof typeof UNPROVEN, detail: string, cause: unknown): ConnectFailure {
  const { message } = UNPROVEN[code]
  return new ConnectFailure('unproven', code, detail === '' ? message : `${message} (${detail})`, cause)
}
