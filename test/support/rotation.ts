/**
 * AWS's rotation functions for RDS PostgreSQL, in small: what the templates SecretsManagerRDSPostgreSQLRotationSingleUser and
 * …RotationMultiUser do in their four steps.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
import { randomBytes, randomUUID } from 'node:crypto'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import pg from 'pg'
import * as v from 'valibot'
import { type Aws, REGION } from './aws.ts'
import type { Login, Server } from './postgres.ts'

export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
export type RotationStep = (typeof STEPS)[number]

type Stage = 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS'

/** One rotation of one secret. */
export interface Rotation {
  /** Runs one step; each may be run again. Throws where the function would fail. */
  run(step: RotationStep): Promise<void>
  /** The login of a version; null where no version has the label. */
  login(stage: Stage): Promise<Login | null>
}

const Format = v.looseObject({ username: v.string(), password: v.string() })
type Content = v.InferOutput<typeof Format>

/**
 * Begins a rotation of a secret, whose steps the caller then runs.
 * @param superuser null: the login changes its own password (single user). Else the login that changes that of the other of
 *   two users, and makes it and gives it the first one's rights where it is not there yet (alternating users).
 */
export function beginRotation(aws: Aws, server: Server, secretId: string, superuser: Login | null): Rotation {
  const client = new SecretsManagerClient({
    endpoint: aws.endpoint,
    region: REGION,
    credentials: { accessKeyId: 'AKIAROTATION', secretAccessKey: 'test' },
  })
  const token = randomUUID()

  async function find(stage: Stage): Promise<Content | null> {
    try {
      const { SecretString = '' } = await client.send(
        new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage }),
      )
      return v.parse(Format, JSON.parse(SecretString))
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return null
      throw error
    }
  }

  async function get(stage: Stage): Promise<Content> {
    const content = await find(stage)
    if (content === null) throw new Error(`The secret has no ${stage}.`)
    return content
  }

  async function stagesByVersion(): Promise<Readonly<Record<string, readonly string[]>>> {
    const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId: secretId }))
    return VersionIdsToStages
  }

  const steps: Readonly<Record<RotationStep, () => Promise<void>>> = {
    async createSecret() {
      if (token in (await stagesByVersion())) return
      const current = await get('AWSCURRENT')
      const username = superuser === null ? current.username : otherUser(current.username)
      const SecretString = JSON.stringify({ ...current, username, password: `Rot_${randomBytes(12).toString('hex')}` })
      await client.send(
        new PutSecretValueCommand({
          SecretId: secretId,
          ClientRequestToken: token,
          SecretString,
          VersionStages: ['AWSPENDING'],
        }),
      )
    },
    async setSecret() {
      const [pending, current] = [await get('AWSPENDING'), await get('AWSCURRENT')]
      if (await canLogIn(server, pending)) return
      if (superuser === null) await setByItself(server, pending, [current, await find('AWSPREVIOUS')])
      else await setByOther(server, superuser, current, pending)
    },
    async testSecret() {
      await execute(server, loginOf(await get('AWSPENDING')), 'SELECT now()')
    },
    async finishSecret() {
      const versions = await stagesByVersion()
      const current = Object.keys(versions).find((id) => versions[id]?.includes('AWSCURRENT') === true)
      if (current === token || current === undefined) return
      await client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretId,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: token,
          RemoveFromVersionId: current,
        }),
      )
    },
  }
  return {
    run: (step) => steps[step](),
    login: async (stage) => {
      const content = await find(stage)
      return content === null ? null : loginOf(content)
    },
  }
}

function loginOf({ username, password }: Content): Login {
  return { user: username, password }
}

function otherUser(username: string): string {
  return username.endsWith('_clone') ? username.slice(0, -'_clone'.length) : `${username}_clone`
}

/** With whichever of the known passwords still works. */
async function setByItself(server: Server, pending: Content, known: readonly (Content | null)[]): Promise<void> {
  for (const content of known) {
    if (content === null || !(await canLogIn(server, content))) continue
    await execute(server, loginOf(content), alterPassword(pending))
    return
  }
  throw new Error('Unable to log into database with previous, current, or pending secret.')
}

async function setByOther(server: Server, superuser: Login, current: Content, pending: Content): Promise<void> {
  if (!(await canLogIn(server, current))) throw new Error('Unable to log into database using current credentials.')
  const known = await execute(
    server,
    superuser,
    `SELECT FROM pg_roles WHERE rolname = ${pg.escapeLiteral(pending.username)}`,
  )
  if (known > 0) {
    await execute(server, superuser, alterPassword(pending))
    return
  }
  const role = pg.escapeIdentifier(pending.username)
  await execute(server, superuser, `CREATE ROLE ${role} WITH LOGIN PASSWORD ${pg.escapeLiteral(pending.password)}`)
  await execute(server, superuser, `GRANT ${pg.escapeIdentifier(current.username)} TO ${role}`)
}

function alterPassword({ username, password }: Content): string {
  return `ALTER USER ${pg.escapeIdentifier(username)} WITH PASSWORD ${pg.escapeLiteral(password)}`
}

async function canLogIn(server: Server, { username, password }: Content): Promise<boolean> {
  return server.canLogin(username, password)
}

/** @returns how many rows */
async function execute(server: Server, login: Login, statement: string): Promise<number> {
  const client = await server.connect({ ...login, database: 'postgres' })
  try {
    return (await client.query(statement)).rows.length
  } finally {
    await client.end()
  }
}
