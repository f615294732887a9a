/** What is wrong with one application stops that one: the others are done, and the next run tries again. */
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { ANY_VERSION, bedFor, type Entry, type Outcome, type Stack } from '../../support/provision.ts'

/** `crm` falls sick; `reads` shares its database; `shop` and `wiki` do not. */
const ENTRIES = {
  crm: { schemas: ['public', 'app'] },
  reads: { database_name: 'crm_dev_db', access_level: 'reader' },
  shop: {},
  wiki: {},
} as const

/** What every entry gets with the run in which crm is sick: a sign that it was done. */
function limited(entries: Readonly<Record<string, Entry>>, limit: number): Record<string, Entry> {
  return Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => [name, { ...entry, connection_limit: limit }]),
  )
}

interface Expected {
  readonly exit: 1 | 4
  readonly code: string
  readonly sick?: readonly string[]
  readonly left?: readonly string[]
}

/** The others are done, and the audit says of the sick what is the matter, and of the rest nothing wrong. */
function isIsolated(t: ExecutionContext, { audit, records, problems }: Outcome, expected: Expected): void {
  const { exit, code, sick = ['crm'], left = ['reads'] } = expected
  t.is(audit.run.exit_code, exit, audit.run.error ?? 'no error')
  t.is(audit.run.outcome, exit === 4 ? 'blocked' : 'failed')
  t.true(problems.every((problem) => problem.code === code && sick.includes(problem.application ?? '')))
  const { done, blocked, failed, not_begun: notBegun } = audit.run.applications ?? {}
  t.deepEqual([done, exit === 4 ? blocked : failed, notBegun], [4 - sick.length - left.length, sick, left])
  const concerned = sick.length + left.length
  t.regex(
    audit.run.error ?? '',
    new RegExp(`^${concerned} of 4 applications (is|are) not done: crm \\((blocked|failed)\\)`),
  )
  t.true(
    records
      .filter(({ status }) => status === 'blocked' || status === 'failed')
      .every(({ application }) => sick.includes(application ?? '')),
  )
  t.deepEqual(
    records.filter(({ action }) => action === 'not begun').map(({ application }) => application),
    left,
  )
}

async function limits(stack: Stack, names: readonly string[]): Promise<unknown[]> {
  const rows = await Promise.all(
    names.map((name) =>
      stack.sql('wiki', `SELECT rolconnlimit FROM pg_roles WHERE rolname = '${stack.username(name)}'`),
    ),
  )
  return rows.flat(2)
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  /** A stack of four, provisioned; each test has names of its own. */
  const provisioned = async (suffix: string): Promise<Stack> => {
    const named = (name: string): string => `${name}_${suffix}`
    const stack = bed().declare({
      ...ENTRIES,
      ...Object.fromEntries(
        Object.entries(ENTRIES).map(([name, entry]) => [
          name,
          {
            ...entry,
            username: named(`${name}_dev_user`),
            database_name: named('access_level' in entry ? 'crm_dev_db' : `${name}_dev_db`),
          },
        ]),
      ),
    })
    await stack.applyOk()
    return stack
  }
  const declareMore = (stack: Stack): void => {
    stack.applications = limited(stack.applications, 17)
  }

  test.serial(`${on}an owner changed by hand`, async (t) => {
    const stack = await provisioned('owner')
    await bed().server.sql('CREATE ROLE someone_else; ALTER DATABASE crm_dev_db_owner OWNER TO someone_else')
    declareMore(stack)
    const preview = await stack.preview()
    t.false(preview.stopped)
    t.deepEqual(
      preview.blocked.map(({ application, code }) => [application, code]),
      [['crm', 'owner_mismatch']],
    )
    t.deepEqual(preview.leftOut, ['crm', 'reads'])
    t.deepEqual(preview.moving, [])
    isIsolated(t, await stack.apply(), { exit: 4, code: 'owner_mismatch' })
    t.deepEqual(await limits(stack, ['crm', 'reads', 'shop', 'wiki']), [-1, -1, 17, 17])
    await bed().server.sql('ALTER DATABASE crm_dev_db_owner OWNER TO crm_dev_user_owner')
    const { audit } = await stack.applyOk()
    t.is(audit.run.applications?.done, 4)
    t.deepEqual(await limits(stack, ['crm', 'reads']), [17, 17])
  })

  test.serial(`${on}an invalid database`, async (t) => {
    const stack = await provisioned('invalid')
    await bed().server.sql(`UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'crm_dev_db_invalid'`)
    declareMore(stack)
    isIsolated(t, await stack.apply(), { exit: 4, code: 'invalid_database' })
    t.deepEqual(await limits(stack, ['shop', 'wiki']), [17, 17])
  })

  test.serial(`${on}comments on role and login overwritten: each its own`, async (t) => {
    const stack = await provisioned('comment')
    await bed().server.sql(
      `COMMENT ON ROLE crm_dev_user_comment IS 'the CRM'; COMMENT ON ROLE reads_dev_user_comment IS NULL`,
    )
    declareMore(stack)
    const outcome = await stack.apply()
    isIsolated(t, outcome, { exit: 4, code: 'unmanaged_role', sick: ['crm', 'reads'], left: [] })
    t.regex(outcome.problems[0]?.message ?? '', /still carries our tag/)
    t.deepEqual(await limits(stack, ['shop', 'wiki']), [17, 17])
  })

  test.serial(`${on}a guest that cannot be made stops nobody else`, async (t) => {
    const stack = await provisioned('guest')
    await bed().server.sql('CREATE ROLE taken_guest LOGIN')
    stack.applications = {
      ...limited(stack.applications, 17),
      crm_too: { database_name: 'crm_dev_db_guest', username: 'taken_guest', access_level: 'editor' },
    }
    const { audit } = await stack.apply()
    t.is(audit.run.exit_code, 4)
    t.deepEqual(audit.run.applications, { done: 4, blocked: ['crm_too'], failed: [], not_begun: [] })
    t.deepEqual(await limits(stack, ['crm', 'reads', 'shop', 'wiki']), [17, 17, 17, 17])
  })

  test.serial(`${on}an editor made the schema that the owner declares next`, async (t) => {
    const stack = await provisioned('schema')
    await bed().server.sql('CREATE SCHEMA theirs', [], 'crm_dev_db_schema')
    stack.applications = limited(
      { ...stack.applications, crm: { ...stack.applications['crm'], schemas: ['public', 'app', 'theirs'] } },
      17,
    )
    isIsolated(t, await stack.apply(), { exit: 4, code: 'schema' })
    t.deepEqual(await limits(stack, ['shop', 'wiki']), [17, 17])
  })

  test.serial(`${on}an open transaction of a login that the run has to alter`, async (t) => {
    const stack = await provisioned('locked')
    declareMore(stack)
    const holder = await stack.connect('crm')
    await holder.query(`BEGIN; ALTER ROLE crm_dev_user_locked PASSWORD 'hunter2'`)
    const started = Date.now()
    const outcome = await stack.apply()
    const elapsed = Date.now() - started
    isIsolated(t, outcome, { exit: 1, code: 'statement_failed' })
    t.false(JSON.stringify(outcome.audit).includes('hunter2'))
    t.true(elapsed < 10_000, `took ${String(elapsed)} ms`)
    t.deepEqual(await limits(stack, ['crm', 'shop', 'wiki']), [-1, 17, 17])
    await holder.query('ROLLBACK')
    await holder.end()
    await stack.applyOk()
  })

  test.serial(`${on}an open transaction in a database that the run has to change`, async (t) => {
    const stack = await provisioned('inside')
    stack.applications = {
      ...limited(stack.applications, 17),
      late: { database_name: 'crm_dev_db_inside', username: 'late_inside', access_level: 'reader' },
    }
    const holder = await stack.connect('crm')
    await holder.query(`BEGIN; GRANT USAGE ON SCHEMA app TO PUBLIC; COMMENT ON DATABASE crm_dev_db_inside IS NULL`)
    const { audit } = await stack.apply()
    t.is(audit.run.exit_code, 1)
    t.true(audit.run.applications?.failed.includes('late'))
    t.deepEqual(await limits(stack, ['shop', 'wiki']), [17, 17])
    await holder.query('ROLLBACK')
    await holder.end()
    await stack.applyOk()
  })

  test.serial(`${on}a login that ends our look at its database`, async (t) => {
    const stack = await provisioned('ends')
    declareMore(stack)
    const killer = await stack.connect('crm', 'postgres')
    const attack = { isOver: false }
    const loop = (async () => {
      while (!attack.isOver) {
        await killer.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE usename = current_user AND pid <> pg_backend_pid() AND application_name LIKE 'rds-provision%'`)
        await sleep(1)
      }
    })()
    let isTold = false
    // A look takes milliseconds, so not each is met.
    for (let run = 0; run < 30 && !isTold; run += 1) {
      const { audit, records } = await stack.apply()
      t.is(audit.run.exit_code, 0, audit.run.error ?? '')
      isTold = records.some(({ application, status }) => application === 'crm' && status === 'warning')
    }
    attack.isOver = true
    await loop
    await killer.end()
    t.deepEqual(await limits(stack, ['crm', 'reads', 'shop', 'wiki']), [17, 17, 17, 17])
    t.true(isTold)
  })

  test.serial(
    `${on}an owner that gives rights to another application's login, and holds them: its own trouble, and an end`,
    async (t) => {
      const stack = await provisioned('stranger')
      declareMore(stack)
      await stack.sql('crm', 'GRANT CONNECT ON DATABASE crm_dev_db_stranger TO shop_dev_user_stranger')
      const holder = await stack.connect('crm')
      await holder.query('BEGIN; GRANT CREATE ON DATABASE crm_dev_db_stranger TO wiki_dev_user_stranger')
      // The session of the holder is not that of a loser, so it goes on holding.
      const outcome = await stack.apply()
      isIsolated(t, outcome, { exit: 1, code: 'statement_failed' })
      t.deepEqual(await limits(stack, ['shop', 'wiki']), [17, 17])
      await holder.query('ROLLBACK')
      await holder.end()
      await stack.applyOk()
    },
  )

  test.serial(`${on}a guest that is lowered keeps nothing by holding a lock`, async (t) => {
    const stack = await provisioned('lowered')
    stack.applications = { ...stack.applications, reads: { ...stack.applications['reads'], access_level: 'editor' } }
    await stack.applyOk()
    await stack.sql('crm', 'CREATE TABLE app.t (x int)')
    await stack.applyOk()
    const holder = await stack.connect('reads')
    holder.on('error', () => {}) // ended by the run
    await holder.query('BEGIN; GRANT SELECT ON app.t TO PUBLIC')
    stack.applications = { ...stack.applications, reads: { ...stack.applications['reads'], access_level: 'reader' } }
    await stack.applyOk()
    t.is(await stack.answer('reads', 'INSERT INTO app.t VALUES (1)', 'crm_dev_db_lowered'), '42501')
  })

  test.serial(`${on}a guest that is lowered keeps nothing by holding its own role`, async (t) => {
    const stack = await provisioned('own_role')
    stack.applications = { ...stack.applications, reads: { ...stack.applications['reads'], access_level: 'editor' } }
    await stack.sql('crm', 'CREATE TABLE app.t (x int)')
    await stack.applyOk()
    const holder = await stack.connect('reads', 'postgres')
    holder.on('error', () => {}) // ended by the run
    await holder.query(`BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'hunter2'`)
    const reads = { ...stack.applications['reads'], access_level: 'reader', connection_limit: 17 }
    stack.applications = { ...stack.applications, reads }
    await stack.applyOk()
    t.is(await stack.answer('reads', 'INSERT INTO app.t VALUES (1)', 'crm_dev_db_own_role'), '42501')
    t.deepEqual(await limits(stack, ['reads']), [17])
  })

  test.serial(`${on}a new claim that cannot be made stops the run before its first change`, async (t) => {
    const stack = await provisioned('claim')
    await bed().server.sql('CREATE DATABASE of_somebody')
    stack.applications = { ...limited(stack.applications, 17), new: { database_name: 'of_somebody' } }
    const { audit, records } = await stack.apply()
    t.is(audit.run.exit_code, 4)
    t.is(audit.run.applications, null)
    t.deepEqual(await limits(stack, ['crm', 'shop', 'wiki']), [-1, -1, -1])
    t.deepEqual(
      records.map(({ application, status, action }) => [application, status, action]),
      [
        ['new', 'blocked', 'owner mismatch'],
        [null, 'skipped', 'not begun'],
      ],
    )
  })
}
