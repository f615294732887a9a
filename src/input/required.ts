/** Which fields of the input have to be there, alone or beside others. Pure. */
import type { AuthMethod, Environment } from '../model/declaration.ts'
import { ENVIRONMENTS } from '../model/declaration.ts'
import type { Problem } from '../model/problem.ts'

interface RequiredFields {
  readonly environment?: Environment | null | undefined
  readonly admin_auth: AuthMethod
  readonly admin_secret_id: string | null
  readonly master_secret_id: string | null
  readonly prepare_major_upgrade: boolean
}

/**
 * Fields without a default, apart from the instance, which sees to its own; and those that need one another.
 * @param broken fields that have a problem already
 */
export function requiredProblems(top: RequiredFields, broken: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = []
  if ((top.environment ?? null) === null && !broken.has('environment')) {
    problems.push({
      application: null,
      code: 'missing_value',
      field: 'environment',
      message: 'is missing.',
      remedy: `Use one of ${ENVIRONMENTS.join(', ')}.`,
    })
  }
  if (
    top.admin_auth === 'password' &&
    top.admin_secret_id === null &&
    !broken.has('admin_secret_id') &&
    !broken.has('admin_auth')
  ) {
    problems.push({
      application: null,
      code: 'missing_value',
      field: 'admin_secret_id',
      message: 'is missing.',
      remedy: 'Name the secret of the delegated admin, or set admin_auth = "iam".',
    })
  }
  if (top.prepare_major_upgrade && top.master_secret_id === null && !broken.has('master_secret_id')) {
    problems.push({
      application: null,
      code: 'missing_value',
      field: 'master_secret_id',
      message: 'is missing: prepare_major_upgrade is set, and after the upgrade the master gives the admin its rights.',
      remedy: 'Name the secret of the RDS master user, or take prepare_major_upgrade out.',
    })
  }
  if (top.master_secret_id !== null && top.master_secret_id === top.admin_secret_id) {
    problems.push({
      application: null,
      code: 'invalid_value',
      field: 'master_secret_id',
      message: 'is the secret of the delegated admin, which is to be another login than the master.',
      remedy: 'Give the delegated admin a secret of its own; master_secret_id is only for creating or repairing it.',
    })
  }
  return problems
}
