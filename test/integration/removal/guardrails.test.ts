/**
 * What stands in the way of a removal (src/README.md: Guardrails): exit 4, everything named at once, nothing changed but
 * that the login is closed once it is known to be ours.
 */
import test, { type ExecutionContext } from 'ava'
import { difference, dump } from '../../support/catalogs.ts'
import {
  type Bed,
  bedFor,
  type Entry,
  type Outcome,
  type Stack,
  type Target,
  VERSIONS,
} from '../../support/provision.ts'

interface Tag {
  readonly title: string
  readonly tag: Readonly<Record<string, string>> | null
  readonly message: RegExp
}

/** Tags of the owner's role with which a removal by name is refused. */
const TAGS: readonly Tag[] = [
  { title: 'no tag', tag: null, message: /carries no tag of this tool/ },
  {
    title: 'a comment that only looks like one',
    tag: { ManagedBy: 'somebody' },
    message: /carries no tag of this tool/,
  },
  {
    title: 'another stack',
    tag: { ManagedBy: 'platform', Stack: 'other', Environment: 'dev', Application: 'app' },
    message: /belongs to the stack "other" \(environment dev, application app\)/,
  },
  {
    title: 'another environment',
    tag: { ManagedBy: 'platform', Stack: 'mine', Environment: 'prod', Application: 'app' },
    message: /environment prod/,
  },
]

/** What a removal may do to a login of its own that it then leaves where it is: it is asked to go, and closed. */
const CLOSED = /^ALTER ROLE "(?:""|[^"])+" NOLOGIN$|^COMMENT ON ROLE .*"Removal":/
const NOTE = / \S+ can no longer log in; the next run tries again\.$/

/** Without what its access ended by. */
function besidesLogin(lines: readonly string[]): string[] {
  const plain = (line: string): string =>
    line
      .replace(/"rolcanlogin":(true|false)/, '')
      .replace(/,\\"Removal\\":\{.*?\}\}/, '')
      .replace(/^[-+] roles: /, '')
  const roles = lines.filter((line) => /^[-+] roles: /.test(line)).map(plain)
  return lines.filter((line) => roles.filter((role) => role === plain(line)).length !== 2)
}

/** Blocked, with these problems in any order, by preview and removal alike; no other catalog row and statement. */
async function isBlocked(
  t: ExecutionContext,
  bed: Bed,
  stack: Stack,
  target: Target,
  messages: readonly RegExp[],
): Promise<Outcome> {
  const before = await dump(bed.server)
  const mark = await bed.server.mark()
  const snapshots = bed.aws.callsTo('CreateDBSnapshot').length
  const outcome = await stack.destroy(target)
  const { audit, problems, records } = outcome
  t.is(audit.run.exit_code, 4, audit.run.error ?? '')
  t.is(audit.run.outcome, 'blocked')
  t.is(problems.length, messages.length, audit.run.error ?? '')
  for (const message of messages)
    t.true(
      problems.some((problem) => message.test(`${problem.message} ${problem.remedy}`)),
      `${String(message)} in ${audit.run.error ?? ''}`,
    )
  t.is(audit.summary.blocked, records.filter(({ status }) => status === 'blocked').length)
  t.true(audit.summary.blocked >= problems.length)
  t.deepEqual(
    records.flatMap(({ statements }) => statements).filter((text) => !CLOSED.test(text)),
    [],
  )
  t.deepEqual(
    (await bed.server.changesSince(mark)).filter((text) => !CLOSED.test(text)),
    [],
  )
  t.deepEqual(besidesLogin(difference(before, await dump(bed.server))), [])
  t.is(bed.aws.callsTo('CreateDBSnapshot').length, snapshots)
  return outcome
}

/** The preview tells the same as the removal. */
async function isForeseen(t: ExecutionContext, stack: Stack, target: Target, { problems }: Outcome): Promise<void> {
  t.deepEqual(
    (await stack.previewDestroy(target)).blocked,
    problems.map((problem) => ({ ...problem, message: problem.message.replace(NOTE, '') })),
  )
}

const DELETED: Entry = { cleanup_policy: 'delete' }

for (const version of VERSIONS) {
  const bed = bedFor(version, { settings: { max_prepared_transactions: '5', wal_level: 'logical' } })
  const on = `PostgreSQL ${version}: `
  const shared = { database_name: 'shop_dev_db', cleanup_policy: 'delete' }

  test.serial.before(`${on}RDS knows the instance`, () => {
    bed().aws.putInstance('db-1')
  })

  test.serial(`${on}blocked: tags that disagree with what is asked for`, async (t) => {
    const stack = bed().declare({ app: DELETED }, { stack: 'mine' })
    await stack.applyOk()
    const [row] = await bed().server.sql(`SELECT shobj_description('app_dev_user'::regrole, 'pg_authid') AS comment`)
    for (const { title, tag, message } of TAGS) {
      await bed().server.sql(`COMMENT ON ROLE app_dev_user IS ${tag === null ? 'NULL' : `'${JSON.stringify(tag)}'`}`)
      t.log(title)
      await isForeseen(t, stack, 'app', await isBlocked(t, bed(), stack, 'app', [message]))
    }
    await bed().server.sql(`COMMENT ON ROLE app_dev_user IS '${String(row?.['comment'])}'`)
    await bed().server.sql('ALTER DATABASE app_dev_db OWNER TO dbmaster')
    await isBlocked(t, bed(), stack, 'app', [
      /database app_dev_db belongs to dbmaster, which is not managed by this stack.*OWNER TO "app_dev_user"/,
    ])
    await bed().server.sql('ALTER DATABASE app_dev_db OWNER TO app_dev_user')
    await stack.destroyOk('app')
  })

  test.serial(
    `${on}left as they are, with exit 0: what the tags give to another application of the stack by now`,
    async (t) => {
      const stack = bed().declare({ before: { ...DELETED, username: 'kept_user', database_name: 'kept_db' } })
      await stack.applyOk()
      const marker = stack.applications
      stack.applications = { after: { ...DELETED, username: 'kept_user', database_name: 'kept_db' } }
      const { records } = await stack.applyOk()
      t.true(
        records.some(
          ({ object, action, status, message }) =>
            object === 'role' &&
            action === 'renamed' &&
            status === 'updated' &&
            message.includes('Application before -> after'),
        ),
      )
      stack.applications = marker
      const full = await dump(bed().server)
      const outcome = await stack.destroyOk('before')
      t.deepEqual(difference(full, await dump(bed().server)), [])
      t.deepEqual(
        outcome.records.map(({ action, status }) => [action, status]),
        [['keep', 'skipped']],
      )
      t.regex(outcome.records[0]?.message ?? '', /now belongs to the application after/)
      stack.applications = { after: { ...DELETED, username: 'kept_user', database_name: 'kept_db' } }
      await stack.destroyOk('after')
    },
  )

  test.serial(
    `${on}blocked before anything is read: approvals outside dev, each by itself; not under retain`,
    async (t) => {
      const stack = bed().declare({ far: {} }, { environment: 'prod', cleanup_policy: 'delete' })
      stack.env = { ALLOW_DB_PROVISION: 'true' }
      await stack.applyOk()
      const approvals: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
        [{}, /Set ALLOW_DB_PROVISION=true and ALLOW_DB_DESTROY=true/],
        [{ ALLOW_DB_PROVISION: 'true' }, /Set ALLOW_DB_DESTROY=true in/],
        [{ ALLOW_DB_DESTROY: 'true' }, /Set ALLOW_DB_PROVISION=true in/],
        [{ ALLOW_DB_PROVISION: 'true', ALLOW_DB_DESTROY: 'yes' }, /Set ALLOW_DB_DESTROY=true in/],
      ]
      for (const [env, message] of approvals) {
        stack.env = env
        const calls = bed().aws.calls.length
        const mark = await bed().server.mark()
        t.is((await isBlocked(t, bed(), stack, 'far', [message])).audit.run.approval, 'missing')
        t.is(bed().aws.calls.length, calls)
        t.is(await bed().server.connectionsSince(mark), 0)
        t.regex((await stack.previewDestroy('far')).approval?.remedy ?? '', message)
      }
      stack.env = { RDS_CLEANUP_POLICY: 'retain' }
      t.is((await stack.destroyOk('far')).audit.run.approval, 'not_required')
      stack.env = { ALLOW_DB_PROVISION: 'true', ALLOW_DB_DESTROY: 'true' }
      t.is((await stack.destroyOk('far')).audit.run.approval, 'approved')
    },
  )

  test.serial(`${on}blocked: reserved names, and the database that the admin connects to`, async (t) => {
    const stack = bed().declare({ a: { username: 'platform_provisioner', database_name: 'rdsadmin', ...DELETED } })
    await isForeseen(t, stack, 'a', await isBlocked(t, bed(), stack, 'a', [/platform_provisioner/, /rdsadmin/]))
    const home = bed().declare({ home: DELETED })
    await home.applyOk()
    await bed().server.sql('GRANT CONNECT ON DATABASE home_dev_db TO platform_provisioner')
    home.variables = {
      ...home.variables,
      instance: {
        ...bed().server.admin,
        host: 'localhost',
        port: bed().server.port,
        identifier: 'db-1',
        database: 'home_dev_db',
        user: undefined,
        password: undefined,
      },
    }
    await isBlocked(t, bed(), home, 'home', [/home_dev_db is the one that the admin connects to/])
  })

  test.serial(
    `${on}blocked: what the role owns, granted or is named by in other databases, all of it by name`,
    async (t) => {
      const stack = bed().declare({ shop: DELETED, ed: { ...shared, access_level: 'editor' }, far: {} })
      await stack.applyOk()
      for (const sql of ['CREATE DATABASE foreign_db', 'CREATE ROLE outsider']) await bed().server.sql(sql)
      const own = `CREATE SCHEMA theirs AUTHORIZATION ROLE_; CREATE TABLE theirs.t (id int); ALTER TABLE theirs.t OWNER TO ROLE_; CREATE FUNCTION theirs.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
      ALTER FUNCTION theirs.f() OWNER TO ROLE_; CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; ALTER SERVER s OWNER TO ROLE_; ALTER DEFAULT PRIVILEGES FOR ROLE ROLE_ GRANT SELECT ON TABLES TO outsider;
      CREATE TABLE pub (id int); CREATE POLICY pol ON pub TO ROLE_; SELECT lo_create(4712); ALTER LARGE OBJECT 4712 OWNER TO ROLE_;
      CREATE TABLE loan (id int); GRANT SELECT ON loan TO ROLE_ WITH GRANT OPTION; SET ROLE ROLE_; GRANT SELECT ON loan TO outsider; RESET ROLE; GRANT INSERT ON loan TO ROLE_`
      await bed().server.sql(own.replaceAll('ROLE_', 'shop_dev_user'), [], 'foreign_db')
      await bed().server.sql(
        'CREATE SCHEMA mine AUTHORIZATION ed_dev_user; CREATE VIEW mine.v AS SELECT 1; ALTER VIEW mine.v OWNER TO ed_dev_user',
        [],
        'shop_dev_db',
      )
      await bed().server.sql(
        'CREATE TABLE scratch (id int); ALTER TABLE scratch OWNER TO ed_dev_user',
        [],
        'far_dev_db',
      )
      for (const database of ['foreign_db', 'shop_dev_db', 'far_dev_db']) await bed().server.forget(database)
      const shop = await isBlocked(t, bed(), stack, 'shop', [
        /shop_dev_user owns schema theirs in database foreign_db.*REASSIGN OWNED BY "shop_dev_user"/,
        /owns table theirs\.t in/,
        /owns function theirs\.f\(\) in/,
        /owns server s in/,
        /owns default privileges on new relations/,
        /is named by policy pol on table pub|policy pol/,
        /owns large object 4712/,
        /holds privileges on TABLE public\.loan in database foreign_db, granted by .*not managed/,
        /granted outsider privileges on TABLE public\.loan/,
      ])
      await isForeseen(t, stack, 'shop', shop)
      await isBlocked(t, bed(), stack, 'ed', [
        /ed_dev_user owns schema mine in database shop_dev_db/,
        /owns view mine\.v in/,
        /owns table (public\.)?scratch in database far_dev_db/,
      ])
      await bed().server.sql('DROP DATABASE foreign_db')
      // What lies inside the database that goes is no obstacle: it goes with it, and the audit says whose it was.
      const outcome = await stack.destroyOk('shop')
      t.true(
        outcome.records.some(
          ({ action, object, message }) =>
            action === 'drop' && object === 'database' && message.includes('with what ed_dev_user own in it'),
        ),
      )
      await isBlocked(t, bed(), stack, 'ed', [/owns table (public\.)?scratch in database far_dev_db/])
      await bed().server.sql('DROP TABLE scratch', [], 'far_dev_db')
      await bed().server.forget('far_dev_db')
      await stack.destroyOk('ed')
    },
  )

  test.serial(`${on}blocked: prepared transactions`, async (t) => {
    const stack = bed().declare({ busy: DELETED })
    await stack.applyOk()
    await stack.sql('busy', `BEGIN; CREATE TABLE t (id int); PREPARE TRANSACTION 'half done'`)
    await isForeseen(
      t,
      stack,
      'busy',
      await isBlocked(t, bed(), stack, 'busy', [
        /database busy_dev_db has the prepared transaction half done of busy_dev_user/,
      ]),
    )
    await bed().server.sql(`ROLLBACK PREPARED 'half done'`, [], 'busy_dev_db')
    await bed().server.forget('busy_dev_db')
    await stack.destroyOk('busy')
  })

  test.serial(
    `${on}without pg_signal_backend the owner's sessions are ended with the database, and others' block by name`,
    async (t) => {
      const stack = bed().declare({ shop: DELETED, ed: { ...shared, access_level: 'editor' } })
      await stack.applyOk()
      await bed().server.sql('SET ROLE dbmaster; REVOKE pg_signal_backend FROM platform_provisioner; RESET ROLE')
      const [owner, guest] = [await stack.connect('shop'), await stack.connect('ed')]
      for (const client of [owner, guest]) client.on('error', () => {}) // ended by the server
      try {
        await isForeseen(
          t,
          stack,
          'shop',
          await isBlocked(t, bed(), stack, 'shop', [
            /ed_dev_user has 1 session\(s\) in database shop_dev_db, which platform_provisioner may not end.*GRANT "pg_signal_backend" TO "platform_provisioner";/,
          ]),
        )
        stack.applications = {
          shop: { cleanup_policy: 'snapshot-and-delete' },
          ed: { ...shared, access_level: 'editor' },
        }
        // Before a snapshot nothing may write any more, so its own sessions count too.
        await isBlocked(t, bed(), stack, 'shop', [/ed_dev_user has 1 session/, /shop_dev_user has 1 session/])
        stack.applications = { shop: DELETED, ed: { ...shared, access_level: 'editor' } }
        await isBlocked(t, bed(), stack, 'ed', [/ed_dev_user has 1 session\(s\) in database shop_dev_db/])
        await guest.end()
        await stack.destroyOk('ed')
        await stack.destroyOk('shop')
      } finally {
        await bed().server.sql('SET ROLE dbmaster; GRANT pg_signal_backend TO platform_provisioner; RESET ROLE')
      }
    },
  )
}
