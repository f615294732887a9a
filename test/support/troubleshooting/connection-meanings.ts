import type { ConnectionCode } from '../../../src/model/problem.ts'
import { connection, entry, type Meaning } from './meaning.ts'

export const CONNECTION_MEANINGS: Readonly<Record<ConnectionCode, Meaning>> = {
  server_unreachable: entry(
    connection,
    ['cannot connect to …'],
    'No name, no route, nobody there, or no answer in time. Waited for up to `connect_timeout`.',
    'Check `instance.host` and `port`, the network path and the security group, and `connect_through` if there is a tunnel.',
  ),
  server_starting: entry(
    connection,
    ['cannot connect to …'],
    'The server is starting, stopping or recovering. Waited for up to `connect_timeout`.',
    'Check the instance in the RDS console; raise `connect_timeout` if it needs longer to start.',
  ),
  server_full: entry(
    connection,
    ['cannot connect to …'],
    "All of the server's connections are taken. Waited for up to `connect_timeout`.",
    'Free connections on the server, or raise its max_connections.',
  ),
  untrusted_certificate: entry(
    connection,
    ['cannot connect to …'],
    'The certificate is not trusted, has expired, or is for another host; the message says which.',
    'Name the PEM file of the authority that signed it in `tls.ca_file`, or do what the message says for its case.',
  ),
  tls_missing: entry(
    connection,
    ['cannot connect to …'],
    'The server offers no TLS.',
    'Enable it on the server; `tls.mode = "disable"` is for the loopback only.',
  ),
  wrong_password: entry(
    connection,
    ['cannot connect to …'],
    'The server refuses the password, or does not know the login: it does not tell the two apart.',
    "Correct the delegated admin's secret, or give `master_secret_id` so that the admin is created or repaired.",
  ),
  other_authentication: entry(
    connection,
    ['cannot connect to …'],
    'The server wants something else than a password for this login: it is in rds_iam.',
    'Use `admin_auth = "iam"`, or take the login out of rds_iam as the master.',
  ),
  server_unproven: entry(
    connection,
    ['cannot connect to …'],
    'The login would prove nothing, or give its password away, so it was ended: the server asks for no password, for an MD5 hash or for Kerberos, or does not prove by SCRAM that it knows the password.',
    "Have the login's password stored for SCRAM (`password_encryption = scram-sha-256`, then set it anew) and asked for by `scram-sha-256` in pg_hba.conf; the message says what it is.",
  ),
  refused_after_authentication: entry(
    connection,
    ['cannot connect to …'],
    'The password is right, and the server still lets this login not in.',
    "Check `instance.database`, and the admin's CONNECT privilege, LOGIN attribute and connection limits.",
  ),
  login_refused: entry(
    connection,
    ['cannot connect to …'],
    'The server lets nobody in who comes like this.',
    'Check the login name and what the server allows (pg_hba.conf; on RDS, rds.force_ssl and IAM).',
  ),
}
