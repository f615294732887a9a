/** The stages in order: guard, fetch secrets, connect and lock, inspect, plan, guard, apply, verify, audit. */
import { type Recorder } from '../../audit/recorder.ts'
import { governanceOf, type RunResult } from '../../audit/result.ts'
import { BlockedError, type ProvisionError, AwsError } from '../../errors.ts'
import { checkRequest } from '../../guardrails/request.ts'
import type { AccessMatrix } from '../../model/access.ts'
import type { RecordDraft } from '../../model/audit.ts'
import type { Declaration } from '../../model/declaration.ts'
import type { RunIdentity } from '../../model/run.ts'
import { PlanApproval } from './approval.ts'
import { converge } from './converge.ts'
import { hasPending, removePending } from '../removal/pending.ts'
import { MissingRights } from './round.ts'
import { Setbacks } from '../end/setbacks.ts'
import { assertReserved, type Credentials, readActorAndCredentials } from '../connection/credentials.ts'
import { patientWithAws } from '../connection/settling.ts'
import type { Dependencies, RunContext } from '../context.ts'
import { readAccessMatrix } from '../access-matrix.ts'
import { openLockedOrBootstrap, repairAdmin } from '../connection/open.ts'
import type { Connections } from '../../server/connections.ts'
import type { Inspection } from '../../server/inspect.ts'
import { recordRun, type Stages } from '../end/record-run.ts'

/**
 * Makes an instance match a declaration.
 * @returns the audit, whatever the outcome; `document.run.exit_code` is the exit code (src/README.md: Exit codes).
 * @throws only what is a defect of this program.
 */
export async function apply(
  declaration: Declaration,
  identity: RunIdentity,
  dependencies: Dependencies,
): Promise<RunResult> {
  const { value, ...ended } = await recordRun<AccessMatrix | null>(
    {
      declaration,
      identity,
      dependencies,
      concerned: declaration,
      recordsOf: (error) => secretRecords(declaration, error),
    },
    (recorder) => runStages(declaration, identity, patientWithAws(declaration, identity, dependencies), recorder),
  )
  return { ...ended, governance: governanceOf(declaration, value) }
}

/** Guard the request; fetch secrets; connect, lock, inspect, plan, guard the plan, execute and verify (converge). */
async function runStages(
  declaration: Declaration,
  identity: RunIdentity,
  dependencies: Dependencies,
  recorder: Recorder,
): Promise<Stages<AccessMatrix | null>> {
  const violations = checkRequest(declaration, identity)
  if (violations.length > 0) throw new BlockedError(violations)
  const context = { declaration, identity, secrets: dependencies.secrets(declaration.aws), recorder, dependencies }
  const credentials = await readActorAndCredentials(context, declaration)
  assertReserved(declaration, credentials)
  try {
    return await convergeOnce(
      context,
      credentials,
      declaration.masterSecretId !== null && identity.approvedPlan === null,
      new Map(),
    )
  } catch (error) {
    if (!(error instanceof MissingRights)) throw error
    const refusals = await repairAdmin(context, credentials.admin)
    return await convergeOnce(context, credentials, false, refusals)
  }
}

/**
 * @param mayRepair throw MissingRights where the master could give what is missing
 * @param refusals by role, what the server said where it tried
 */
async function convergeOnce(
  context: RunContext,
  credentials: Credentials,
  mayRepair: boolean,
  refusals: ReadonlyMap<string, string>,
): Promise<Stages<AccessMatrix | null>> {
  const open = async (): Promise<Connections> => {
    const server = await openLockedOrBootstrap(context, credentials.admin)
    context.recorder.setServer(server.admin)
    return server
  }
  const { declaration } = context
  const { approvedPlan } = context.identity
  const approval = approvedPlan === null ? null : new PlanApproval(declaration, approvedPlan, context)
  const setbacks = new Setbacks(declaration, mayRepair, { login: credentials.master, refusals })
  const look = async (server: Connections, inspection: Inspection): Promise<AccessMatrix | null> =>
    declaration.governanceDir === null ? null : readAccessMatrix(declaration, server, inspection)
  const first = await converge(
    context,
    open,
    credentials.applications,
    { setbacks, approval },
    async (server, inspection) => {
      const isPending = hasPending(context, inspection.actual.cluster)
      return { isPending, matrix: isPending ? null : await look(server, inspection) }
    },
  )
  if (!first.value.isPending) return { value: first.value.matrix, setbacks }
  setbacks.removal = await removePending(context, credentials.admin)
  if (declaration.governanceDir === null) return { value: null, setbacks }
  return converge(context, open, credentials.applications, { setbacks, approval }, look)
}

function secretRecords(declaration: Declaration, error: ProvisionError): RecordDraft[] {
  if (!(error instanceof AwsError)) return []
  return error.problems.map((problem) => {
    const application = declaration.applications.find((item) => item.name === problem.application)
    const { database = null, username = null } = application ?? {}
    const object = problem.application === null ? 'admin' : 'password'
    return {
      application: problem.application,
      database,
      username,
      object,
      action: 'read',
      status: 'failed',
      code: problem.code,
      durationMs: 0,
      message: `${problem.field}: ${problem.message} ${problem.remedy}`,
      statements: [],
    }
  })
}
