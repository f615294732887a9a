/** `destroy` as the command line asks for it: which removal, and by which policy. */
import type { RunResult } from '../../audit/result.ts'
import type { RunEnvironment } from '../../input/environment.ts'
import type { RemovalOptions } from '../../input/options.ts'
import type { ParsedInput } from '../../input/parse.ts'
import type { RunIdentity } from '../../model/run.ts'
import type { Preview } from '../../preview/preview.ts'
import type { Dependencies } from '../context.ts'
import type { DestroyDependencies } from './dependencies.ts'
import { type DestroyRequest, knownPolicy } from './destroy.ts'

type Environment = Pick<RunEnvironment, 'cleanupPolicy' | 'allowProvision' | 'allowDestroy'>

/** What is named, and by which policy it goes; null: what is pending goes. */
function orderOf(
  removal: RemovalOptions,
  { cleanupPolicy: policy }: Environment,
): Pick<DestroyRequest, 'target' | 'policy'> | null {
  switch (removal.kind) {
    case 'target':
      return { target: removal.target, policy }
    case 'request':
      return { target: { by: 'application', value: removal.application }, policy }
    case 'requested':
      return null
  }
}

/** Whether it needs a build id: not where it changes nothing (src/README.md: Build and run ids). */
export function removalNeedsBuildId(
  removal: RemovalOptions,
  environment: Environment,
  { declaration, removes }: ParsedInput,
): boolean {
  const order = orderOf(removal, environment)
  const pending = removes ? environment.cleanupPolicy : 'retain'
  return (order === null ? pending : knownPolicy({ declaration, ...order })) !== 'retain'
}

/** What of a started run a removal goes by. */
export interface RemovalRun {
  readonly removal: RemovalOptions
  readonly environment: Environment
  readonly parsed: ParsedInput
  readonly identity: RunIdentity
}

/** @returns the audit, whatever the outcome; @throws only what is a defect of this program. */
export async function removeAsAsked(
  { removal, environment, parsed: { declaration, removes }, identity }: RemovalRun,
  dependencies: DestroyDependencies,
): Promise<RunResult> {
  const common = { declaration, policy: environment.cleanupPolicy, approvals: environment }
  switch (removal.kind) {
    case 'target': {
      const { destroy } = await import('./destroy.ts')
      return destroy({ ...common, target: removal.target }, identity, dependencies)
    }
    case 'request': {
      const { requestRemoval } = await import('./request.ts')
      const { application: value, marker } = removal
      return requestRemoval({ ...common, target: { by: 'application', value }, marker }, identity, dependencies)
    }
    case 'requested': {
      const { carryOutRequested } = await import('./requested.ts')
      const isEnd = declaration.applications.length === 0
      const end = isEnd ? (removes ? 'with removals' : 'quietly') : null
      return carryOutRequested({ declaration, end }, identity, dependencies)
    }
  }
}

/** What that removal would do. @throws ProvisionError */
export async function previewAsAsked(
  { removal, environment, parsed: { declaration }, identity }: RemovalRun,
  dependencies: Dependencies,
): Promise<Preview> {
  const { previewDestroy, previewRequested } = await import('./preview.ts')
  const order = orderOf(removal, environment)
  return order === null
    ? previewRequested(declaration, identity, dependencies)
    : previewDestroy({ declaration, approvals: environment, ...order }, identity, dependencies)
}
