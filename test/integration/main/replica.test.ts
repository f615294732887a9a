/**
 * A replica answers like any server, and lets nothing be changed: a guardrail, whoever logs in (src/README.md:
 * Guardrails).
 */
import test from 'ava'
import { ANY_VERSION, type Bed, bedFor } from '../../support/provision.ts'

/** Nothing is streamed to it, but it is in recovery, as a replica always is (manual, "Setting Up a Standby Server"). */
async function becomeReplica({ server }: Bed): Promise<void> {
  await server.sql(`COPY (SELECT 1) TO PROGRAM 'cat > standby.signal'`)
  await server.restart()
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(`${on}blocked as the admin, in a plan, and as the master that would make an admin`, async (t) => {
    const { server, aws } = bed()
    const stack = bed().declare({ app: {} })
    await stack.applyOk()
    await becomeReplica(bed())
    const mark = await server.mark()
    const { audit, problems, records } = await stack.apply()
    t.deepEqual(
      [audit.run.exit_code, audit.run.outcome, problems.map(({ field }) => field)],
      [4, 'blocked', ['endpoint']],
    )
    t.true(
      records.some(
        ({ object, application, status }) => object === 'admin' && application === null && status === 'blocked',
      ),
    )
    t.deepEqual(
      (await stack.preview()).blocked.map(({ field }) => field),
      ['endpoint'],
    )

    stack.applications = { other: {} }
    aws.putLogin('admin/absent', 'absent_admin', 'x')
    aws.putLogin('master', server.master.user, server.master.password)
    stack.variables = { ...stack.variables, admin_secret_id: 'admin/absent', master_secret_id: 'master' }
    const asMaster = await stack.apply()
    t.deepEqual([asMaster.audit.run.exit_code, asMaster.problems.map(({ field }) => field)], [4, ['endpoint']])
    t.deepEqual(await server.changesSince(mark), [])
  })
}
