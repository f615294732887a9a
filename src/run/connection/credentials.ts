/** Everything secret that a run starts with; every problem found at once. */
import { BlockedError, AwsError } from '../../errors.ts'
import { checkReservedNames } from '../../guardrails/names.ts'
import type { Credential } from '../../model/credential.ts'
import type { Declaration } from '../../model/declaration.ts'
import { checkUsernames, nameApplications, secretIds } from '../../secrets/assignments.ts'
import type { SecretReader } from '../../secrets/secret-reader.ts'
import type { RunContext } from '../context.ts'
import { raceInterrupt } from '../interrupt.ts'

export interface Credentials {
  /** null: the admin logs in by IAM. */
  readonly admin: Credential | null
  /** By application; IAM logins have none. */
  readonly applications: ReadonlyMap<string, Credential>
  /** The master's login, where a major upgrade is to be prepared; else null: nobody asked. */
  readonly master: string | null
}

/** @throws AwsError with every secret that is missing, denied, malformed or for somebody else. */
export async function readCredentials(reader: SecretReader, declaration: Declaration): Promise<Credentials> {
  const { credentials, problems } = await reader.readCurrent(secretIds(declaration))
  const all = [...nameApplications(problems, declaration), ...checkUsernames(declaration, credentials)]
  if (all.length > 0) throw new AwsError(all)
  const { auth, secretId } = declaration.admin
  const applications = new Map<string, Credential>()
  for (const application of declaration.applications) {
    const credential = application.auth === 'password' ? credentials.get(application.secretId) : undefined
    if (credential !== undefined) applications.set(application.name, credential)
  }
  const admin = auth === 'password' && secretId !== null ? (credentials.get(secretId) ?? null) : null
  const id = declaration.prepareMajorUpgrade ? declaration.masterSecretId : null
  return { admin, applications, master: id === null ? null : masterLogin(id, credentials.get(id)) }
}

/** @throws AwsError where the master's secret does not say whose it is */
export function masterLogin(secretId: string, credential: Credential | undefined): string {
  const username = credential?.username ?? null
  if (username !== null) return username
  throw new AwsError([
    {
      application: null,
      code: 'malformed_secret',
      field: secretId,
      message: 'the master secret names no username.',
      remedy: 'Add "username" to its JSON.',
    },
  ])
}

/**
 * Who runs, for the audit, and the secrets that `declaration` names, side by side.
 * @param declaration whose secrets to read: all of the run's, or the admin's alone.
 * @throws AwsError; ApplyError when interrupted
 */
export async function readActorAndCredentials(
  { dependencies, recorder, secrets }: RunContext,
  declaration: Declaration,
): Promise<Credentials> {
  const calls = Promise.allSettled([dependencies.actor(declaration.aws), readCredentials(secrets, declaration)])
  const [actor, credentials] = await raceInterrupt(calls, dependencies.signal)
  if (actor.status === 'fulfilled') recorder.setActor(actor.value)
  if (credentials.status === 'rejected') throw credentials.reason
  if (actor.status === 'rejected') throw actor.reason
  return credentials.value
}

/**
 * The admin's name is known for certain only now: its secret says it.
 * @throws BlockedError where an application has it.
 */
export function assertReserved(declaration: Declaration, { admin }: Pick<Credentials, 'admin'>): void {
  const username = admin?.username ?? declaration.admin.username
  const reserved = checkReservedNames({ ...declaration, admin: { ...declaration.admin, username } }, null)
  if (reserved.length > 0) throw new BlockedError(reserved)
}
