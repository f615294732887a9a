import type { Endpoint } from '../model/declaration.ts'
import { regionOfHost } from '../model/rds-host.ts'
import { Secret } from '../model/secret.ts'
import type { AwsAccess } from './aws-access.ts'
import { toAwsError, toAwsFailure } from './aws-failure.ts'
import { CALL_LIMITS, clientConfig, withinLimit } from './client-config.ts'
import type { CallLimits } from './client-config.ts'

/** For whom a token is made: the instance itself, never a tunnel's end, since the host is part of the signature. */
export interface TokenRequest {
  readonly endpoint: Endpoint
  readonly username: string
  readonly aws: AwsAccess
}

/**
 * Makes an IAM login token, good for 15 minutes:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.html
 * Signed here with the runner's credentials; only fetching those may use the network. Throws one AwsError.
 */
export async function iamToken(
  { endpoint, username, aws }: TokenRequest,
  limits: CallLimits = CALL_LIMITS,
): Promise<Secret> {
  const [{ Signer }, { region, credentials }] = await Promise.all([
    import('@aws-sdk/rds-signer'),
    clientConfig(aws, limits),
  ])
  try {
    const signer = new Signer({
      hostname: endpoint.host,
      port: endpoint.port,
      username,
      ...regionFor(endpoint.host, region),
      ...(credentials === undefined ? {} : { credentials }),
    })
    return new Secret(await withinLimit(limits, () => signer.getAuthToken()))
  } catch (error) {
    throw toAwsError(toAwsFailure(error, null), 'IAM login token')
  }
}

/**
 * A token is good in the region of its host alone. Another name (a CNAME) does not tell it, so the declared one counts.
 */
function regionFor(host: string, declared: string | undefined): { readonly region?: string } {
  const region = regionOfHost(host) ?? declared
  return region === undefined ? {} : { region }
}
