/** The dependencies that talk to AWS; the SDK itself is loaded at the first call. */
import { type AwsEnvironment, NO_AWS_ENVIRONMENT } from '../model/aws-environment.ts'
import { createSecretReader } from '../secrets/aws-secret-reader.ts'
import { iamToken } from '../secrets/iam-token.ts'
import { readActor } from '../secrets/identity.ts'
import { createSnapshotClient } from '../snapshot/client.ts'
import type { Dependencies } from './context.ts'

/** @param environment what the process's environment says of the way to AWS, beside what the SDK finds by itself. */
export function awsDependencies(
  environment: AwsEnvironment = NO_AWS_ENVIRONMENT,
): Pick<Dependencies, 'secrets' | 'actor' | 'iamToken' | 'snapshots'> {
  return {
    secrets: (aws) => createSecretReader({ ...aws, environment }),
    actor: (aws) => readActor({ ...aws, environment }),
    iamToken: (endpoint, username, aws) => iamToken({ endpoint, username, aws: { ...aws, environment } }),
    snapshots: (aws) => createSnapshotClient({ ...aws, environment }),
  }
}
