/** Certificate authorities from a file that somebody named. */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { InvalidInputError } from './errors.ts'

/** A PEM file, and the field or variable that names it. */
export interface CaSource {
  readonly file: string
  readonly field: 'tls.ca_file' | 'PGSSLROOTCERT' | 'AWS_CA_BUNDLE'
}

/**
 * The text of a file of certificates.
 * @param use what is made of it; what that throws is told as a fault of the file.
 * @throws InvalidInputError for a file that cannot be used.
 */
export async function readCaFile<T>({ file, field }: CaSource, use: (pem: string) => T): Promise<T> {
  try {
    const pem = await readFile(file, 'utf8')
    if (!holdsCertificate(pem)) throw new Error('it holds no certificate in PEM form')
    return use(pem)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InvalidInputError(
      [
        {
          application: null,
          code: 'invalid_ca_file',
          field,
          message: `${file} cannot be used: ${reason}.`,
          remedy: 'Give the path of a readable PEM file of certificates.',
        },
      ],
      { cause: error },
    )
  }
}

/** Node takes a text without any certificate that can be read for an empty list, and then trusts nobody. */
function holdsCertificate(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.some((block) => {
    try {
      return new X509Certificate(block).validTo !== ''
    } catch {
      return false
    }
  })
}
