/** What the server is set to that provisioning does not follow. */
import type { Finding } from '../model/step.ts'
import type { PlanContext } from './context.ts'

/**
 * password_encryption decides how the server hashes a plaintext that it is given; it is given none (src/README.md:
 * SCRAM verifier). Whoever sets a password by hand gets what the server is set to.
 */
export function serverFindings({ actual }: PlanContext): Finding[] {
  const { passwordEncryption } = actual.cluster.server
  if (passwordEncryption === 'scram-sha-256') return []
  const message =
    `the server's password_encryption is ${passwordEncryption}: passwords of this declaration are SCRAM-SHA-256 all ` +
    'the same, those set by hand are not; set it to scram-sha-256'
  return [
    {
      application: null,
      database: null,
      username: null,
      object: 'password',
      action: 'encryption',
      status: 'warning',
      message,
    },
  ]
}
