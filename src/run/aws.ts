/** The dependencies that talk to AWS; the SDK itself is loaded at the first call. */
import { createSecretReader } from '../secrets/aws-secret-reader.ts'
import { iamToken } from '../secrets/iam-token.ts'
import { readActor } from '../secrets/identity.ts'
import { createSnapshotClient } from '../snapshot/client.ts'
import type { Dependencies } from './context.ts'
import type { DestroyDependencies } from './destroy/dependencies.ts'

export const awsDependencies: Pick<Dependencies, 'secrets' | 'actor' | 'iamToken'> = {
  secrets: (aws) => createSecretReader(aws),
  actor: (aws) => readActor(aws),
  iamToken: (endpoint, username, aws) => iamToken({ endpoint, username, aws }),
}

export const awsSnapshots: DestroyDependencies['snapshots'] = (aws) => createSnapshotClient(aws)
