/**
 * The admin's rights over a major upgrade (src/README.md: Major upgrades): prepared below 16, given back from 16 on, and
 * what becomes of a server that nobody prepared. Servers that were really upgraded: test/compat/pg-upgrade.test.ts.
 */
import test, { type ExecutionContext } from 'ava'
import { bedFor, type Bed, type Entry, type Outcome, type Stack, VERSIONS } from '../../support/provision.ts'
import { helperRows, HELPER, MASTER_SECRET, membershipsIn, putMaster, upgraded } from '../../support/major-upgrade.ts'

const PREPARING: Entry = { master_secret_id: MASTER_SECRET, prepare_major_upgrade: true }
const WITH_MASTER: Entry = { master_secret_id: MASTER_SECRET }

function ofPreparation({ records }: Outcome): string[] {
  return records
    .filter(({ action }) => action === 'prepare upgrade')
    .map(({ status, message }) => `${status} ${message}`)
}

/** Roles whose lines in a report name the helper. */
async function reportedOf(stack: Stack): Promise<(string | undefined)[]> {
  const lines = (await stack.report('text')).split('\n').filter((line) => line.includes(HELPER))
  return lines.map((line) => line.split(/\s{2,}/)[1])
}

function grants({ records }: Outcome): string[] {
  return records
    .filter(({ object, action }) => object === 'admin' && action === 'grant')
    .map(({ status, statements }) => `${status} ${statements.join()}`)
}

/** What fact 9 of a server on which the admin made the role itself has: ADMIN, and nothing else. */
async function isAdministered(t: ExecutionContext, bed: Bed, stack: Stack, application: string): Promise<void> {
  const rows = await membershipsIn(bed.server, stack.username(application))
  t.deepEqual(
    rows
      .filter(({ member }) => member === bed.server.admin.user)
      .map(({ admin, inherit, set }) => ({ admin, inherit, set })),
    [{ admin: true, inherit: false, set: false }],
  )
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial.before(`${on}the master's secret`, () => {
    putMaster(bed())
  })

  if (version < 16) {
    test.serial(
      `${on}prepared in an apply, again with nothing to do, and a new application with its own run`,
      async (t) => {
        const { server } = bed()
        const stack = bed().declare(
          { shop: {}, 'shop-read': { database_name: 'shop_dev_db', access_level: 'reader' } },
          PREPARING,
        )
        const first = await stack.applyOk()
        t.deepEqual(
          first.records.filter(({ status, object }) => status === 'warning' && object !== 'schema'),
          [],
        )
        const names = ['shop', 'shop-read'].map((name) => stack.username(name))
        t.deepEqual(
          (await helperRows(server)).filter(({ role }) => names.includes(role)),
          names.map((role) => ({ role, admin: true, inherit: false })),
        )
        const [role] = await server.sql(
          `SELECT rolcanlogin, rolinherit, rolcreaterole FROM pg_roles WHERE rolname = '${HELPER}'`,
        )
        t.deepEqual(role, { rolcanlogin: false, rolinherit: false, rolcreaterole: false })
        for (const granted of [HELPER, server.admin.user])
          t.like(await membershipsIn(server, granted), [{ member: server.master.user, admin: true }])

        const again = await stack.applyOk()
        t.is(again.audit.run.outcome, 'no_change')
        t.regex(ofPreparation(again).join(), /^no_change prepared for an upgrade .* administers 2 managed role\(s\)/)
        t.deepEqual(await stack.plan(), [])

        stack.applications = { ...stack.applications, late: {} }
        await stack.applyOk()
        t.true((await helperRows(server)).some(({ role: name }) => name === stack.username('late')))
        t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
        t.deepEqual(await reportedOf(stack), ['dbmaster'], 'the helper is ours, what it makes of the master is told')
      },
    )

    test.serial(`${on}the command prepares for all stacks, and touches no application`, async (t) => {
      const { server } = bed()
      const stack = bed().declare({ drifting: {} }, WITH_MASTER)
      const other = bed().declare({ neighbour: {} })
      await stack.applyOk()
      await other.applyOk()
      await server.sql('ALTER ROLE drifting_dev_user CONNECTION LIMIT 3')
      const { audit, records } = await stack.prepareUpgradeOk()
      t.is(audit.run.command, 'prepare-upgrade')
      t.true(records.every(({ object, application }) => object === 'admin' && application === null))
      const names = (await helperRows(server)).map(({ role }) => role)
      t.true(['drifting', 'neighbour'].every((name) => names.includes(`${name}_dev_user`)))
      t.is((await stack.prepareUpgradeOk()).audit.run.outcome, 'no_change')
      stack.variables = { ...stack.variables, master_secret_id: null }
      t.is((await stack.prepareUpgrade()).audit.run.exit_code, 3)
      stack.variables = { ...stack.variables, ...WITH_MASTER, environment: 'prod' }
      t.is((await stack.prepareUpgrade()).audit.run.exit_code, 4, 'nobody approved it')
    })

    test.serial(`${on}an application that leaves takes nothing of the helper along, and is dropped`, async (t) => {
      const { server } = bed()
      const stack = bed().declare({ leaver: { cleanup_policy: 'delete' }, stayer: {} }, PREPARING)
      await stack.applyOk()
      const { records } = await stack.destroyOk('leaver')
      t.false(JSON.stringify(records).includes(HELPER))
      t.deepEqual(await server.sql(`SELECT FROM pg_roles WHERE rolname = '${stack.username('leaver')}'`), [])
      t.true((await helperRows(server)).some(({ role }) => role === stack.username('stayer')))
    })

    test.serial(`${on}refused where a login goes by IAM; everything else is done, and the run says so`, async (t) => {
      const { server } = bed()
      const stack = bed().declare({ plain: {}, token: { auth: 'iam', cleanup_policy: 'delete' } }, PREPARING)
      const outcome = await stack.apply()
      t.is(outcome.audit.run.exit_code, 4)
      t.deepEqual(
        outcome.problems.map(({ application, code }) => [application, code]),
        [[null, 'upgrade']],
      )
      t.regex(outcome.problems[0]?.message ?? '', /these go by IAM: token_dev_user\..*dbmaster a member/)
      t.deepEqual(
        (await helperRows(server)).filter(({ role }) => role === stack.username('plain')),
        [],
      )
      t.is(await stack.answer('plain', 'SELECT 1'), 'ok')
      stack.variables = { ...stack.variables, prepare_major_upgrade: false }
      await stack.applyOk()
      await stack.destroyOk('token')
    })

    test.serial(`${on}a login that goes over to IAM leaves the helper in the same step`, async (t) => {
      const { server } = bed()
      const stack = bed().declare({ mover: {} }, PREPARING)
      await stack.applyOk()
      stack.applications = { mover: { auth: 'iam' } }
      stack.variables = { ...stack.variables, prepare_major_upgrade: false }
      const { records } = await stack.applyOk()
      t.regex(
        records.find(({ object, action }) => object === 'login' && action === 'grant')?.statements.join('; ') ?? '',
        /^REVOKE "mover_dev_user" FROM "platform_provisioner_upgrade"; GRANT "rds_iam"/,
      )
      t.true(await server.canLogin(server.master.user, server.master.password))
      t.deepEqual(
        (await helperRows(server)).filter(({ role }) => role === 'mover_dev_user'),
        [],
      )
      await server.sql(`REVOKE rds_iam FROM mover_dev_user`)
      stack.applications = { mover: {} }
      await stack.applyOk()
    })

    test.serial(`${on}a role of the helper's name that is not ours is left alone, and told`, async (t) => {
      const { server } = bed()
      const stack = bed().declare({ careful: {} }, PREPARING)
      await server.sql(`ALTER ROLE ${HELPER} RENAME TO helper_aside; CREATE ROLE ${HELPER} LOGIN`)
      const outcome = await stack.apply()
      t.is(outcome.audit.run.exit_code, 4)
      t.regex(outcome.problems[0]?.message ?? '', /the role platform_provisioner_upgrade exists, and is not what/)
      t.deepEqual(await helperRows(server), [])
      await server.sql(`DROP ROLE ${HELPER}; ALTER ROLE helper_aside RENAME TO ${HELPER}`)
      await stack.applyOk()
    })
  } else {
    test.serial(`${on}preparing does nothing, and says so`, async (t) => {
      const stack = bed().declare({ newer: {} }, PREPARING)
      await stack.applyOk()
      t.regex(ofPreparation(await stack.prepareUpgradeOk()).join(), /^skipped nothing to prepare/)
      const again = await stack.applyOk()
      t.is(again.audit.run.outcome, 'no_change')
      t.regex(ofPreparation(again).join(), /^skipped nothing to prepare: this is PostgreSQL 1[6-9]\./)
      t.deepEqual(await bed().server.sql(`SELECT FROM pg_roles WHERE rolname = '${HELPER}'`), [])
    })

    test.serial(
      `${on}upgraded and prepared: the next run gives the admin its rights back, without a person`,
      async (t) => {
        const { server } = bed()
        const stack = bed().declare(
          {
            shop: {},
            'shop-read': { database_name: 'shop_dev_db', access_level: 'reader' },
            gone: { cleanup_policy: 'delete' },
          },
          WITH_MASTER,
        )
        await stack.applyOk()
        await upgraded(
          server,
          ['shop', 'shop-read', 'gone'].map((name) => stack.username(name)),
          true,
        )
        const orphan = stack.applications['gone'] ?? {}
        const { gone: _gone, ...rest } = stack.applications
        stack.applications = rest
        const outcome = await stack.applyOk()
        t.deepEqual(
          grants(outcome).sort(),
          ['shop', 'shop-read', 'gone']
            .map(
              (name) =>
                `created GRANT "${stack.username(name)}" TO "platform_provisioner" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`,
            )
            .sort(),
        )
        for (const name of ['shop', 'shop-read', 'gone']) await isAdministered(t, bed(), stack, name)
        const again = await stack.applyOk()
        t.is(again.audit.run.outcome, 'no_change')
        t.deepEqual(
          again.records.filter(({ status, application }) => status === 'warning' && application !== 'gone'),
          [],
        )
        t.deepEqual(await reportedOf(stack), ['dbmaster'])

        // A setting, a password and a removal take the right.
        stack.applications = { ...rest, shop: { settings: { work_mem: '8MB' } }, gone: orphan }
        await stack.applyOk()
        const { records } = await stack.destroyOk('gone')
        t.false(records.some(({ status }) => status === 'warning'))
        t.deepEqual(await server.sql(`SELECT FROM pg_roles WHERE rolname = '${stack.username('gone')}'`), [])
      },
    )

    test.serial(`${on}upgraded and prepared: a removal that comes first asks the master too`, async (t) => {
      const { server } = bed()
      const stack = bed().declare({ first: { cleanup_policy: 'delete' }, second: {} }, WITH_MASTER)
      await stack.applyOk()
      await upgraded(
        server,
        ['first', 'second'].map((name) => stack.username(name)),
        true,
      )
      const { records } = await stack.destroyOk('first')
      t.true(records.some(({ object, action }) => object === 'admin' && action === 'grant'))
      t.deepEqual(await server.sql(`SELECT FROM pg_roles WHERE rolname = '${stack.username('first')}'`), [])
      await isAdministered(t, bed(), stack, 'second')
    })

    test.serial(
      `${on}upgraded, nobody prepared, and the server refuses the master: true words, others are done`,
      async (t) => {
        const { server } = bed()
        const stack = bed().declare({ stuck: { cleanup_policy: 'delete' } }, WITH_MASTER)
        await stack.applyOk()
        await upgraded(server, [stack.username('stuck')], false)
        stack.applications = { ...stack.applications, fresh: {} }
        const outcome = await stack.apply()
        t.is(outcome.audit.run.exit_code, 4)
        t.deepEqual(
          outcome.problems.map(({ application, code }) => [application, code]),
          [['stuck', 'missing_right']],
        )
        t.is(
          outcome.problems[0]?.message,
          `platform_provisioner has no right over the role stuck_dev_user: another login created it, or it is older than the server's upgrade to PostgreSQL 16 or later. dbmaster tried to give it, and the server refused: permission denied to grant role "stuck_dev_user" (DETAIL: Only roles with the ADMIN option on role "stuck_dev_user" may grant this role.).`,
        )
        t.notRegex(outcome.problems[0]?.remedy ?? '', /master_secret_id/)
        t.is(await stack.answer('fresh', 'SELECT 1'), 'ok')
        t.true(
          outcome.records.some(
            ({ object, status, message }) =>
              object === 'admin' && status === 'warning' && message.includes('permission denied'),
          ),
        )
        const removal = await stack.destroy('stuck')
        t.is(removal.audit.run.exit_code, 4)
        t.regex(
          removal.problems[0]?.message ?? '',
          /no right over the role stuck_dev_user: another login created it, or/,
        )
        t.true(await server.canLogin('stuck_dev_user', stack.password('stuck'), 'stuck_dev_db'), 'nothing was closed')
      },
    )

    test.serial(`${on}upgraded, nobody prepared, and the server lets the master: tried, and mended`, async (t) => {
      const { server } = bed()
      const stack = bed().declare({ lucky: {} }, WITH_MASTER)
      await stack.applyOk()
      await upgraded(server, [stack.username('lucky')], false)
      // By a superuser's hand: on RDS the server lets it without that, which no plain PostgreSQL does.
      await server.sql(`GRANT lucky_dev_user TO dbmaster WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`)
      await stack.applyOk()
      await isAdministered(t, bed(), stack, 'lucky')
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    })

    test.serial(`${on}the admin held ADMIN itself before the upgrade: what nobody can narrow is told`, async (t) => {
      const { server } = bed()
      const stack = bed().declare({ wide: {} }, WITH_MASTER)
      await stack.applyOk()
      await upgraded(server, [stack.username('wide')], false)
      await server.sql(`GRANT wide_dev_user TO platform_provisioner WITH ADMIN TRUE, INHERIT TRUE, SET TRUE`)
      const { records } = await stack.applyOk()
      t.regex(
        records.find(({ application, status }) => application === 'wide' && status === 'warning')?.message ?? '',
        /may act as wide_dev_user, by a grant of rdsadmin, which nobody but a superuser can narrow, and on RDS nobody logs in as one/,
      )
    })
  }
}
