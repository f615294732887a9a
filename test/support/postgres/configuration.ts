import type { Certificates } from '../certificates.ts'
import { SUPERUSER } from './template.ts'

/** Where the stand-in for RDS's IAM check listens (radius.ts). */
export interface TokenService {
  readonly port: number
  readonly secret: string
}

export interface Configuration {
  readonly port: number
  readonly folder: string
  /** null: a server without TLS. */
  readonly certificates: Certificates | null
  /** Parameter to value, added last, so that they win. */
  readonly settings: Readonly<Record<string, string>>
}

/**
 * Text of postgresql.conf. csvlog is the one structured log that 14 has too (jsonlog came with 15), and the only one
 * that tells a message's line breaks from the next entry's. Durability is off: the data never outlives a test.
 */
export function renderConfiguration({ port, folder, certificates, settings }: Configuration): string {
  const all: Record<string, string> = {
    listen_addresses: 'localhost',
    port: String(port),
    unix_socket_directories: folder,
    max_connections: '200',
    shared_buffers: '32MB',
    password_encryption: 'scram-sha-256',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    autovacuum: 'off',
    max_wal_size: '256MB',
    logging_collector: 'on',
    log_destination: 'csvlog',
    log_directory: `${folder}/log`,
    log_filename: 'server.log',
    log_rotation_age: '0',
    log_rotation_size: '0',
    log_statement: 'all',
    log_connections: 'on',
    log_timezone: 'UTC',
    lc_messages: 'C',
    ...(certificates === null
      ? { ssl: 'off' }
      : {
          ssl: 'on',
          ssl_cert_file: certificates.certificateFile,
          ssl_key_file: certificates.keyFile,
        }),
    ...settings,
  }
  return Object.entries(all)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('')
}

/**
 * Text of pg_hba.conf, first match wins (manual 20.1). As on RDS: nobody but the provider is superuser or enters
 * `rdsadmin`, and members of rds_iam are sent to another method before the password line. RDS uses PAM; these builds have
 * no PAM and no LDAP, and RADIUS is alike in all that a client sees: it is asked for the token in clear text.
 * The master's own line stands before it, because from 16 it holds ADMIN on rds_iam (roles.ts), which `+rds_iam` matches
 * too, and on RDS it goes on logging in by password.
 */
export function renderHostAccess(master: string, tls: boolean, tokens: TokenService, extra: readonly string[]): string {
  const type = tls ? 'hostssl' : 'host'
  const radius = `radius radiusservers="127.0.0.1" radiusports="${tokens.port}" radiussecrets="${tokens.secret}"`
  return [
    `local all ${SUPERUSER} trust`,
    `host all ${SUPERUSER} all reject`,
    `host rdsadmin all all reject`,
    ...extra,
    `${type} all ${master} all scram-sha-256`,
    `${type} all +rds_iam all ${radius}`,
    `${type} all all all scram-sha-256`,
    '',
  ].join('\n')
}
