/** Everything secret that a run starts with; every problem found at once. */
import { BlockedError, AwsError } from '../../errors.ts'
import { checkReservedNames } from '../../guardrails/names.ts'
import type { Credential } from '../../model/credential.ts'
import { violation } from '../../guardrails/violation.ts'
import type { AwsSettings, Declaration } from '../../model/declaration.ts'
import { ownLogins } from '../../model/logins.ts'
import type { Actor } from '../../model/run.ts'
import { checkUsernames, nameApplications, secretIds } from '../../secrets/assignments.ts'
import type { SecretReader } from '../../secrets/secret-reader.ts'
import type { Dependencies, RunContext } from '../context.ts'
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
  for (const application of ownLogins(declaration)) {
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
 * Asks who runs where the declaration says in which account a run may be, before a secret is read there.
 * @returns null: any account will do, and nobody was asked.
 * @throws AwsError; BlockedError for another account
 */
export async function assertAccount(
  { expectedAccount, ...aws }: AwsSettings,
  dependencies: Pick<Dependencies, 'actor' | 'signal'>,
): Promise<Actor | null> {
  if (expectedAccount === null) return null
  const actor = await raceInterrupt(dependencies.actor({ ...aws, expectedAccount }), dependencies.signal)
  if (actor.account === expectedAccount) return actor
  throw new BlockedError([
    violation(
      null,
      'foreign_account',
      `the run is in the AWS account ${actor.account}, as ${actor.arn}, and expected_account is ${expectedAccount}.`,
      'Give the run credentials of that account (environment, aws_profile, assume_role_arn), or correct expected_account.',
    ),
  ])
}

/**
 * Who runs, for the audit, and the secrets that `declaration` names, side by side.
 * @param declaration whose secrets to read: all of the run's, or the admin's alone.
 * @throws AwsError; BlockedError for another account; ApplyError when interrupted
 */
export async function readActorAndCredentials(context: RunContext, declaration: Declaration): Promise<Credentials> {
  const { dependencies, recorder, secrets } = context
  const known = await assertAccount(declaration.aws, dependencies)
  const calls = Promise.allSettled([known ?? actorOf(context, declaration), readCredentials(secrets, declaration)])
  const [actor, credentials] = await raceInterrupt(calls, dependencies.signal)
  if (actor.status === 'fulfilled') recorder.setActor(actor.value)
  if (credentials.status === 'rejected') throw credentials.reason
  if (actor.status === 'rejected') throw actor.reason
  return credentials.value
}

/** In the audit of a run in dev that could not ask. */
const UNKNOWN_ACTOR: Actor = { arn: 'unknown', account: 'unknown' }

/** A developer's subnet may have no way to STS; who changed anything else than dev has to be known. */
async function actorOf({ dependencies, recorder }: RunContext, { aws, environment }: Declaration): Promise<Actor> {
  try {
    return await dependencies.actor(aws)
  } catch (error) {
    const isOutOfReach = error instanceof AwsError && error.problems.every(({ code }) => code === 'aws_unreachable')
    if (!isOutOfReach || environment !== 'dev') throw error
    recorder.record({
      application: null,
      database: null,
      username: null,
      object: 'admin',
      action: 'identify',
      status: 'warning',
      durationMs: 0,
      message:
        `the actor of the run is unknown: ${error.message} ` +
        'Outside of dev, and with expected_account, that ends a run.',
      statements: [],
    })
    return UNKNOWN_ACTOR
  }
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
