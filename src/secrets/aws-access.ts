/** What every call to AWS is made with. Types only. */
import type { Agent } from 'node:http'
import type { AwsEnvironment } from '../model/aws-environment.ts'
import type { AwsSettings } from '../model/declaration.ts'

/** What the declaration says of AWS, and the environment of the process where it is known. */
export type AwsAccess = Pick<AwsSettings, 'region' | 'profile' | 'assumeRoleArn' | 'externalId'> & {
  readonly environment?: AwsEnvironment
}

/** Options of the SDK's own handler of requests. */
export interface RequestHandler {
  readonly connectionTimeout: number
  readonly requestTimeout: number
  readonly throwOnRequestTimeout: true
  readonly httpAgent?: Agent
  readonly httpsAgent?: Agent
}
