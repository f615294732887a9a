import test from 'ava'
import { difference, dump } from '../../support/catalogs.ts'
import { bedFor, VERSIONS } from '../../support/provision.ts'
import { followAll } from '../../support/remedies.ts'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  const installed = async (database: string): Promise<unknown[][]> => {
    const rows = await bed().server.sql(
      `SELECT extname, nspname, pg_get_userbyid(extowner) AS owner FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace
                                         WHERE extname <> 'plpgsql' ORDER BY 1`,
      [],
      database,
    )
    return rows.map(Object.values)
  }

  test.serial(
    `${on}trusted extensions belong to the owner and stand in the first listed schema, public or not`,
    async (t) => {
      const stack = bed().declare({
        plain: { extensions: ['pgcrypto'] },
        elsewhere: { schemas: ['tools', 'public'], extensions: ['pgcrypto', 'uuid-ossp'] },
      })
      await stack.applyOk()
      t.deepEqual(await installed('plain_dev_db'), [['pgcrypto', 'public', 'plain_dev_user']])
      t.deepEqual(await installed('elsewhere_dev_db'), [
        ['pgcrypto', 'tools', 'elsewhere_dev_user'],
        ['uuid-ossp', 'tools', 'elsewhere_dev_user'],
      ])
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(`${on}an extension that every database has, and one whose control file fixes the schema`, async (t) => {
    const stack = bed().declare({ has: { schemas: ['app'], extensions: ['plpgsql', 'tcn'] } })
    const { records } = await stack.applyOk()
    t.deepEqual(await installed('has_dev_db'), [['tcn', 'app', 'has_dev_user']])
    t.deepEqual(
      records.filter(({ object }) => object === 'extension').map(({ message }) => message),
      ['extension tcn in has_dev_db'],
    )
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}not available, not trusted: all blocked at once, nothing changed`, async (t) => {
    const stack = bed().declare({
      none: { extensions: ['no_such_thing', 'pgcrypto'] },
      power: { extensions: ['file_fdw', 'earthdistance'] },
      fine: { extensions: ['pgcrypto'] },
    })
    const before = await dump(bed().server)
    const { audit, problems } = await stack.apply()
    t.is(audit.run.exit_code, 4)
    t.deepEqual(
      problems.map(({ application, field }) => [application, field]),
      [
        ['none', 'extension'],
        ['power', 'extension'],
        ['power', 'extension'],
      ],
    )
    t.regex(problems[0]?.message ?? '', /no_such_thing/)
    t.regex(
      problems[1]?.remedy ?? '',
      /^Give master_secret_id, and the master makes it in the same run\. Or apply without that first\. Then as power_dev_user: GRANT CONNECT ON DATABASE "power_dev_db" TO "rds_superuser"; Then as the master, in power_dev_db: .* CREATE EXTENSION "file_fdw" SCHEMA "public" CASCADE;/,
    )
    t.deepEqual(difference(before, await dump(bed().server)), [])

    // The remedies, followed to the end.
    stack.applications = { power: {} }
    await stack.applyOk()
    for (const { remedy } of problems.slice(1)) await followAll(bed(), remedy)
    stack.applications = { power: { extensions: ['file_fdw', 'earthdistance'] } }
    t.is((await stack.applyOk()).audit.run.exit_code, 0)
  })

  test.serial(`${on}an extension that is not trusted is fine once a superuser installed it`, async (t) => {
    const stack = bed().declare({ given: {} })
    await stack.applyOk()
    await bed().server.sql('CREATE EXTENSION file_fdw', [], 'given_dev_db')
    await bed().server.forget('given_dev_db')
    stack.applications = { given: { extensions: ['file_fdw'] } }
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })

  test.serial(`${on}objects of an extension are neither granted nor counted as somebody else's`, async (t) => {
    const database_name = 'members_db'
    const stack = bed().declare({
      own: { username: 'members_owner', database_name, schemas: ['app'], extensions: ['pgcrypto', 'hstore'] },
      guest: { username: 'members_guest', database_name, access_level: 'reader' },
    })
    await stack.applyOk()
    await bed().server.sql('CREATE EXTENSION pg_stat_statements SCHEMA app', [], database_name)
    await bed().server.forget(database_name)
    const { audit, records } = await stack.applyOk()
    t.is(audit.run.outcome, 'no_change')
    t.deepEqual(
      records.filter(({ status, application }) => status === 'warning' && application === 'own' && version >= 15),
      [],
    )
    t.deepEqual(
      records.filter(({ action, status }) => action === 'cover' && status === 'warning'),
      [],
    )
    t.is(await stack.answer('guest', `SELECT app.digest('x', 'sha256'), 'a=>1'::app.hstore`), 'ok')
  })
}
