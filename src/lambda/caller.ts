/**
 * Who asks, as AWS says it: a GetCallerIdentity that the caller has signed for this one request to this one function,
 * and that the function sends (src/README.md: The function). What both sides have to agree on. Pure.
 */
import { createHash } from 'node:crypto'

/** `x-…-function` binds the signature to one function, `x-…-request` to the bytes of one request. */
export const FUNCTION_HEADER = 'x-rds-provision-function'
export const REQUEST_HEADER = 'x-rds-provision-request'

export const IDENTITY_QUERY = 'Action=GetCallerIdentity&Version=2011-06-15'

/** Name, region and account, without version or alias. */
export interface FunctionPlace {
  readonly arn: string
  readonly region: string
  readonly partition: string
  readonly name: string
}

const ARN = /^(arn:(aws[a-z-]*):lambda:([a-z0-9-]+):\d{12}:function:([A-Za-z0-9_-]+))(?::[^:]+)?$/

/** @returns null: it is no ARN of a function. */
export function placeOfFunction(text: string): FunctionPlace | null {
  const [, arn, partition, region, name] = ARN.exec(text) ?? []
  if (arn === undefined || region === undefined || partition === undefined || name === undefined) return null
  return { arn, region, partition, name }
}

/**
 * The regional endpoint of STS, in the function's own region: nothing of it comes from the caller.
 * https://docs.aws.amazon.com/general/latest/gr/sts.html
 */
export function hostOfSts({ region, partition }: FunctionPlace): string {
  return `sts.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`
}

/** What is signed, besides the date and the token; the function makes the same from what it knows by itself. */
export function identityHeaders(place: FunctionPlace, request: string): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/x-www-form-urlencoded',
    host: hostOfSts(place),
    'x-amz-content-sha256': sha256(IDENTITY_QUERY),
    [FUNCTION_HEADER]: place.arn,
    [REQUEST_HEADER]: sha256(request),
  }
}

/** All of them have to be signed, and no other: what is not signed binds nobody. */
export function signedHeaders(hasToken: boolean): string {
  const token = hasToken ? ['x-amz-security-token'] : []
  return ['content-type', 'host', 'x-amz-content-sha256', 'x-amz-date', ...token, FUNCTION_HEADER, REQUEST_HEADER].join(
    ';',
  )
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
