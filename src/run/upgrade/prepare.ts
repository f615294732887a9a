/** `prepare-upgrade`: what an apply with `prepare_major_upgrade` does for an upgrade, and nothing else. */
import { governanceOf, type RunResult } from '../../audit/result.ts'
import { ApplyError, BlockedError, InvalidInputError } from '../../errors.ts'
import { execute } from '../../execute/execute.ts'
import { checkRequest } from '../../guardrails/request.ts'
import { checkUpgrade } from '../../guardrails/upgrade.ts'
import type { RecordDraft } from '../../model/audit.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { RunIdentity } from '../../model/run.ts'
import { planSteps, type Plan } from '../../model/step.ts'
import { planPreparation } from '../../plan/upgrade.ts'
import type { Connections } from '../../server/connections.ts'
import { inspectCluster } from '../../server/inspect-cluster.ts'
import { assertReserved, readActorAndCredentials } from '../connection/credentials.ts'
import { openLockedOrBootstrap } from '../connection/open.ts'
import type { Dependencies, RunContext } from '../context.ts'
import { recordRun } from '../end/record-run.ts'
import { assertApplied, assertNotInterrupted, recordFindings, recordUnknown } from '../outcome.ts'

/** A preparation, a look that finds it done, and one more for a server that moves meanwhile. */
const MAX_ROUNDS = 3

/**
 * Prepares a major upgrade from below 16 for all managed roles of the instance (src/README.md: Major upgrades). No
 * application is looked at, and no secret of one is read.
 * @returns the audit, whatever the outcome; `document.run.exit_code` is the exit code (src/README.md: Exit codes).
 * @throws only what is a defect of this program.
 */
export async function prepareUpgrade(
  declaration: Declaration,
  identity: RunIdentity,
  dependencies: Dependencies,
): Promise<RunResult> {
  const bare: Declaration = { ...declaration, prepareMajorUpgrade: true, applications: [], databases: [] }
  const options = { declaration: bare, identity, dependencies, concerned: bare, recordsOf: () => [] }
  const { document, problems } = await recordRun(options, async (recorder) => {
    assertAllowed(declaration, identity)
    const context = { ...options, secrets: dependencies.secrets(declaration.aws), recorder }
    const { admin, master } = await readActorAndCredentials(context, bare)
    assertReserved(declaration, { admin })
    const server = await openLockedOrBootstrap(context, admin)
    try {
      recorder.setServer(server.admin)
      await prepareInRounds(context, server, declaration, master)
    } finally {
      await server.close()
    }
    return { value: null, setbacks: null }
  })
  return { document, problems, governance: governanceOf(declaration, null) }
}

/** @throws InvalidInputError, BlockedError: before any secret is read */
function assertAllowed(declaration: Declaration, identity: RunIdentity): void {
  if (declaration.masterSecretId === null)
    throw new InvalidInputError([
      {
        application: null,
        code: 'missing_value',
        field: 'master_secret_id',
        message: 'is missing: after the upgrade the master gives the admin its rights.',
        remedy: 'Name the secret of the RDS master user.',
      },
    ])
  const violations = checkRequest(declaration, identity)
  if (violations.length > 0) throw new BlockedError(violations)
}

async function prepareInRounds(
  context: RunContext,
  server: Connections,
  declaration: Declaration,
  master: string | null,
): Promise<void> {
  const { recorder, identity, dependencies } = context
  for (let round = 1; ; round += 1) {
    assertNotInterrupted(dependencies.signal)
    const cluster = await inspectCluster(server.admin, context.declaration)
    const refused = checkUpgrade(declaration, cluster, master)
    if (refused.length > 0) throw new BlockedError(refused)
    const plan = planPreparation({ cluster, master, buildId: identity.buildId, tags: declaration.tags })
    if (plan.jobs.length === 0) {
      recordFindings(recorder, plan.findings, new Set())
      return
    }
    if (round === MAX_ROUNDS) throw notPrepared(plan)
    await executePreparation(context, server, plan)
  }
}

/** @throws ConnectionLost, ConnectFailure, ApplyError */
async function executePreparation(context: RunContext, server: Connections, plan: Plan): Promise<void> {
  const { recorder, dependencies, declaration } = context
  const record = (draft: RecordDraft): void => {
    recorder.record(draft)
  }
  const { maxConnections } = declaration
  const execution = await execute(server, plan, { ...dependencies, waits: { ms: 0 }, maxConnections, record })
  recordUnknown(record, execution.unknown.flat())
  if (execution.lost !== null) throw execution.lost
  assertApplied(context, execution)
}

function notPrepared(plan: Plan): ApplyError {
  const left = planSteps(plan).map(({ message }) => message)
  return new ApplyError([
    {
      application: null,
      code: 'not_converged',
      field: 'run',
      message: `after it was done, this is still to do: ${left.join('; ')}.`,
      remedy: 'Somebody takes it back meanwhile; look at the statements in the audit and run again.',
    },
  ])
}
