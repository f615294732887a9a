import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'

/** What is wrong with the server's certificate, if anything. */
export type CertificateKind = 'valid' | 'expired' | 'wrong_host'

/** Paths of PEM files. */
export interface Certificates {
  readonly caFile: string
  /** An authority that signed nothing. */
  readonly otherCaFile: string
  readonly certificateFile: string
  readonly keyFile: string
}

/** In the certificate, but resolves nowhere: reached through a tunnel only. */
export const TUNNELLED_HOST = 'db.test.internal'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const HOUR = 3_600_000

interface Authority {
  readonly certificate: x509.X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
}

/**
 * Makes two throw-away authorities and a server certificate of the first one, as PEM files in `folder`.
 * @param hosts what a valid one is for besides
 */
export async function makeCertificates(
  folder: string,
  kind: CertificateKind = 'valid',
  hosts: readonly string[] = [],
): Promise<Certificates> {
  const [authority, other, keys] = await Promise.all([
    makeAuthority('test CA'),
    makeAuthority('another CA'),
    makeKeys(),
  ])
  const certificate = await issue(authority, keys, kind, hosts)
  const files = {
    caFile: join(folder, 'ca.pem'),
    otherCaFile: join(folder, 'other-ca.pem'),
    certificateFile: join(folder, 'server.pem'),
    keyFile: join(folder, 'server.key'),
  }
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  await Promise.all([
    writeFile(files.caFile, authority.certificate.toString('pem')),
    writeFile(files.otherCaFile, other.certificate.toString('pem')),
    writeFile(files.certificateFile, certificate.toString('pem')),
    writeFile(files.keyFile, key, { mode: 0o600 }), // PostgreSQL refuses a key that others can read (manual 18.9.1)
  ])
  return files
}

async function issue(
  authority: Authority,
  keys: webcrypto.CryptoKeyPair,
  kind: CertificateKind,
  hosts: readonly string[],
): Promise<x509.X509Certificate> {
  const notAfter = new Date(Date.now() + (kind === 'expired' ? -HOUR : 72 * HOUR))
  const names =
    kind === 'wrong_host'
      ? [{ type: 'dns' as const, value: 'elsewhere.test.internal' }]
      : [
          { type: 'dns' as const, value: 'localhost' },
          { type: 'dns' as const, value: TUNNELLED_HOST },
          { type: 'ip' as const, value: '127.0.0.1' },
          { type: 'ip' as const, value: '::1' },
          ...hosts.map((value) => ({ type: 'dns' as const, value })),
        ]
  return x509.X509CertificateGenerator.create({
    subject: 'CN=server',
    issuer: authority.certificate.subject,
    notBefore: new Date(Date.now() - 48 * HOUR),
    notAfter,
    signingKey: authority.keys.privateKey,
    publicKey: keys.publicKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.SubjectAlternativeNameExtension(names),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  })
}

async function makeAuthority(name: string): Promise<Authority> {
  const keys = await makeKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - 48 * HOUR),
    notAfter: new Date(Date.now() + 72 * HOUR),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  })
  return { certificate, keys }
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}
