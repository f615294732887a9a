/** Why a connection could not be made, told apart by code and never by text: messages are translated (lc_messages). */
import { DatabaseError } from 'pg'
import type { ConnectionCode } from '../model/problem.ts'

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
  /** The server asked for the password in clear: PAM, that is rds_iam (design §5 fact 13). It was not sent. */
  | 'other_method'
  /** The password was accepted, then the session refused: limits, CONNECT, NOLOGIN, missing database (design §5 fact 15). */
  | 'after_authentication'
  /** 28000 and others before authentication: pg_hba, an unknown method, a protocol error. */
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
  after_authentication: 'refused_after_authentication',
  refused: 'login_refused',
}

/** What was seen of the connection when it failed. */
export interface ConnectProgress {
  readonly authenticated: boolean
  readonly passwordAskedInClear: boolean
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

function kindOfDatabaseError(code: string, authenticated: boolean): FailureKind {
  if (code === '57P03') return 'starting'
  if (authenticated) return 'after_authentication'
  if (code === '53300') return 'full'
  if (code === '28P01') return 'wrong_password'
  if (code.startsWith('57P')) return 'unreachable'
  return 'refused'
}

/** Any error of connecting, classified. */
export function classifyConnectError(error: unknown, progress: ConnectProgress): ConnectFailure {
  const code = codeOf(error)
  const message = messageOf(error)
  if (progress.passwordAskedInClear) {
    return new ConnectFailure('other_method', code, 'the server asks for something else than a SCRAM password', error)
  }
  if (error instanceof DatabaseError)
    return new ConnectFailure(kindOfDatabaseError(code, progress.authenticated), code, message, error)
  const advice = CERTIFICATE_ADVICE[code]
  if (advice !== undefined) return new ConnectFailure('tls', code, `${advice} (${code}: ${message})`, error)
  if (message.includes('does not support SSL'))
    return new ConnectFailure('no_tls', code, 'the server offers no TLS', error)
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO')
    return new ConnectFailure('tls', code, message, error)
  if (message.startsWith('SASL')) return new ConnectFailure('refused', code, message, error)
  return new ConnectFailure('unreachable', code, message, error)
}
