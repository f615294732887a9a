/**
 * The four steps of a rotation, each of which may come twice, and again after it was cut off:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
import { AwsError, BlockedError } from '../../errors.ts'
import { violation } from '../../guardrails/violation.ts'
import type { Problem } from '../../model/problem.ts'
import type { RotatingSecret, RotationState } from '../../secrets/rotating-secret.ts'
import type { SecretVersion } from '../../secrets/parse-credential.ts'
import type { RotationEvent } from './event.ts'
import { assertNextUser, credentialOf, nextContent, nextUser } from './next-secret.ts'
import { type PasswordRun, setPendingPassword, testPendingPassword } from './set-password.ts'

export interface StepRun extends Omit<PasswordRun, 'pending' | 'user'> {
  readonly event: RotationEvent
  readonly secret: RotatingSecret
  /** Whether the login and its clone take turns. */
  readonly alternates: boolean
}

/** @throws ProvisionError where the step was not done */
export async function runStep(run: StepRun): Promise<void> {
  const state = await run.secret.describe()
  const version = versionOf(state, run)
  // As far as this version is concerned, the rotation is over.
  if (version === 'current') {
    note(run, 'no_change', `version ${run.event.versionId} is current already`)
    return
  }
  switch (run.event.step) {
    case 'createSecret':
      return createPending(run)
    case 'setSecret':
      return setPendingPassword({ ...run, ...(await pendingOf(run)) })
    case 'testSecret':
      return testPendingPassword({ ...run, ...(await pendingOf(run)) })
    case 'finishSecret':
      return finish(run, state)
  }
}

/** @throws BlockedError where Secrets Manager has not begun a rotation to this version */
function versionOf({ isEnabled, stages }: RotationState, run: StepRun): 'current' | 'pending' {
  const { versionId } = run.event
  const labels = stages.get(versionId)
  if (!isEnabled) throw refused(run, 'the secret has no rotation')
  if (labels === undefined) throw refused(run, `the secret has no version ${versionId}`)
  if (labels.includes('AWSCURRENT')) return 'current'
  if (!labels.includes('AWSPENDING')) throw refused(run, `version ${versionId} is not the one that is pending`)
  return 'pending'
}

function refused({ application }: StepRun, why: string): BlockedError {
  const remedy = 'Let Secrets Manager rotate the secret (aws secretsmanager rotate-secret); it calls each step itself.'
  return new BlockedError([violation(application, 'rotation', `${why}: nothing was done.`, remedy)])
}

async function createPending(run: StepRun): Promise<void> {
  const { secret, event, application, alternates } = run
  const { versionId, secretArn, rotationToken } = event
  if ((await secret.read(versionId, 'AWSPENDING')) !== null) {
    await pendingOf(run)
    note(run, 'no_change', `version ${versionId} is there already`)
    return
  }
  const current = await currentOf(run)
  const user = nextUser(application, credentialOf(secretArn, current), alternates)
  const isOurs = await secret.putPending(versionId, nextContent(current, user), rotationToken)
  // The same step may run twice at once: whichever came first has made the password.
  if (!isOurs) await pendingOf(run)
  note(run, isOurs ? 'created' : 'no_change', `version ${versionId} has a new password for ${user}`)
}

async function pendingOf(run: StepRun): Promise<Pick<PasswordRun, 'pending' | 'user'>> {
  const { secret, event, application, alternates } = run
  const { versionId, secretArn } = event
  const version = await secret.read(versionId, 'AWSPENDING')
  if (version === null) throw new AwsError([noVersion(run, 'AWSPENDING')])
  const pending = credentialOf(secretArn, version)
  const user = nextUser(application, credentialOf(secretArn, await currentOf(run)), alternates)
  assertNextUser(application, pending, user)
  return { pending: { ...pending, username: user }, user }
}

async function currentOf(run: StepRun): Promise<SecretVersion> {
  const version = await run.secret.read(null, 'AWSCURRENT')
  if (version === null) throw new AwsError([noVersion(run, 'AWSCURRENT')])
  return version
}

function noVersion({ application, event: { secretArn } }: StepRun, label: string): Problem {
  return {
    application: application.name,
    code: 'secret_empty',
    field: secretArn,
    message: `the secret has no value that is ${label}.`,
    remedy: 'Store one in it, and rotate it again.',
  }
}

/** The server has had the password since the second step, so nobody is shut out by the label that moves. */
async function finish(run: StepRun, { stages }: RotationState): Promise<void> {
  const { secret, event, application } = run
  const [former] = [...stages].find(([, labels]) => labels.includes('AWSCURRENT')) ?? []
  if (former === undefined) throw new AwsError([noVersion(run, 'AWSCURRENT')])
  await secret.makeCurrent(event.versionId, former)
  note(run, 'updated', `version ${event.versionId} of the secret of ${application.username} is current`)
}

function note(
  { recorder, application, event }: StepRun,
  status: 'created' | 'updated' | 'no_change',
  what: string,
): void {
  recorder.record({
    application: application.name,
    database: application.database,
    username: application.username,
    object: 'password',
    action: ACTIONS[event.step],
    status,
    durationMs: 0,
    message: what,
    statements: [],
  })
}

const ACTIONS = {
  createSecret: 'create_version',
  setSecret: 'rotate',
  testSecret: 'verify',
  finishSecret: 'finish_rotation',
} as const
