/** What was tried, for how long, and what to check. Pure. */
import { ConnectionError } from '../../errors.ts'
import { remedyOf } from '../../model/authentication.ts'
import type { Problem } from '../../model/problem.ts'
import type { Declaration } from '../../model/declaration.ts'
import { authorityBundle, regionOfHost } from '../../model/rds-host.ts'
import { CONNECTION_CODES, type ConnectFailure, type FailureKind } from '../../server/failure.ts'

const REFUSED = 'Check the login name and what the server allows (pg_hba.conf; on RDS, rds.force_ssl and IAM).'

const REMEDIES: Readonly<Record<FailureKind, string>> = {
  unreachable:
    'Check instance.host and port, the network path and the security group, and connect_through if there is a tunnel.',
  starting: 'Check the instance in the RDS console; raise connect_timeout if it needs longer to start.',
  full: 'Free connections on the server, or raise its max_connections.',
  tls: 'Name the PEM file of the authority that signed it in tls.ca_file.',
  no_tls: 'Enable TLS on the server; tls.mode = "disable" is for the loopback only.',
  wrong_password:
    "Correct the delegated admin's secret, or give master_secret_id so that the admin is created or repaired.",
  other_method:
    'The server sends this login to PAM: it is in rds_iam. Use admin_auth = "iam", or take it out of rds_iam as the master.',
  // By its code, in UNPROVEN.
  unproven: '',
  after_authentication:
    "Check instance.database, and the admin's CONNECT privilege, LOGIN attribute and connection limits.",
  turned_away: REFUSED,
  refused: REFUSED,
}

/** Where one certificate is wrong in its own way; other codes get the remedy of their kind. */
const CERTIFICATE_REMEDIES: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'Spell instance.host as in the certificate, or name what it holds in tls.server_name.',
  CERT_HAS_EXPIRED: "Renew the server's certificate (on RDS: a newer certificate authority for the instance).",
  CERT_NOT_YET_VALID: "Set this machine's clock, or wait until the certificate is valid.",
}

/** That nobody who is trusted has signed: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

function remedyFor({ kind, code }: ConnectFailure, host: string): string {
  if (kind === 'unproven') return remedyOf(code)
  const region = regionOfHost(host)
  if (UNKNOWN_AUTHORITY.has(code) && region !== null) return unknownAuthority(region)
  return CERTIFICATE_REMEDIES[code] ?? REMEDIES[kind]
}

/** The authorities of some regions do not come with the program (src/README.md: Authorities of RDS). */
function unknownAuthority(region: string): string {
  return (
    `None of the authorities that were asked signs for RDS in ${region}. ` +
    `Fetch ${authorityBundle(region)} and name that file in tls.ca_file.`
  )
}

/** A failed connection as the caller is told of it; `elapsedMs`: how long was tried. */
export function toConnectionError(
  failure: ConnectFailure,
  declaration: Declaration,
  user: string,
  elapsedMs: number,
): ConnectionError {
  const { instance: declared, connectThrough } = declaration
  const through = connectThrough === null ? '' : ` through ${connectThrough.host}:${String(connectThrough.port)}`
  const target = `${declared.host}:${String(declared.port)}${through}, database ${declared.database}, as ${user}`
  const tried = `tried for ${(elapsedMs / 1000).toFixed(0)} s`
  const problem: Problem = {
    application: null,
    code: CONNECTION_CODES[failure.kind],
    field: 'instance',
    message: `cannot connect to ${target}: ${failure.message} (${tried}).`,
    remedy: remedyFor(failure, declared.host),
  }
  return new ConnectionError([problem], { cause: failure })
}
