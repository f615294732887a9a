/** An access review: the sheet, what a spreadsheet makes of it, and what the next look says of its decisions. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { writeGovernance } from '../../../src/audit/governance/write.ts'
import { bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'
import { followAll } from '../../support/remedies.ts'
import { rowsOf } from '../../support/report-rows.ts'
import { decide, fromSpreadsheet, rightIn, sheetRows } from '../../support/review.ts'

const GUEST = { database_name: 'shop_dev_db' }
const APPLICATIONS: Readonly<Record<string, Entry>> = {
  shop: {},
  ed: { ...GUEST, access_level: 'editor' },
  rd: { ...GUEST, access_level: 'reader' },
  maker: { can_create_databases: true },
  watch: { access_level: 'none', member_of: ['maker'] },
}
/** A spreadsheet would run it. */
const FORMULA = '=cmd|calc'

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${String(version)}: `
  let stack: Stack
  let folder = ''
  let sheet = ''

  const save = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }
  const states = async (signed: string): Promise<{ wrong: readonly string[]; rows: Record<string, unknown>[] }> => {
    const { text, wrong } = await stack.review('json', { signed })
    return { wrong, rows: rowsOf(text, 'decisions') }
  }
  const told = (rows: readonly Record<string, unknown>[], state: string): string[] =>
    rows
      .filter((row) => row['state'] === state)
      .map(({ login, right, database }) =>
        rightIn({ login: String(login), right: String(right), database: String(database) }),
      )
      .sort()

  /** Below 15 everybody may create in the schema `public`, which is no owner's. */
  const open = version < 15 ? ['maker_dev_db', 'shop_dev_db'] : []

  test.serial.before(`${on}a stack, and what people granted besides`, async () => {
    folder = await mkdtemp(join(tmpdir(), 'rds-provision-review-'))
    stack = bed().declare(APPLICATIONS, { stack: 'review', tags: { team: 'payments' }, build_id: '100' })
    const { audit } = await stack.applyOk()
    const { problem } = await writeGovernance({ dir: join(folder, 'audit'), document: audit, matrix: null })
    if (problem !== null) throw new Error(problem.message)
    await bed().server.sql(`CREATE ROLE team; CREATE ROLE anna LOGIN; GRANT team TO anna; CREATE ROLE "${FORMULA}"`)
    await stack.sql(
      'shop',
      `CREATE SCHEMA app; CREATE TABLE public.orders (); CREATE TABLE app.secret ();
       GRANT CONNECT ON DATABASE shop_dev_db TO team, "${FORMULA}";
       GRANT USAGE ON SCHEMA app TO team; GRANT SELECT ON app.secret TO team`,
    )
    sheet = (await stack.review('csv', { governanceDir: join(folder, 'audit') })).text
  })

  test.serial(`${on}a line for each login and right, with what a reviewer has to know`, (t) => {
    const rows = sheetRows(sheet)
    t.deepEqual(rows.map((row) => `${rightIn(row)} | ${row['via'] ?? ''} | ${row['declared'] ?? ''}`).sort(), [
      "'=cmd|calc: grants on the database on shop_dev_db | direct | no",
      ...open.map((database) => `PUBLIC (everybody): grants on schema public on ${database} | PUBLIC | no`),
      'anna: member of team | membership | no',
      'dbmaster: CREATEROLE | attribute | no',
      'dbmaster: member of rds_superuser | membership | no',
      'ed_dev_user: editor on shop_dev_db | direct | yes',
      'maker_dev_user: CREATEDB | attribute | yes',
      'maker_dev_user: owner on maker_dev_db | owner | yes',
      'platform_provisioner: CREATEROLE | attribute | yes',
      'rd_dev_user: reader on shop_dev_db | direct | yes',
      'shop_dev_user: owner on shop_dev_db | owner | yes',
      'team: grants on schema app on shop_dev_db | direct | no',
      'team: grants on tables in schema app on shop_dev_db | direct | no',
      'team: grants on the database on shop_dev_db | direct | no',
      'watch_dev_user: member of maker_dev_user | membership | yes',
      'watch_dev_user: owner on maker_dev_db | membership | yes',
    ])
    t.like(
      rows.find(({ login }) => login === 'ed_dev_user'),
      {
        environment: 'dev',
        instance: 'db-1',
        stack: 'review',
        database_owner: 'shop',
        application: 'ed',
        details: `CONNECT, TEMP; public: ${version < 15 ? 'create objects, ' : ''}read and write rows`,
        logs_in_by: 'password',
        tags: 'team=payments',
        last_change_build: '100',
        last_change_by: 'arn:aws:sts::123456789012:assumed-role/deployer/test',
        decision: '',
        reviewer: '',
      },
    )
    t.true(sheet.startsWith('\ufeff'), 'a spreadsheet takes it for UTF-8')
    t.is(new Set(rows.map(({ id }) => id)).size, rows.length)
  })

  test.serial(
    `${on}what was decided is told as open, with what would do it, and as carried out once that is done`,
    async (t) => {
      const revoked = /^(ed_dev_user|anna|watch_dev_user|team|'=cmd)|CREATEDB/
      const signed = await save(
        'signed.csv',
        fromSpreadsheet(
          decide(sheet, (right) => (revoked.test(right) ? ' REVOKE' : 'Keep'))
            .reverse()
            .map((row) => ({ ticket: 'SEC-1; urgent', ...row, via: '' })),
        ),
      )
      const before = await states(signed)
      const undone = told(before.rows, 'not carried out yet')
      t.is(undone.length, 9)
      t.deepEqual(before.wrong, ['9 decisions are not carried out yet.'])
      t.is(told(before.rows, 'kept as decided').length, 6 + open.length)
      const remedyOf = (right: string): string =>
        String(before.rows.find((row) => `${String(row['login'])}: ${String(row['right'])}` === right)?.['remedy'])
      t.is(
        remedyOf('ed_dev_user: editor'),
        'take application_databases["ed"] out, and apply: its cleanup_policy is "disable"; or lower its access_level',
      )
      t.is(
        remedyOf('maker_dev_user: CREATEDB'),
        'set can_create_databases = false in application_databases["maker"], and apply',
      )
      t.is(
        remedyOf('watch_dev_user: member of maker_dev_user'),
        'take "maker" out of member_of of application_databases["watch"], and apply',
      )
      // As each says, and nothing else.
      for (const row of before.rows) if (row['decision'] === 'revoke') await followAll(bed(), String(row['remedy']))
      await stack.request('ed')
      const { ed: _, ...others } = APPLICATIONS
      stack.applications = { ...others, maker: {}, watch: { access_level: 'none' } }
      await stack.applyOk()
      const after = await states(signed)
      t.deepEqual(told(after.rows, 'carried out'), undone)
      t.deepEqual(after.wrong, [])
      t.deepEqual(told(after.rows, 'not on the sheet'), ['watch_dev_user: LOGIN'])
      stack.applications = APPLICATIONS
      await stack.applyOk()
    },
  )

  test.serial(`${on}nothing is called carried out that left the look and not the server`, async (t) => {
    await stack.sql('shop', 'GRANT CONNECT ON DATABASE shop_dev_db TO team')
    const { text } = await stack.review('csv')
    const revoked = /^(ed_dev_user: editor|rd_dev_user|team: grants on the database|maker_dev_user|shop_dev_user)/
    const signed = await save(
      'all.csv',
      fromSpreadsheet(decide(text, (right) => (revoked.test(right) ? 'revoke' : 'keep'))),
    )
    const stateOf = async (right: string): Promise<string> => {
      const { rows } = await states(signed)
      const found = rows.find(({ login, right: has }) => `${String(login)}: ${String(has)}` === right)
      return `${String(found?.['state'])}: ${String(found?.['note'])}`
    }
    const query = async (...statements: readonly string[]): Promise<void> => {
      for (const statement of statements) await bed().server.sql(statement)
    }

    // An attribute of a role that is managed no more.
    const { maker: _maker, watch: _watch, ...rest } = APPLICATIONS
    const released = { can_create_databases: true, cleanup_policy: 'release' }
    stack.applications = { ...rest, maker: released }
    await stack.applyOk()
    await stack.request('maker')
    stack.applications = rest
    await stack.applyOk()
    t.regex(await stateOf('maker_dev_user: CREATEDB'), /^not carried out yet: it is there still/)
    t.regex(await stateOf('maker_dev_user: owner'), /^not known: the database is there, and nobody looked/)

    // The same for everybody.
    await query('REVOKE CONNECT ON DATABASE shop_dev_db FROM team', 'GRANT CONNECT ON DATABASE shop_dev_db TO PUBLIC')
    t.regex(
      await stateOf('team: grants on the database'),
      /^not carried out yet: in its place, .*: PUBLIC \(everybody\): grants on the database on shop_dev_db/,
    )
    await stack.applyOk()
    t.regex(await stateOf('team: grants on the database'), /^carried out/)

    // Less, and more, than was there.
    const turned = { ed: { ...GUEST, access_level: 'reader' }, rd: { ...GUEST, access_level: 'editor' } }
    stack.applications = { ...rest, ...turned }
    await stack.applyOk()
    t.regex(await stateOf('ed_dev_user: editor'), /^not carried out yet: in its place, .*: ed_dev_user: reader/)
    t.regex(await stateOf('rd_dev_user: reader'), /^not carried out yet: in its place, .*: rd_dev_user: editor/)

    // A database that lets nobody in, has another name, or another owner.
    await query('ALTER DATABASE shop_dev_db CONNECTION LIMIT 0')
    t.regex(await stateOf('ed_dev_user: editor'), /^not known/)
    await query('ALTER DATABASE shop_dev_db CONNECTION LIMIT -1', 'ALTER DATABASE shop_dev_db RENAME TO shop2')
    t.regex(await stateOf('shop_dev_user: owner'), /^not carried out yet: in its place, .*: owner on shop2/)
    await query('ALTER DATABASE shop2 RENAME TO shop_dev_db', 'ALTER DATABASE shop_dev_db OWNER TO team')
    t.regex(await stateOf('shop_dev_user: owner'), /^not known/)
    await query('ALTER DATABASE shop_dev_db OWNER TO shop_dev_user')
    t.regex(await stateOf('shop_dev_user: owner'), /^not carried out yet: /)
  })
}
