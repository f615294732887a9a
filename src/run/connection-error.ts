/** What was tried, for how long, and what to check. Pure. */
import { ConnectionError, type Problem } from '../errors.ts'
import type { Declaration } from '../model/declaration.ts'
import type { ConnectFailure, FailureKind } from '../server/failure.ts'

const REMEDIES: Readonly<Record<FailureKind, string>> = {
  unreachable: 'Check instance.host and port, the network path and the security group, and connect_through if there is a tunnel.',
  starting: 'Check the instance in the RDS console; raise connect_timeout if it needs longer to start.',
  full: 'Free connections on the server, or raise its max_connections.',
  tls: 'Check tls.ca_file and tls.server_name; for RDS no ca_file is needed. The host must be spelled as in the certificate.',
  no_tls: 'Enable TLS on the server; tls.mode = "disable" is for the loopback only.',
  wrong_password: "Correct the delegated admin's secret, or give master_secret_id so that the admin is created or repaired.",
  other_method: 'The server sends this login to PAM: it is in rds_iam. Use admin_auth = "iam", or take it out of rds_iam as the master.',
  after_authentication: "Check instance.database, and the admin's CONNECT privilege, LOGIN attribute and connection limits.",
  refused: 'Check the login name and what the server allows (pg_hba.conf; on RDS, rds.force_ssl and IAM).',
}

/** A failed connection as the caller is told of it; `elapsedMs`: how long was tried. */
export function connectionError(failure: ConnectFailure, declaration: Declaration, user: string, elapsedMs: number): ConnectionError {
  const { instance: declared, connectThrough } = declaration
  const through = connectThrough === null ? '' : ` through ${connectThrough.host}:${String(connectThrough.port)}`
  const problem: Problem = {
    application: null,
    field: 'instance',
    message: `cannot connect to ${declared.host}:${String(declared.port)}${through}, database ${declared.database}, as ${user}: ${failure.message} (tried for ${(elapsedMs / 1000).toFixed(0)} s).`,
    remedy: REMEDIES[failure.kind],
  }
  return new ConnectionError([problem], { cause: failure })
}
