/** What Secrets Manager asks of a rotation function, and whose secret it is about. Pure. */
import * as v from 'valibot'
import { BlockedError } from '../../errors.ts'
import { violation } from '../../guardrails/violation.ts'
import type { Application, Declaration } from '../../model/declaration.ts'
import { ownLogins } from '../../model/logins.ts'
import type { FunctionPlace } from '../caller.ts'

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html */
export const ROTATION_STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
export type RotationStep = (typeof ROTATION_STEPS)[number]

const EVENT = v.object({
  Step: v.picklist(ROTATION_STEPS),
  /** The whole ARN. */
  SecretId: v.string(),
  /** Id of the version that the rotation makes. */
  ClientRequestToken: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{32,64}$/)),
  /** Where the function works in another account's name. */
  RotationToken: v.nullish(v.string(), null),
})

export interface RotationEvent {
  readonly step: RotationStep
  readonly secretArn: string
  readonly versionId: string
  readonly rotationToken: string | null
}

/** @throws BlockedError where it is no event of a rotation */
export function parseRotationEvent(event: unknown): RotationEvent {
  const parsed = v.safeParse(EVENT, event)
  if (!parsed.success) {
    const where = v.getDotPath(parsed.issues[0]) ?? 'event'
    throw new BlockedError([
      violation(
        null,
        'rotation',
        `this is no event of a rotation by Secrets Manager: ${where} is missing, or is not what it should be.`,
        'Let Secrets Manager alone invoke the function, as the rotation function of a secret.',
      ),
    ])
  }
  const { Step, SecretId, ClientRequestToken, RotationToken } = parsed.output
  return { step: Step, secretArn: SecretId, versionId: ClientRequestToken, rotationToken: RotationToken }
}

/**
 * The login whose password is in the secret.
 * @param place of the function: a name among the secrets' ids is one of its account and region
 * @throws BlockedError where the function's declaration has none
 */
export function loginOfSecret(declaration: Declaration, place: FunctionPlace, secretArn: string): Application {
  const isAdmins = declaration.admin.secretId !== null && isSecret(declaration.admin.secretId, place, secretArn)
  const login = ownLogins(declaration).find(
    ({ auth, canLogin, secretId }) => auth === 'password' && canLogin && isSecret(secretId, place, secretArn),
  )
  if (login !== undefined && !isAdmins) return login
  throw new BlockedError([
    violation(
      null,
      'rotation',
      `${secretArn} is the secret of no login that this function rotates.`,
      "Declare it as the secret of a login with a password, and apply modules/lambda-runner; the delegated admin's is not among them.",
    ),
  ])
}

/** Whether an id, a name or an ARN with or without the six characters that AWS adds, is that of a secret. */
function isSecret(id: string, { arn, region, partition }: FunctionPlace, secretArn: string): boolean {
  const account = arn.split(':')[4] ?? ''
  const whole = id.startsWith('arn:') ? id : `arn:${partition}:secretsmanager:${region}:${account}:secret:${id}`
  return whole === secretArn || (secretArn.startsWith(`${whole}-`) && secretArn.length === whole.length + 7)
}
