/** Which credentials a run has, where the SDK's own order does not do. */
import type { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { AwsError } from '../errors.ts'
import { NO_AWS_ENVIRONMENT } from '../model/aws-environment.ts'
import type { AwsAccess, RequestHandler } from './aws-access.ts'

export type CredentialProvider = ReturnType<typeof fromTemporaryCredentials>

/**
 * The credentials of a run; null: as the SDK finds them by itself. A role is assumed with those that the rest says.
 * @param requestHandler for the calls that credentials need (STS, SSO); instance metadata and containers are asked by
 *   the SDK without it, and so without a proxy.
 * @throws AwsError for a profile that does not exist.
 */
export async function credentialsOf(
  access: AwsAccess,
  requestHandler: RequestHandler,
): Promise<CredentialProvider | null> {
  const source = await sourceOf(access, requestHandler)
  const { region, assumeRoleArn, externalId } = access
  if (assumeRoleArn === null) return source
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers')
  const assume = fromTemporaryCredentials({
    params: {
      RoleArn: assumeRoleArn,
      RoleSessionName: 'rds-provision',
      ...(externalId === null ? {} : { ExternalId: externalId }),
    },
    ...(source === null ? {} : { masterCredentials: source }),
    clientConfig: { requestHandler, ...(region === null ? {} : { region }) },
  })
  return (...args) => assume(...args).catch((error: unknown) => Promise.reject(failedToAssume(error, assumeRoleArn)))
}

/** The SDK throws it as the failure of whatever call needed the credentials. */
function failedToAssume(error: unknown, assumedRole: string): Error {
  return Object.assign(error instanceof Error ? error : new Error(String(error)), { assumedRole })
}

/**
 * A declared profile is the only source. Else keys in the environment go before AWS_PROFILE, as in the AWS CLI; the
 * SDK would take the profile:
 * https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-authentication.html#cli-chap-authentication-precedence
 */
async function sourceOf(
  { profile, environment = NO_AWS_ENVIRONMENT }: AwsAccess,
  requestHandler: RequestHandler,
): Promise<CredentialProvider | null> {
  const clientConfig = { requestHandler }
  if (profile !== null) {
    await assertProfile(profile, 'aws_profile')
    const { fromIni } = await import('@aws-sdk/credential-providers')
    return fromIni({ profile, clientConfig })
  }
  if (environment.profile !== null && environment.hasKeys) {
    const { fromEnv } = await import('@aws-sdk/credential-providers')
    return fromEnv()
  }
  if (environment.profile !== null) await assertProfile(environment.profile, 'AWS_PROFILE')
  if (environment.hasKeys || (requestHandler.httpAgent ?? requestHandler.httpsAgent) === undefined) return null
  // The SDK's own chain gives its way to the endpoints on to STS, and not to SSO.
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
  return fromNodeProviderChain({ clientConfig })
}

/** The SDK would go on to the instance's credentials. `default` need not be there, as for every program of AWS. */
async function assertProfile(profile: string, field: 'aws_profile' | 'AWS_PROFILE'): Promise<void> {
  if (profile === 'default') return
  const { loadSharedConfigFiles } = await import('@smithy/core/config')
  const { configFile, credentialsFile } = await loadSharedConfigFiles()
  if (Object.hasOwn(configFile, profile) || Object.hasOwn(credentialsFile, profile)) return
  throw new AwsError([
    {
      application: null,
      code: 'aws_profile_missing',
      field,
      message: `there is no profile ${JSON.stringify(profile)} in the AWS configuration of the runner.`,
      remedy: 'Correct the name, or make the profile in the files that AWS_CONFIG_FILE or ~/.aws/config name.',
    },
  ])
}
