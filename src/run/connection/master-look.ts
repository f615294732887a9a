/** A look as the master, where the admin cannot look or lacks a right (src/README.md: The master's look). */
import { BlockedError } from '../../errors.ts'
import { checkAdminRole } from '../../guardrails/bootstrap.ts'
import type { Credential } from '../../model/credential.ts'
import type { Plan } from '../../model/step.ts'
import { neededRoles } from '../../model/upgrade-helper.ts'
import { afterBootstrap } from '../../plan/as-admin.ts'
import { planAdminFreedom, planBootstrap, planRights } from '../../plan/bootstrap.ts'
import { scramVerifier } from '../../secrets/verifier.ts'
import { type Connections, makeConnections } from '../../server/connections.ts'
import { inspectCluster } from '../../server/inspect-cluster.ts'
import { inspectMaster } from '../../server/inspect-master.ts'
import type { RunContext } from '../context.ts'
import { connectAsMaster, rolesToGrant } from './bootstrap.ts'
import { readMaster } from './master.ts'
import { adminCredentialOf, connectionsOptionsOf, targetOf } from './target.ts'

/** What the apply has the master do first. */
export interface MastersPart {
  readonly master: string
  readonly admin: string
  readonly plan: Plan
}

/**
 * Connects as the master in read-only transactions.
 * @param setsPassword the admin could not log in with its password: the apply sets it
 * @returns connections whose cluster is seen as it will be once the master has done its part
 * @throws AwsError, ConnectionError, BlockedError
 */
export async function openAsMaster(
  context: RunContext,
  adminSecret: Credential | null,
  setsPassword: boolean,
): Promise<{ readonly server: Connections; readonly part: MastersPart }> {
  const { declaration, identity, dependencies } = context
  const admin = adminCredentialOf(declaration, adminSecret, dependencies).user
  const master = await readMaster(context, admin)
  const target = { ...(await targetOf(declaration, identity, dependencies)), isReadOnly: true as const }
  const session = await connectAsMaster(context, target, master, admin)
  try {
    const cluster = await inspectCluster(session, declaration)
    const role = cluster.roles.get(admin)
    const refused = role === undefined ? [] : checkAdminRole(role)
    if (refused.length > 0) throw new BlockedError(refused)
    const facts = await inspectMaster(session, rolesToGrant(admin))
    const { auth } = declaration.admin
    const plans = [
      planAdminFreedom({ cluster, admin, auth }),
      planBootstrap({
        cluster,
        admin,
        auth,
        verifier: setsPassword && adminSecret !== null ? await scramVerifier(adminSecret.password) : null,
        ...facts,
        mayAlter: role === undefined || facts.grantable.has(admin),
        buildId: identity.buildId,
        tags: declaration.tags,
      }),
      planRights({ cluster, admin, needed: neededRoles(declaration, cluster) }),
    ]
    const connections = makeConnections(session, session, connectionsOptionsOf(context, target, session, master))
    return {
      server: { ...connections, see: (seen) => afterBootstrap(seen, admin, plans) },
      part: {
        master: master.user,
        admin,
        plan: { findings: plans.flatMap(({ findings }) => findings), jobs: plans.flatMap(({ jobs }) => jobs) },
      },
    }
  } catch (error) {
    await session.close()
    throw error
  }
}
