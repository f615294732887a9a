/** What a run of the program on the model is given, in place of AWS, the clock and the wire. */
import type { CleanupPolicy, Declaration } from '../../../src/model/declaration.ts'
import type { Command, RunIdentity } from '../../../src/model/run.ts'
import { Secret } from '../../../src/model/secret.ts'
import type { MarkerRequest } from '../../../src/run/destroy/request.ts'
import type { DestroyDependencies } from '../../../src/run/destroy/dependencies.ts'

/** Where a walk or an exploration differs. */
export type Own = Pick<DestroyDependencies, 'secrets' | 'open' | 'now' | 'snapshots'>

export function dependenciesWith(own: Own): DestroyDependencies {
  return {
    ...own,
    actor: () => Promise.resolve({ arn: 'arn:aws:iam::1:user/model', account: '1' }),
    iamToken: () => Promise.resolve(new Secret('Pw_admin')),
    signal: new AbortController().signal,
    sinks: [],
    progress: () => undefined,
    defaultCaFile: null,
    snapshotTimeoutMs: 1_000,
    waits: { othersMs: 0, abandonedMs: 0, superusersMs: 0 },
    runGroup: 'model',
  }
}

/** @param fields in which it differs from a run in `dev` that may do everything */
export function identityWith(command: Command, fields: Partial<RunIdentity>): RunIdentity {
  return {
    runId: 'model',
    buildId: 'build-1',
    command,
    approval: 'not_required',
    approvedPlan: null,
    refusedApproval: null,
    cleanupPolicy: null,
    mayDelete: true,
    takesOver: false,
    startedAt: new Date(0),
    toolVersion: '0',
    inputSha256: '',
    ...fields,
  }
}

/** What asks for the removal of an application, as its marker does. @param policy of the run; null: its own stands */
export function requestOf(
  declaration: Declaration,
  application: string,
  policy: CleanupPolicy | null = null,
): MarkerRequest {
  return {
    declaration,
    target: { by: 'application', value: application },
    policy,
    approvals: { allowProvision: true, allowDestroy: true },
    marker: null,
  }
}
