/** The master's secret and login, for the two things that a run asks of it (src/README.md: Delegated admin). */
import { AwsError, BlockedError, ConnectionError } from '../../errors.ts'
import { checkSameLogin } from '../../guardrails/bootstrap.ts'
import { checkReservedNames } from '../../guardrails/names.ts'
import { type AdminCredential, type Connections, loginTo } from '../../server/connections.ts'
import { ConnectFailure } from '../../server/failure.ts'
import type { RunContext } from '../context.ts'
import type { Setbacks } from '../end/setbacks.ts'
import { toConnectionError } from './connection-error.ts'
import { masterLogin } from './credentials.ts'

/**
 * Reads `master_secret_id`, which must be there.
 * @param admin the delegated admin's login
 * @throws AwsError; BlockedError where the master is the admin, or an application is called as it is
 */
export async function readMaster(
  { declaration, secrets }: Pick<RunContext, 'declaration' | 'secrets'>,
  admin: string,
): Promise<AdminCredential> {
  const id = declaration.masterSecretId
  if (id === null) throw new TypeError('there is no secret of the master')
  const { credentials, problems } = await secrets.readCurrent([id])
  const credential = credentials.get(id)
  if (credential === undefined) throw new AwsError([...problems.values()])
  const user = masterLogin(id, credential)
  const refused = [...checkSameLogin(user, admin), ...checkReservedNames(declaration, user)]
  if (refused.length > 0) throw new BlockedError(refused)
  return { user, password: async () => Promise.resolve(credential.password), isToken: false }
}

/**
 * Before the first change: the master that extensions wait for can log in. Where it may not connect to that database,
 * its password was accepted.
 * @throws ConnectionError; ConnectFailure where waiting can help
 */
export async function assertMasterLogsIn(
  { declaration }: Pick<RunContext, 'declaration'>,
  server: Connections,
  { visitor }: Pick<Setbacks, 'visitor'>,
): Promise<void> {
  if (visitor === null || visitor.isProven) return
  const started = Date.now()
  try {
    await server.withSession(await loginTo(declaration.instance.database, visitor.credential), async () =>
      Promise.resolve(),
    )
  } catch (error) {
    if (!(error instanceof ConnectFailure) || error.passing) throw error
    if (error.kind !== 'after_authentication')
      throw asMaster(toConnectionError(error, declaration, visitor.credential.user, Date.now() - started))
  }
  visitor.isProven = true
}

function asMaster(told: ConnectionError): ConnectionError {
  const remedy =
    'The master, which makes extensions that the delegated admin may not, cannot log in: check master_secret_id.'
  const isPassword = ({ code }: { readonly code: string }): boolean => code === 'wrong_password'
  return new ConnectionError(
    told.problems.map((problem) => (isPassword(problem) ? { ...problem, remedy } : problem)),
    { cause: told },
  )
}
