/** Partitions of AWS: no credentials, and no ARN, of one count in another. Pure. */

/**
 * What names of regions begin with, by partition; all others are regions of `aws`.
 * https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 */
const PREFIXES: readonly (readonly [prefix: string, partition: string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['eusc-', 'aws-eusc'],
]

/** The partition that a region, by its name, is in. */
export function partitionOf(region: string): string {
  return PREFIXES.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws'
}

/** The partition that an ARN names; null: it is no ARN. */
export function partitionOfArn(text: string): string | null {
  return /^arn:(aws[a-z-]*):/.exec(text)?.[1] ?? null
}
