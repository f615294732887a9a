import * as v from 'valibot'
import type { Problem } from '../model/problem.ts'
import type { Credential } from '../model/credential.ts'
import { Secret } from '../model/secret.ts'
import { checkPassword } from './password.ts'

/** One version of a secret as the service gives it. */
export interface SecretVersion {
  readonly versionId: string
  /** null: the secret is binary. */
  readonly text: Secret | null
  readonly createdAt: Date | null
}

/**
 * The RDS format, of which only these two fields are used; `engine`, `host` and others may stand beside them:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
const FORMAT = v.object({ username: v.nullish(v.pipe(v.string(), v.minLength(1)), null), password: v.string() })

/** Either the credential or the one thing that is wrong with the secret. */
export type ParsedCredential = { readonly credential: Credential } | { readonly problem: Problem }

/** Parses a secret in the RDS JSON format. No part of the secret ever stands in a problem, not even of a broken one. */
export function parseCredential(secretId: string, version: SecretVersion): ParsedCredential {
  const problem = (message: string, remedy: string): ParsedCredential => ({
    problem: { application: null, code: 'malformed_secret', field: secretId, message, remedy },
  })
  if (version.text === null) return problem('the secret is binary.', `Store it as text. ${REMEDY}`)
  const value = parseJson(version.text.reveal())
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return problem('the secret is not a JSON object.', REMEDY)
  if (!('password' in value)) return problem('the secret has no password.', REMEDY)
  const parsed = v.safeParse(FORMAT, value)
  if (!parsed.success) {
    const field = String(parsed.issues[0].path?.[0].key)
    return problem(`the ${field} in the secret is not a text.`, REMEDY)
  }
  const password = new Secret(parsed.output.password)
  const reason = checkPassword(password)
  if (reason !== null)
    return problem(
      `the password ${reason}`,
      'Store another password; letters, digits and ASCII punctuation always work.',
    )
  return {
    credential: {
      secretId,
      versionId: version.versionId,
      username: parsed.output.username,
      password,
      createdAt: version.createdAt,
    },
  }
}

const REMEDY = 'Use the RDS format, {"username": "…", "password": "…"}.'

/** null stands for both JSON's null and what is no JSON; the parser's message would quote the secret. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
