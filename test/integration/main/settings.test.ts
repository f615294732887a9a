/** Settings, limits, moments, encoding and locale: as declared, found again, and reset when no longer declared. */
import test from 'ava'
import { bedFor, type Stack, VERSIONS } from '../../support/provision.ts'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  const stored = async (stack: Stack, application: string): Promise<unknown> => {
    const [row] = await bed().server.sql(
      `SELECT setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase JOIN pg_roles r ON r.oid = setrole
                                          WHERE datname = $1 AND rolname = $2`,
      [stack.database(application), stack.username(application)],
    )
    return row?.['setconfig'] ?? null
  }
  const role = async (stack: Stack, application: string): Promise<Record<string, unknown> | undefined> => {
    const rows = await bed().server.sql(
      'SELECT rolconnlimit, rolvaliduntil, rolcreatedb FROM pg_roles WHERE rolname = $1',
      [stack.username(application)],
    )
    return rows[0]
  }

  test.serial(`${on}every kind of setting is stored as it is meant, and found again`, async (t) => {
    const stack = bed().declare({
      sets: {
        settings: {
          search_path: ['app', 'My "odd", Schema', '$user', 'public'],
          statement_timeout: '90s',
          WORK_MEM: 65536,
          datestyle: 'ISO, DMY',
          TimeZone: 'Europe/Berlin',
          jit: false,
          application_name: `it's "x"; \\ DROP`,
          temp_tablespaces: '',
        },
      },
    })
    await stack.applyOk()
    t.deepEqual(await stack.plan(), [])
    const client = await stack.connect('sets')
    const show = async (name: string): Promise<unknown> =>
      (await client.query<{ value: string }>('SELECT current_setting($1) AS value', [name])).rows[0]?.value
    t.is(await show('search_path'), 'app, "My ""odd"", Schema", "$user", public')
    t.is(await show('statement_timeout'), '90s')
    t.is(await show('work_mem'), '64MB')
    t.is(await show('DateStyle'), 'ISO, DMY')
    t.is(await show('TimeZone'), 'Europe/Berlin')
    t.is(await show('jit'), 'off')
    t.is(await show('application_name'), `it's "x"; \\ DROP`)
    await client.end()
  })

  test.serial(`${on}a search_path in one string means several schemas, "$user" among them`, async (t) => {
    const stack = bed().declare({
      paths: { schemas: ['paths_dev_user', 'public'], settings: { search_path: '"$user", public' } },
    })
    await stack.applyOk()
    t.deepEqual(await stack.sql('paths', 'SELECT current_schemas(false)::text'), [['{paths_dev_user,public}']])
    stack.applications = {
      paths: { schemas: ['paths_dev_user', 'public'], settings: { search_path: ['"$user"', 'public'] } },
    }
    t.deepEqual(await stack.plan(), [])
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}a search_path of no schema at all is found again`, async (t) => {
    const stack = bed().declare({ nopath: { settings: { search_path: '' } } })
    await stack.applyOk()
    t.deepEqual(await stack.sql('nopath', 'SELECT current_schemas(false)::text'), [['{}']])
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}what is no longer declared is reset, and recorded as removed`, async (t) => {
    const stack = bed().declare({ resets: { settings: { work_mem: '8MB', statement_timeout: '1min' } } })
    await stack.applyOk()
    stack.applications = { resets: { settings: { work_mem: '8MB' } } }
    const { records } = await stack.applyOk()
    t.deepEqual(
      records.filter(({ object }) => object === 'setting').map(({ status, statements }) => [status, ...statements]),
      [['removed', 'ALTER ROLE "resets_dev_user" IN DATABASE "resets_dev_db" RESET "statement_timeout"']],
    )
    t.deepEqual(await stored(stack, 'resets'), ['work_mem=8MB'])
    stack.applications = { resets: {} }
    await stack.applyOk()
    t.is(await stored(stack, 'resets'), null)
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(
    `${on}what a role has set for all databases is told of where the declaration names nothing, with the way out`,
    async (t) => {
      const stack = bed().declare({ wide: { settings: { work_mem: '8MB' } } })
      await stack.applyOk()
      await stack.sql(
        'wide',
        `ALTER ROLE wide_dev_user SET work_mem = '1MB'; ALTER ROLE wide_dev_user SET "TimeZone" = 'UTC'`,
      )
      const told = async (): Promise<string[]> => {
        const { audit, records } = await stack.applyOk()
        t.is(audit.run.outcome, 'no_change')
        return records
          .filter(({ object, status }) => object === 'setting' && status === 'skipped')
          .map(({ message }) => message)
      }
      const [message = '', ...others] = await told()
      t.deepEqual(others, [])
      t.regex(message, /^wide_dev_user has TimeZone set for all databases/)
      await bed().server.sql(/ALTER ROLE .*;/.exec(message)?.[0] ?? '')
      t.deepEqual(await told(), [])
    },
  )

  test.serial(`${on}limits and moments follow the declaration, to the millisecond and back to none`, async (t) => {
    const stack = bed().declare({
      limits: {
        connection_limit: 7,
        valid_until: '2038-01-19T05:14:07.999+02:00',
        can_create_databases: true,
        database_connection_limit: 9,
      },
    })
    await stack.applyOk()
    t.deepEqual(await role(stack, 'limits'), {
      rolconnlimit: 7,
      rolvaliduntil: new Date('2038-01-19T03:14:07.999Z'),
      rolcreatedb: true,
    })
    t.deepEqual(await stack.plan(), [])
    stack.applications = { limits: {} }
    await stack.applyOk()
    t.deepEqual(await role(stack, 'limits'), { rolconnlimit: -1, rolvaliduntil: Infinity, rolcreatedb: false })
    t.deepEqual(await bed().server.sql('SELECT datconnlimit FROM pg_database WHERE datname = $1', ['limits_dev_db']), [
      { datconnlimit: -1 },
    ])
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(
    `${on}a value that the server refuses fails for itself: the database is closed to PUBLIC all the same`,
    async (t) => {
      const stack = bed().declare({ odd: { settings: { statement_timeout: 'soon' } } })
      const { audit, problems } = await stack.apply()
      t.is(audit.run.exit_code, 1)
      t.deepEqual(
        problems.map(({ application, field }) => [application, field]),
        [['odd', 'setting']],
      )
      const [row] = await bed().server.sql(
        `SELECT count(*)::int AS items FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE a.grantee = 0 AND d.datname = $1`,
        [stack.database('odd')],
      )
      t.is(row?.['items'], 0)
      stack.applications = { odd: { settings: { statement_timeout: '5s' } } }
      await stack.applyOk()
      t.deepEqual(await stack.plan(), [])
    },
  )

  test.serial(
    `${on}a password past its valid_until is skipped, not overwritten, and its database is looked into all the same`,
    async (t) => {
      const stack = bed().declare({ past: { valid_until: '2001-01-01T00:00:00Z', schemas: ['public', 'app'] } })
      await stack.applyOk()
      t.is(await stack.answer('past', 'SELECT 1'), '28P01')
      const { audit, records } = await stack.applyOk()
      t.is(audit.run.outcome, 'no_change')
      t.deepEqual(
        records.filter(({ object }) => object === 'password').map(({ status }) => status),
        ['skipped'],
      )
    },
  )

  test.serial(`${on}a full database is not passed over in silence`, async (t) => {
    const stack = bed().declare({ full: { database_connection_limit: 1 } })
    await stack.applyOk()
    const client = await stack.connect('full')
    const preview = await stack.preview()
    const told = preview.plan.findings.filter(
      ({ status, database }) => status === 'warning' && database === 'full_dev_db',
    )
    t.is(told.length, 1)
    t.regex(told[0]?.message ?? '', /could not look inside full_dev_db.*connection/i)
    const { audit, records } = await stack.applyOk()
    await client.end()
    t.is(audit.run.outcome, 'changed')
    t.deepEqual(
      records.filter(({ status }) => status === 'updated').map(({ message }) => message.split(',')[0]),
      [
        'connection limit of full_dev_db: 1 -> 11 while this run looks inside',
        'connection limit of full_dev_db: 11 -> 1',
      ],
    )
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })

  test.serial(`${on}encoding and locale are those declared, however they are spelled`, async (t) => {
    const stack = bed().declare({
      utf: { encoding: 'utf-8', locale: 'C' },
      latin: { encoding: 'ISO_8859_1', locale: 'C' },
      unicode: { encoding: 'unicode', locale: 'C.UTF-8' },
    })
    await stack.applyOk()
    const rows = await bed().server.sql(
      `SELECT datname, pg_encoding_to_char(encoding) AS encoding, datcollate, datctype FROM pg_database
                                         WHERE datname = ANY ($1) ORDER BY 1`,
      [['utf_dev_db', 'latin_dev_db', 'unicode_dev_db']],
    )
    t.deepEqual(rows, [
      { datname: 'latin_dev_db', encoding: 'LATIN1', datcollate: 'C', datctype: 'C' },
      { datname: 'unicode_dev_db', encoding: 'UTF8', datcollate: 'C.UTF-8', datctype: 'C.UTF-8' },
      { datname: 'utf_dev_db', encoding: 'UTF8', datcollate: 'C', datctype: 'C' },
    ])
    t.deepEqual(await stack.plan(), [])
  })

  test.serial(`${on}an encoding that the server does not know blocks before anything changes`, async (t) => {
    const stack = bed().declare({ bogus: { encoding: 'klingon' }, client: { encoding: 'SJIS' } })
    const mark = await bed().server.mark()
    const { audit, problems } = await stack.apply()
    t.is(audit.run.exit_code, 4)
    t.deepEqual(
      problems.map(({ application, field }) => [application, field]),
      [
        ['bogus', 'encoding'],
        ['client', 'encoding'],
      ],
    )
    t.deepEqual(await bed().server.changesSince(mark), [])
  })
}
