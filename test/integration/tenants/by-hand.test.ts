/**
 * What people rename, drop and exchange by hand is found by its tag, told, and never made anew in silence (src/README.md:
 * What people rename and drop).
 */
import test, { type ExecutionContext } from 'ava'
import type { Problem } from '../../../src/model/problem.ts'
import { ANY_VERSION, bedFor, type Outcome, type Stack } from '../../support/provision.ts'
import { followAll } from '../../support/remedies.ts'

/** Only these applications are blocked, each for this; all others are done. */
function isBlocked(t: ExecutionContext, { audit, problems }: Outcome, code: string, names: readonly string[]): Problem {
  t.is(audit.run.exit_code, 4, audit.run.error ?? '')
  t.deepEqual(
    problems.map((problem) => `${problem.application ?? ''}: ${problem.code}`),
    names.map((name) => `${name}: ${code}`),
  )
  t.deepEqual(audit.run.applications?.blocked, names)
  t.true((audit.run.applications?.done ?? 0) > 0)
  const [first] = problems
  if (first === undefined) throw new Error('nothing was blocked')
  return first
}

function warned({ records }: Outcome): string[] {
  // On 14 the schema public is open, which every run tells.
  return records
    .filter(({ status, message }) => status === 'warning' && !message.startsWith('everybody'))
    .map(({ message }) => message)
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  const databasesOf = async (stack: Stack, ...applications: readonly string[]): Promise<string[]> => {
    const owners = applications.map((name) => `'${stack.username(name)}'`).join()
    const rows = await bed().server.sql(
      `SELECT datname::text AS name FROM pg_database WHERE pg_get_userbyid(datdba) IN (${owners}) ORDER BY 1`,
    )
    return rows.map(({ name }) => String(name))
  }
  const provisioned = async (prefix: string, entry: object = {}): Promise<Stack> => {
    const stack = bed().declare({ [prefix]: { ...entry }, [`${prefix}_other`]: {} })
    await stack.applyOk()
    await stack.sql(prefix, 'CREATE TABLE public.kept (x int)')
    await bed().server.forget(stack.database(prefix))
    return stack
  }
  const done = async (t: ExecutionContext, stack: Stack): Promise<void> => {
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  }

  test.serial(`${on}a renamed database is found by its tag, and its statement gives the name back`, async (t) => {
    const stack = await provisioned('moved', { cleanup_policy: 'delete', recreate_missing: true })
    await bed().server.sql('ALTER DATABASE moved_dev_db RENAME TO moved_dev_db_old')
    stack.applications = { ...stack.applications, moved_new: {} }
    const outcome = await stack.apply()
    const { message, remedy } = isBlocked(t, outcome, 'renamed_database', ['moved'])
    t.regex(message, /^the database moved_dev_db is not there, and moved_dev_db_old, which moved_dev_user owns/)
    t.deepEqual(await databasesOf(stack, 'moved', 'moved_new'), ['moved_dev_db_old', 'moved_new_dev_db'])
    const told = outcome.records
      .filter(({ database }) => database === 'moved_dev_db_old')
      .map((record) => record.message)
    t.deepEqual(told, [
      'database moved_dev_db_old carries the tag of moved, whose database moved_dev_db is not there: nothing was changed in it',
    ])
    t.is(await followAll(bed(), remedy), 1)
    await done(t, stack)
    t.is(await stack.answer('moved', 'SELECT FROM public.kept'), 'ok')
  })

  test.serial(`${on}a dropped database is made anew only where its entry says so`, async (t) => {
    const stack = await provisioned('gone')
    await bed().server.sql('DROP DATABASE gone_dev_db')
    stack.variables = { ...stack.variables, build_id: 'build-2' }
    t.regex(isBlocked(t, await stack.apply(), 'missing_database', ['gone']).message, /had existed since build build-1:/)
    t.deepEqual(await databasesOf(stack, 'gone'), [])
    stack.applications = { ...stack.applications, gone: { recreate_missing: true } }
    const made = (await stack.applyOk()).records.find(
      ({ database, object }) => object === 'database' && database === 'gone_dev_db',
    )
    t.regex(made?.message ?? '', /new and empty \(recreate_missing\), for the one that had existed since build build-1/)
    await done(t, stack)
    await bed().server.sql('DROP DATABASE gone_dev_db')
    stack.applications = { ...stack.applications, gone: {} }
    isBlocked(t, await stack.apply(), 'missing_database', ['gone'])
  })

  test.serial(`${on}databases that exchanged names: each has its own again by the statements of one`, async (t) => {
    const stack = await provisioned('left')
    stack.applications = { ...stack.applications, right: {} }
    await stack.applyOk()
    for (const [from, to] of [
      ['left', 'aside'],
      ['right', 'left'],
      ['aside', 'right'],
    ])
      await bed().server.sql(`ALTER DATABASE ${String(from)}_dev_db RENAME TO ${String(to)}_dev_db`)
    const { remedy } = isBlocked(t, await stack.apply(), 'renamed_database', ['left', 'right'])
    t.is(await followAll(bed(), remedy), 1)
    await done(t, stack)
    t.is(await stack.answer('left', 'SELECT FROM public.kept'), 'ok')
    t.deepEqual(await databasesOf(stack, 'left', 'right'), ['left_dev_db', 'right_dev_db'])
  })

  test.serial(`${on}a database renamed onto the name of another that was renamed too`, async (t) => {
    const stack = await provisioned('first')
    stack.applications = { ...stack.applications, second: {} }
    await stack.applyOk()
    await bed().server.sql('ALTER DATABASE first_dev_db RENAME TO first_dev_db_old')
    await bed().server.sql('ALTER DATABASE second_dev_db RENAME TO first_dev_db')
    const { remedy } = isBlocked(t, await stack.apply(), 'renamed_database', ['first', 'second'])
    t.is(await followAll(bed(), remedy), 1)
    await done(t, stack)
  })

  test.serial(`${on}several databases with the tag, and one that lost it: told, and nothing made`, async (t) => {
    const stack = await provisioned('twin', { can_create_databases: true })
    await bed().server.sql('ALTER DATABASE twin_dev_db RENAME TO twin_a')
    const tag = `(SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'twin_a')`
    const [row] = await bed().server.sql(`SELECT ${tag} AS tag`)
    await stack.sql('twin', 'CREATE DATABASE twin_b', 'postgres')
    await bed().server.sql(`COMMENT ON DATABASE twin_b IS '${String(row?.['tag'])}'`)
    t.regex(isBlocked(t, await stack.apply(), 'renamed_database', ['twin']).message, /carry its tag: twin_a, twin_b\.$/)
    await bed().server.sql('COMMENT ON DATABASE twin_a IS NULL; COMMENT ON DATABASE twin_b IS NULL')
    t.regex(
      isBlocked(t, await stack.apply(), 'missing_database', ['twin']).message,
      /Look at twin_a \(twin_dev_user\), twin_b/,
    )
    t.deepEqual(await databasesOf(stack, 'twin'), ['twin_a', 'twin_b'])
  })

  test.serial(`${on}another database_name is a wish, and no database that was lost`, async (t) => {
    const stack = await provisioned('wish')
    stack.applications = { ...stack.applications, wish: { database_name: 'wish_new' } }
    await stack.applyOk()
    t.deepEqual(await databasesOf(stack, 'wish'), ['wish_dev_db', 'wish_new'])
  })

  test.serial(`${on}a role of an older tag: its missing database is not made anew`, async (t) => {
    const stack = await provisioned('elder')
    const tag = `(SELECT shobj_description(oid, 'pg_authid')::jsonb - 'OwnedDatabase' FROM pg_roles WHERE rolname = 'elder_dev_user')`
    const [row] = await bed().server.sql(`SELECT ${tag}::text AS tag`)
    await bed().server.sql(`COMMENT ON ROLE elder_dev_user IS '${String(row?.['tag'])}'; `)
    await bed().server.sql('DROP DATABASE elder_dev_db')
    isBlocked(t, await stack.apply(), 'missing_database', ['elder'])
  })

  test.serial(`${on}a first run that was cut off before its database goes on by itself`, async (t) => {
    const stack = await provisioned('cut')
    stack.applications = { ...stack.applications, half: { encoding: 'LATIN1', locale: 'C.UTF-8' } }
    t.is((await stack.apply()).audit.run.exit_code, 1)
    t.deepEqual(await databasesOf(stack, 'half'), [])
    stack.applications = { ...stack.applications, half: {} }
    await stack.applyOk()
    t.deepEqual(await databasesOf(stack, 'half'), ['half_dev_db'])
    await done(t, stack)
  })

  test.serial(`${on}a renamed role gets its name back by one statement, and its login works`, async (t) => {
    const stack = await provisioned('named')
    await bed().server.sql('ALTER ROLE named_dev_user RENAME TO named_by_hand')
    const { message, remedy } = isBlocked(t, await stack.apply(), 'renamed_role', ['named'])
    t.regex(message, /named_by_hand carries its tag, owns named_dev_db: it was renamed by hand/)
    t.notRegex(remedy, /REASSIGN|MD5/)
    await bed().server.sql('ALTER DATABASE named_dev_db RENAME TO named_dev_db_old')
    isBlocked(t, await stack.apply(), 'renamed_role', ['named'])
    await bed().server.sql('ALTER DATABASE named_dev_db_old RENAME TO named_dev_db')
    t.is(await followAll(bed(), remedy), 1)
    await done(t, stack)
    t.is(await stack.answer('named', 'SELECT FROM public.kept'), 'ok')
  })

  test.serial(
    `${on}owners whose roles exchanged names stop themselves alone, and the statements of one help`,
    async (t) => {
      const stack = bed().declare({ one: {}, two: {}, three: {}, fourth: {} }, { stack: 'exchanged' })
      await stack.applyOk()
      const keys = ['one', 'two', 'three']
      for (const key of keys) await stack.sql(key, `CREATE TABLE public.of_${key} (x int)`)
      const names = keys.map((key) => stack.username(key))
      const moves = names.map((name, index) => `ALTER ROLE ${name} RENAME TO moved_${String(index)}`)
      const back = names.map((name, index) => `ALTER ROLE moved_${String((index + 1) % 3)} RENAME TO ${name}`)
      await bed().server.sql([...moves, ...back].join('; '))
      const { message, remedy } = isBlocked(t, await stack.apply(), 'renamed_role', ['one', 'three', 'two'])
      t.regex(message, /is the role of another application by now, and \w+ carries its tag, owns one_dev_db/)
      t.is(await followAll(bed(), remedy), 1)
      await stack.applyOk()
      await done(t, stack)
      for (const key of keys) t.is(await stack.answer(key, `ALTER TABLE public.of_${key} ADD y int`), 'ok')
      t.is(await stack.answer('one', 'SELECT', stack.database('two')), '42501')
    },
  )

  test.serial(`${on}a guest and an owner whose roles exchanged names: neither gets or loses anything`, async (t) => {
    const stack = bed().declare(
      {
        house: { username: 'mixed_house', database_name: 'mixed_db' },
        shop: { username: 'mixed_shop', database_name: 'mixed_shop_db' },
        analyst: { username: 'mixed_analyst', database_of: 'shop', access_level: 'reader' },
      },
      { stack: 'mixed' },
    )
    await stack.applyOk()
    await stack.sql('shop', 'CREATE TABLE public.sold (x int)')
    await bed().server.sql(
      'ALTER ROLE mixed_house RENAME TO beside; ALTER ROLE mixed_analyst RENAME TO mixed_house; ALTER ROLE beside RENAME TO mixed_analyst',
    )
    const blocked = await stack.apply()
    const { remedy } = isBlocked(t, blocked, 'renamed_role', ['analyst', 'house'])
    t.deepEqual(
      blocked.records.filter(({ status }) => ['created', 'updated', 'removed'].includes(status)),
      [],
    )
    t.is(await stack.answer('analyst', 'CREATE TABLE public.taken ()', 'mixed_db'), '28P01')
    t.is(await followAll(bed(), remedy), 1)
    await done(t, stack)
    t.is(await stack.answer('analyst', 'SELECT FROM public.sold'), 'ok')
  })

  test.serial(`${on}an owner whose name a stranger has: it stops itself alone`, async (t) => {
    const stack = await provisioned('taken')
    await bed().server.sql('ALTER ROLE taken_dev_user RENAME TO taken_before; CREATE ROLE taken_dev_user LOGIN')
    const { audit, problems } = await stack.apply()
    t.true(problems.some(({ code }) => code === 'owner_mismatch'))
    t.deepEqual(audit.run.applications?.blocked, ['taken'], audit.run.error ?? '')
    t.is(audit.run.applications?.done, 1)
  })

  test.serial(
    `${on}a role that was dropped, with its database left to somebody else, stops itself alone`,
    async (t) => {
      const stack = await provisioned('dropped')
      await bed().server.sql('ALTER DATABASE dropped_dev_db OWNER TO dbmaster')
      await bed().server.sql(
        'REASSIGN OWNED BY dropped_dev_user TO dbmaster; DROP OWNED BY dropped_dev_user',
        [],
        'dropped_dev_db',
      )
      await bed().server.sql('DROP OWNED BY dropped_dev_user; DROP ROLE dropped_dev_user')
      await bed().server.forget('dropped_dev_db')
      isBlocked(t, await stack.apply(), 'owner_mismatch', ['dropped'])
      t.deepEqual(await bed().server.sql(`SELECT FROM pg_roles WHERE rolname = 'dropped_dev_user'`), [])
    },
  )

  test.serial(
    `${on}a listed schema that was renamed: a new one is made, and the other is named beside it`,
    async (t) => {
      const stack = bed().declare({ mart: { schemas: ['public', 'mart'] }, beside: {} })
      t.deepEqual(warned(await stack.applyOk()), [])
      await stack.sql('mart', 'CREATE TABLE mart.kept (x int); ALTER SCHEMA mart RENAME TO mart_old')
      const caution =
        'schema mart of mart_dev_db was not there, and a new, empty one is made; where it was renamed by hand, it is one of ' +
        'those that are not listed: mart_old'
      const { plan } = await stack.preview()
      t.true(plan.findings.some(({ status, message }) => status === 'warning' && message === caution))
      t.deepEqual(warned(await stack.applyOk()), [caution])
      t.deepEqual(warned(await stack.applyOk()), [])
    },
  )
}
