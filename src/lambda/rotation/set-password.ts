/** The second step of a rotation: the pending password becomes the server's, under the lock that every apply takes. */
import type { Recorder } from '../../audit/recorder.ts'
import { ApplyError, BlockedError } from '../../errors.ts'
import { execute } from '../../execute/execute.ts'
import { checkRotation } from '../../guardrails/rotation.ts'
import type { LoginState } from '../../model/catalog.ts'
import type { Credential } from '../../model/credential.ts'
import type { Application, Declaration } from '../../model/declaration.ts'
import type { RunIdentity } from '../../model/run.ts'
import { planRotation } from '../../plan/rotation.ts'
import { readCredentials } from '../../run/connection/credentials.ts'
import { openLockedOrBootstrap, openUnlocked } from '../../run/connection/open.ts'
import type { Dependencies, RunContext } from '../../run/context.ts'
import { assertApplied, assertNotInterrupted, recordUnknown } from '../../run/outcome.ts'
import { scramVerifier } from '../../secrets/verifier.ts'
import type { Connections } from '../../server/connections.ts'
import { inspectCluster } from '../../server/inspect-cluster.ts'
import { checkLogin } from '../../server/login.ts'

export interface PasswordRun {
  readonly declaration: Declaration
  readonly identity: RunIdentity
  readonly dependencies: Dependencies
  readonly recorder: Recorder
  readonly application: Application
  readonly pending: Credential
  /** The login, or its clone. */
  readonly user: string
}

/** Nobody but the login itself; the master makes no admin here. */
function contextOf({ declaration, application, identity, dependencies, recorder }: PasswordRun): RunContext {
  const own: Declaration = {
    ...declaration,
    masterSecretId: null,
    prepareMajorUpgrade: false,
    applications: [application],
    databases: declaration.databases
      .filter(({ name }) => name === application.database)
      .map((database) => ({ ...database, extensions: [], encoding: null, locale: null })),
  }
  const secrets = dependencies.secrets(declaration.aws)
  return { declaration: own, identity, dependencies, recorder, secrets }
}

async function withServer<T>(
  run: PasswordRun,
  open: typeof openUnlocked,
  use: (context: RunContext, server: Connections) => Promise<T>,
): Promise<T> {
  const context = contextOf(run)
  const { admin } = await readCredentials(context.secrets, { ...context.declaration, applications: [], databases: [] })
  const server = await open(context, admin)
  try {
    run.recorder.setServer(server.admin)
    return await use(context, server)
  } finally {
    await server.close()
  }
}

/**
 * Sets the pending password where it does not log in yet, as a verifier, and proves it by logging in.
 * @throws ProvisionError where something stands in the way, or it could not be done
 */
export async function setPendingPassword(run: PasswordRun): Promise<void> {
  await withServer(run, openLockedOrBootstrap, async (context, server) => {
    const { application, user, pending } = run
    const cluster = await inspectCluster(server.admin, context.declaration)
    const now = context.dependencies.now()
    const blocked = checkRotation(context.declaration, { application, user, now }, cluster)
    if (blocked.length > 0) throw new BlockedError(blocked)
    const before = cluster.roles.has(user) ? await tryPending(run, server) : { kind: 'password_wrong' as const }
    if (before.kind !== 'password_wrong' && before.kind !== 'password_right') throw unproven(run, before)
    assertNotInterrupted(context.dependencies.signal)
    const verifier = before.kind === 'password_right' ? null : await scramVerifier(pending.password)
    const plan = planRotation(cluster, { application, user, versionId: pending.versionId, verifier })
    const { maxConnections } = context.declaration
    const record: Recorder['record'] = (draft) => {
      run.recorder.record(draft)
    }
    const execution = await execute(server, plan, { ...context.dependencies, waits: { ms: 0 }, maxConnections, record })
    recordUnknown(record, execution.unknown.flat())
    if (execution.lost !== null) throw execution.lost
    assertApplied(context, execution, () => false)
    const after = await tryPending(run, server)
    if (after.kind !== 'password_right') throw unproven(run, after)
    recordProven(run)
  })
}

/** @throws ApplyError where the pending password does not log in */
export async function testPendingPassword(run: PasswordRun): Promise<void> {
  await withServer(run, openUnlocked, async (_context, server) => {
    const state = await tryPending(run, server)
    if (state.kind !== 'password_right') throw unproven(run, state)
    recordProven(run)
  })
}

/** In the database that the application works in: there it has to work. */
async function tryPending({ application, pending }: PasswordRun, server: Connections): Promise<LoginState> {
  const place = application.database ?? server.admin.database
  const nobody = () => Promise.resolve(null)
  const question = { application, place, isExpired: false }
  const { state } = await checkLogin(server, { pending: nobody, current: nobody }, question, pending, null)
  return state
}

function recordProven({ recorder, application, user, pending }: PasswordRun): void {
  recorder.record({
    application: application.name,
    database: application.database,
    username: user,
    object: 'password',
    action: 'verify',
    status: 'no_change',
    durationMs: 0,
    message: `${user} logs in with secret version ${pending.versionId}`,
    statements: [],
  })
}

function unproven({ application, user, pending }: PasswordRun, state: LoginState): ApplyError {
  return new ApplyError([
    {
      application: application.name,
      code: 'not_converged',
      field: application.secretId,
      message: `${user} does not log in with secret version ${pending.versionId}: ${REASONS[state.kind]}${'reason' in state ? ` (${state.reason})` : ''}.`,
      remedy: 'The password that was current goes on; correct the cause, and rotate again.',
    },
  ])
}

const REASONS: Readonly<Record<LoginState['kind'], string>> = {
  password_right: 'it does',
  password_wrong: 'the server refuses the password',
  other_method: 'the server asks for another way to log in, as for members of rds_iam',
  unproven: 'the server was not proven',
  refused: 'the server refuses the login before a password',
  expired: 'its time is over',
  rotation_in_progress: 'another version does',
  not_tried: 'it was not tried',
  proven_before: 'it was not asked',
}
