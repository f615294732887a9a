/** A rotation by the function: the four steps, as Secrets Manager asks them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { createRotator } from '../../src/lambda/rotation/rotator.ts'
import { ROTATION_STEPS, type RotationStep } from '../../src/lambda/rotation/event.ts'
import { REGION } from './aws.ts'
import type { Bed, Entry, Stack } from './provision.ts'

export const FUNCTION_ARN = `arn:aws:lambda:${REGION}:123456789012:function:rds-provision-rotation`

const Login = v.looseObject({ username: v.string(), password: v.string() })

export interface RotationOptions {
  readonly application?: string
  /** Its login takes turns with its clone. */
  readonly alternates?: boolean
  /** Where its login is tried; default: its database. */
  readonly database?: string
  /** Default: the application's. */
  readonly secretId?: string
  /** In place of the stack's. */
  readonly instance?: Entry
  readonly remainingMs?: number
  readonly env?: Readonly<Record<string, string>>
}

export interface FunctionRotation {
  readonly versionId: string
  /** What the function wrote to its log. */
  readonly log: () => string
  /** @throws Error as the function does */
  readonly step: (step: RotationStep, token?: string) => Promise<void>
  readonly all: () => Promise<void>
  readonly login: (stage: 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS') => { user: string; password: string } | null
  /** Whether the server lets in who has the version with the label. */
  readonly isLetIn: (stage: 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS') => Promise<boolean>
  readonly remove: () => Promise<void>
}

/** What the module gives the function. */
async function declarationFile(stack: Stack, instance: Entry): Promise<{ folder: string; file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-rotation-'))
  const file = join(folder, 'declaration.json')
  await writeFile(file, JSON.stringify({ ...stack.input(), ...instance }))
  return { folder, file }
}

/** Begins a rotation of an application's secret. */
export async function rotateBy(bed: Bed, stack: Stack, options: RotationOptions = {}): Promise<FunctionRotation> {
  const { application = 'app', alternates = false, instance = {}, remainingMs = 60_000, env = {} } = options
  const { folder, file } = await declarationFile(stack, instance)
  const secret = options.secretId ?? stack.secretId(application)
  const versionId = bed.aws.beginRotation(secret)
  let log = ''
  const variables = {
    ...bed.aws.env,
    PGSSLROOTCERT: bed.server.caFile,
    RDS_PROVISION_DECLARATION_FILE: file,
    ...(alternates ? { RDS_PROVISION_ALTERNATING_USERS: application } : {}),
    ...env,
  }
  const rotate = createRotator({ variables, log: (text) => (log += text) })
  const step = async (name: RotationStep, token = versionId): Promise<void> => {
    const event = { Step: name, SecretId: bed.aws.arnOf(secret), ClientRequestToken: token }
    await rotate(event, { invokedFunctionArn: FUNCTION_ARN, getRemainingTimeInMillis: () => remainingMs })
  }
  const login: FunctionRotation['login'] = (stage) => {
    const text = bed.aws.valueOf(secret, stage)
    if (text === null) return null
    const { username, password } = v.parse(Login, JSON.parse(text))
    return { user: username, password }
  }
  return {
    versionId,
    log: () => log,
    step,
    all: async () => {
      for (const name of ROTATION_STEPS) await step(name)
    },
    login,
    isLetIn: async (stage) => {
      const found = login(stage)
      return (
        found !== null &&
        bed.server.canLogin(found.user, found.password, options.database ?? stack.database(application))
      )
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
