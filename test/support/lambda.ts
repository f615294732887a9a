/** A stack whose runs a Lambda function does: the real bundle in a sandbox, beside the server. */
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import type { AuditDocument } from '../../src/model/audit.ts'
import { parseRecord, parseRun } from '../../src/audit/governance/entry.ts'
import type { LambdaFunction } from './aws.ts'
import type { Ended, Launched } from './launch.ts'
import type { Bed, Stack } from './provision.ts'

const BUNDLE = fileURLToPath(new URL('../../terraform-module/dist/rds-provision.mjs', import.meta.url))

/** Refuses connections to a port, so that a process has no way to the server. */
const WALL = fileURLToPath(new URL('./wall.mjs', import.meta.url))

export interface FunctionSettings {
  readonly timeoutMs?: number
  readonly concurrency?: number
  /** Default: everything on the bed's server, for the tests' own caller. */
  readonly permits?: readonly object[]
  readonly env?: Readonly<Record<string, string>>
}

export const CALLER = 'arn:aws:sts::123456789012:assumed-role/deployer/*'

/** What is permitted to whom on the bed's server, unless a test says otherwise. */
export function permitFor(bed: Pick<Bed, 'server'>, given: object = {}): object {
  const { host, port } = bed.server
  return {
    environments: ['dev', 'test', 'staging', 'prod'],
    stacks: ['*'],
    instances: [`${host}:${String(port)}`],
    callers: [CALLER],
    ...given,
  }
}

/** A function of its own, so that tests do not share sandboxes. */
export function putFunction(bed: Pick<Bed, 'server' | 'aws'>, settings: FunctionSettings = {}): LambdaFunction {
  const { permits = [permitFor(bed)], env = {}, ...limits } = settings
  return bed.aws.putFunction(`rds-provision-${randomUUID().slice(0, 8)}`, {
    file: BUNDLE,
    handler: 'handler',
    env: { RDS_PROVISION_PERMITS: JSON.stringify(permits), ...env },
    ...limits,
  })
}

/** The environment of a runner whose only ways out are Lambda and STS. */
export function walledEnv(bed: Pick<Bed, 'server'>): Readonly<Record<string, string>> {
  const dead = 'http://127.0.0.1:9'
  return {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: dead,
    AWS_ENDPOINT_URL_RDS: dead,
    NODE_OPTIONS: `--import=${WALL}`,
    WALLED_PORT: String(bed.server.port),
  }
}

/** The command, as Terraform runs it, with `--runner`. */
export function launchThrough(
  bed: Pick<Bed, 'server'>,
  stack: Stack,
  made: LambdaFunction,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Launched {
  return stack.launch([...args, '--runner', made.arn], { ...walledEnv(bed), ...env })
}

const Run = v.looseObject({ type: v.literal('run') })

/** The audit that JSON lines tell. @throws Error where there is none */
export function auditOf({ stdout, stderr }: Ended): Pick<AuditDocument, 'run' | 'records'> {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  const values = lines.map((line): unknown => JSON.parse(line))
  const records = values.flatMap((value) => parseRecord(value).value ?? [])
  const { value: run, problem } = parseRun(values.find((value) => v.is(Run, value)))
  if (run === null) throw new Error(`${problem}\n${stdout}\n${stderr}`)
  return { run, records }
}
