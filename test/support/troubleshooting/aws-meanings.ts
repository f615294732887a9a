import type { AwsCode } from '../../../src/model/problem.ts'
import { secret, entry, type Meaning } from './meaning.ts'

export const AWS_MEANINGS: Readonly<Record<AwsCode, Meaning>> = {
  secret_not_found: entry(
    secret,
    ['the secret does not exist (…).'],
    'Secrets Manager knows no secret of this id in the region and account of the run.',
    'Create it, or correct its id, the region or the account.',
  ),
  secret_empty: entry(
    secret,
    ['the secret has no current value (…).'],
    'The secret is there, without a version labelled AWSCURRENT.',
    'Store a value in it.',
  ),
  secret_denied: entry(
    secret,
    ['access to the secret is denied (…).'],
    'The runner may not read it.',
    'Allow `secretsmanager:GetSecretValue` on it: see [What the runner needs](docs/runner.md).',
  ),
  secret_undecryptable: entry(
    secret,
    ['the secret cannot be decrypted (…).'],
    'The runner may not use its key, or the key is disabled.',
    "Allow `kms:Decrypt` on the secret's key, and see that the key is enabled.",
  ),
  secret_pending_deletion: entry(
    secret,
    ['the secret is marked for deletion (…).'],
    'Secrets Manager gives its value to nobody any more.',
    'Restore it (aws secretsmanager restore-secret), or name another.',
  ),
  secret_refused: entry(
    secret,
    ['… (…)'],
    'Secrets Manager refused it with another error, which the message names.',
    'Check the secret and its id.',
  ),
  malformed_secret: entry(
    secret,
    ['the secret is not a JSON object.', 'the secret has no password.', 'the secret is binary.', 'the password …'],
    'The secret is not in the format of RDS, or no client could use its password.',
    'Use `{"username": "…", "password": "…"}`.',
  ),
  secret_of_another_login: entry(
    secret,
    ["the secret is for the user …, the application's login is …."],
    'The username in the secret is not the login of the entry.',
    'Correct `secret_id`, `username`, or the username in the secret.',
  ),
  aws_region_missing: entry(
    secret,
    ['…: ….'],
    'Nothing says in which region to call AWS.',
    'Set `aws_region`, `AWS_REGION`, or the region of the profile.',
  ),
  aws_wrong_region: entry(
    secret,
    ['…: ….'],
    'AWS has no such region, or the endpoint is of another one.',
    'Correct `aws_region`, `AWS_REGION`, the region in the ARN of the secret, or `AWS_ENDPOINT_URL`.',
  ),
  aws_wrong_partition: entry(
    secret,
    [
      'the secret is of the partition …, and the run of …, as its region … says. …',
      'the ARN names the partition …, and … is a region of … (…)',
      '…: … The role is of the partition …, and … is a region of ….',
    ],
    'The regions of China, of GovCloud and all others are partitions: credentials, roles and ARNs of one count in no other.',
    'Name a secret or role of the partition of the run, or run in the other with credentials of it.',
  ),
  aws_credentials: entry(
    secret,
    ['…: ….'],
    'The runner has no credentials for AWS, or they are not valid now.',
    'Give it some (environment, profile, SSO login, role), and check its clock.',
  ),
  aws_profile_missing: entry(
    secret,
    ['there is no profile … in the AWS configuration of the runner.'],
    '`aws_profile` or `AWS_PROFILE` names a profile that is not there; nothing else was tried in its place.',
    'Correct the name, or make the profile in `~/.aws/config` or the file that `AWS_CONFIG_FILE` names.',
  ),
  aws_throttled: entry(secret, ['…: ….'], 'Every retry was throttled.', 'Run again later, or raise the quota.'),
  aws_unreachable: entry(
    secret,
    ['…: ….'],
    'The service did not answer, or failed.',
    'Check the network path to it (endpoint, proxy, VPC endpoint) and run again.',
  ),
  aws_refused: entry(
    secret,
    ['…: ….'],
    'The service refused the call.',
    "Check the runner's permissions, the region and `AWS_ENDPOINT_URL`.",
  ),
  assume_role_denied: entry(
    secret,
    ['…: ….'],
    'The runner may not take the role of `assume_role_arn`.',
    "Allow `sts:AssumeRole` on it, and name the runner in the role's trust policy.",
  ),
  snapshot_failed: entry(
    secret,
    ['the snapshot … is gone.', 'Amazon RDS, …: …: …: …', 'AWS knows neither an instance nor a cluster of the name …'],
    'Amazon RDS did not make the snapshot; without it nothing is dropped.',
    'Look at the instance in the RDS console, correct the cause, and run again.',
  ),
}
