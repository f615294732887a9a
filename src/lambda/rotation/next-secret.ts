/** What a rotation writes: the content of the current version, with another password. Pure, apart from the password. */
import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import { AwsError, BlockedError } from '../../errors.ts'
import { violation } from '../../guardrails/violation.ts'
import { cloneOf, type Credential } from '../../model/credential.ts'
import type { Application } from '../../model/declaration.ts'
import { Secret } from '../../model/secret.ts'
import { parseCredential, type SecretVersion } from '../../secrets/parse-credential.ts'

const CONTENT = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown()))

/** @throws AwsError where the version is no secret of the RDS format */
export function credentialOf(secretArn: string, version: SecretVersion): Credential {
  const parsed = parseCredential(secretArn, version)
  if ('problem' in parsed) throw new AwsError([parsed.problem])
  return parsed.credential
}

/**
 * Whose password comes next.
 * @param current of the version that is AWSCURRENT
 * @param alternates whether the login and its clone take turns, else it is always the login's
 * @throws BlockedError where the secret is for somebody else
 */
export function nextUser(application: Application, current: Credential, alternates: boolean): string {
  const { username } = application
  const clone = cloneOf(username)
  const user = current.username ?? username
  if (user !== username && user !== clone)
    throw refused(application, `the secret is for the user ${JSON.stringify(user)}, and the login is ${username}.`)
  return alternates && user === username ? clone : username
}

/** @throws BlockedError where the pending version is for another user than it has to be */
export function assertNextUser(application: Application, pending: Credential, expected: string): void {
  const user = pending.username ?? application.username
  if (user === expected) return
  throw refused(
    application,
    `the pending version is for the user ${JSON.stringify(user)}, and ${expected} is next: the current version changed meanwhile, or somebody else wrote it.`,
  )
}

function refused(application: Application, message: string): BlockedError {
  const remedy =
    'Cancel the rotation (aws secretsmanager cancel-rotate-secret), correct the secret, and rotate it again.'
  return new BlockedError([violation(application, 'rotation', message, remedy)])
}

/** The content with this user and a new password; everything else stays. */
export function nextContent(current: SecretVersion, username: string): Secret {
  const content = v.parse(CONTENT, current.text?.reveal() ?? '')
  return new Secret(JSON.stringify({ ...content, username, password: newPassword() }))
}

/** 192 bits, in characters that stand in an URL as they are. */
function newPassword(): string {
  return randomBytes(24).toString('base64url')
}
