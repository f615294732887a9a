/** Where a request may go: the region has to exist, and the keys to be of its partition. */
import { partitionOf } from '../../../src/model/partition.ts'
import { AwsError, type Caller, type Service } from './protocol.ts'

/** What is in keys of an account of another partition than `aws`. */
const MARKS: readonly (readonly [mark: string, partition: string])[] = [
  ['CHINA', 'aws-cn'],
  ['GOV', 'aws-us-gov'],
]

/** What an access key begins with: `AKIA` of a user, `ASIA` of a session. */
export function keyPrefix(kind: 'AKIA' | 'ASIA', partition: string): string {
  return kind + (MARKS.find(([, marked]) => marked === partition)?.[0] ?? '')
}

/** https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html, as far as tests name them. */
const REGION =
  /^(?:us-(?:east|west)-[12]|us-gov-(?:east|west)-1|cn-(?:north|northwest)-1|ca-(?:central|west)-1|sa-east-1|af-south-1|mx-central-1|il-central-1|me-(?:south|central)-1|eu-(?:north-1|(?:west|south|central)-[123])|ap-(?:east-[12]|south-[12]|northeast-[123]|southeast-[1-7]))$/

/** Regions that an account has to enable before its keys are known there, and that this one has not. */
const NOT_ENABLED = new Set(['me-south-1'])

/**
 * All regions are behind one endpoint here. What is no region is refused as a signature for the wrong one is, and keys
 * of another partition, or where the account has not enabled the region, as unknown ones:
 * https://github.com/aws/aws-sdk/issues/648, https://github.com/cognitect-labs/aws-api/issues/27
 * @throws AwsError
 */
export function checkPlace({ namespace }: Service, { accessKeyId, region }: Caller): void {
  const isJson = namespace === null
  if (!REGION.test(region))
    throw new AwsError(
      isJson ? 'InvalidSignatureException' : 'SignatureDoesNotMatch',
      `Credential should be scoped to a valid region, not '${region}'.`,
      isJson ? 400 : 403,
    )
  const own = MARKS.find(([mark]) => accessKeyId.startsWith(mark, 4))?.[1] ?? 'aws'
  if (own !== partitionOf(region) || NOT_ENABLED.has(region))
    throw new AwsError(
      isJson ? 'UnrecognizedClientException' : 'InvalidClientTokenId',
      'The security token included in the request is invalid.',
      isJson ? 400 : 403,
    )
}
