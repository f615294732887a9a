import type { Problem } from '../model/problem.ts'
import type { Declaration } from '../model/declaration.ts'
import type { RunIdentity } from '../model/run.ts'
import { show } from '../input/text.ts'
import { checkNaming, checkReservedNames } from './names.ts'
import { violation } from './violation.ts'

/**
 * RDS Proxy endpoints, custom ones (`.endpoint.proxy-`) included. The region stands before `rds`; in China after it,
 * under `.com.cn`, as for every endpoint of RDS there.
 */
const PROXY = /\.proxy-[^.]+(?:\.[^.]+)*\.rds(?:\.[^.]+)*\.amazonaws\.com/i

/**
 * Guardrails that need nothing but the declaration, before any secret is read or connection made (src/README.md:
 * Guardrails). Gives all violations; `field` is the guardrail's name. The master's name is known only once its secret
 * was read: ask `checkReservedNames` again then.
 */
export function checkRequest(declaration: Declaration, run: Approving): Problem[] {
  return [
    ...checkApproval(declaration, run),
    ...checkEndpoint(declaration),
    ...checkReservedNames(declaration, null),
    ...checkNaming(declaration),
  ]
}

/** What of a run approves it. */
export type Approving = Pick<RunIdentity, 'approval' | 'refusedApproval'>

/** Outside of dev somebody has to approve a run; what was given in vain is named. */
export function checkApproval(
  { environment }: Declaration,
  { approval, refusedApproval: value }: Approving,
): Problem[] {
  if (approval !== 'missing') return []
  const given =
    value === null
      ? ''
      : ` ALLOW_DB_PROVISION is ${show(value)}, which is not accepted; only true counts, or plan:<digest>.`
  return [
    violation(
      null,
      'approval',
      `the environment is ${environment}, and nobody approved this run.${given}`,
      'Set ALLOW_DB_PROVISION=true in the environment of the run.',
    ),
  ]
}

function checkEndpoint({ instance, connectThrough }: Declaration): Problem[] {
  const hosts = [instance.host, ...(connectThrough === null ? [] : [connectThrough.host])]
  return hosts
    .filter((host) => PROXY.test(host))
    .map((host) =>
      violation(
        null,
        'endpoint',
        `"${host}" is an RDS Proxy, which cannot carry provisioning.`,
        "Use the writer's own endpoint; applications may still connect through the proxy.",
      ),
    )
}
