/** The audit is the truth: every changing statement is in it and nothing else, every record stands alone, no password anywhere. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'

import test, { type ExecutionContext } from 'ava'
import type { AuditDocument } from '../../../src/model/audit.ts'
import { changingStatements } from '../../support/postgres.ts'
import { type Bed, bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'
import { join } from 'node:path'

const SENTINEL = `S3ntinel_"'\\;--€`

/** Statements of an audit as the log helper spells them: passwords redacted alike. */
function statementsOf(audit: AuditDocument): string[] {
  return audit.records
    .flatMap(({ statements }) => statements)
    .flatMap((statement) => changingStatements(statement))
    .sort()
}

async function tellsAll(t: ExecutionContext, bed: Bed, stack: Stack): Promise<AuditDocument> {
  const mark = await bed.server.mark()
  const { audit } = await stack.applyOk()
  t.deepEqual(statementsOf(audit), (await bed.server.changesSince(mark)).sort())
  standsAlone(t, stack, audit)
  return audit
}

/** One record of object role for every application, one of object database for every database, in every run. */
function standsAlone(t: ExecutionContext, stack: Stack, audit: AuditDocument): void {
  const { run, records, summary } = audit
  for (const application of Object.keys(stack.applications)) {
    t.true(
      records.some(
        (record) =>
          record.object === 'role' &&
          record.application === application &&
          record.username === stack.username(application),
      ),
      `role of ${application}`,
    )
    const isOwner = (stack.applications[application]?.['access_level'] ?? 'owner') === 'owner'
    t.is(
      records.some(
        (record) =>
          record.object === 'database' &&
          record.application === application &&
          record.database === stack.database(application),
      ),
      isOwner,
      `database of ${application}`,
    )
  }
  for (const record of records) {
    t.deepEqual([record.run_id, record.build_id, record.environment], [run.run_id, run.build_id, 'dev'])
    t.true(run.started_at <= record.at && record.at <= run.finished_at)
    t.is(record.statements.length > 0, ['created', 'updated', 'removed'].includes(record.status), record.message)
  }
  for (const [status, count] of Object.entries(summary))
    t.is(count, records.filter((record) => record.status === status).length, status)
  const changed = summary.created + summary.updated + summary.removed
  if (run.exit_code === 0) t.is(run.outcome, changed > 0 ? 'changed' : 'no_change')
}

/** Everything that a run can do to an instance, as four declarations one after the other. */
const EVERYTHING: readonly Readonly<Record<string, Entry>>[] = [
  {
    own: {
      schemas: ['public', 'app'],
      extensions: ['pgcrypto'],
      settings: { search_path: ['app', 'public'], work_mem: '8MB' },
      connection_limit: 9,
      valid_until: '2040-01-01T00:00:00Z',
      encoding: 'UTF8',
      locale: 'C',
      database_connection_limit: 20,
      can_create_databases: true,
    },
    ed: { database_name: 'own_dev_db', access_level: 'editor' },
    rd: { database_name: 'own_dev_db', access_level: 'reader' },
    other: {},
  },
  {
    own: {
      schemas: ['app', 'more'],
      extensions: ['pgcrypto', 'hstore'],
      settings: { work_mem: '9MB' },
      connection_limit: 8,
      database_connection_limit: 21,
      cleanup_policy: 'delete',
      encoding: 'UTF8',
    },
    ed: { database_name: 'own_dev_db', access_level: 'reader', schemas: ['app'] },
    rd: { database_name: 'other_dev_db', access_level: 'editor' },
    other: { settings: { statement_timeout: '5s' } },
  },
]

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `
  let stack: Stack

  test.serial(
    `${on}statements in the log and in the audit are the same, for runs that take every kind of step`,
    async (t) => {
      stack = bed().declare(EVERYTHING[0] ?? {})
      const first = await tellsAll(t, bed(), stack)
      await stack.sql(
        'own',
        'CREATE TABLE app.t (id serial PRIMARY KEY); CREATE PROCEDURE app.p() LANGUAGE sql AS $$SELECT 1$$; REVOKE EXECUTE ON PROCEDURE app.p() FROM PUBLIC',
      )
      const again = await tellsAll(t, bed(), stack)
      stack.applications = { ...EVERYTHING[1] }
      stack.setPassword('other', 'another one')
      await bed().server.setPassword('ed_dev_user', 'by hand')
      await bed().server.sql(
        'REVOKE CONNECT ON DATABASE own_dev_db FROM platform_provisioner; GRANT CONNECT ON DATABASE own_dev_db TO PUBLIC',
      )
      await bed().server.sql('ALTER DATABASE other_dev_db ALLOW_CONNECTIONS false IS_TEMPLATE true')
      const second = await tellsAll(t, bed(), stack)
      const kinds = new Set(
        [first, again, second]
          .flatMap(({ records }) => records)
          .filter(({ statements }) => statements.length > 0)
          .map(({ object, status }) => `${object} ${status}`),
      )
      t.deepEqual([...kinds].sort(), [
        'database created',
        'database updated',
        'default_privileges created',
        'default_privileges removed',
        'extension created',
        'grant created',
        'grant removed',
        'grant updated',
        'password updated',
        'role created',
        'role updated',
        'schema created',
        'setting created',
        'setting removed',
        'setting updated',
        'tag created',
        'tag updated',
      ])
    },
  )

  test.serial(`${on}a run that finds nothing to do says so of every role, database and password`, async (t) => {
    const audit = await tellsAll(t, bed(), stack)
    t.is(audit.run.outcome, 'no_change')
    t.deepEqual(statementsOf(audit), [])
    for (const object of ['role', 'password']) {
      t.is(
        audit.records.filter((record) => record.object === object && record.status === 'no_change').length,
        4,
        object,
      )
    }
    t.is(audit.records.filter((record) => record.object === 'database' && record.status === 'no_change').length, 2)
  })

  test.serial(`${on}the run's own fields are filled in from what is known`, async (t) => {
    const {
      audit: { run },
    } = await stack.applyOk()
    t.like(run, {
      build_id: 'build-1',
      command: 'apply',
      environment: 'dev',
      cluster_name: 'db-1',
      approval: 'not_required',
      database_login: 'platform_provisioner',
      exit_code: 0,
      error: null,
    })
    t.true(run.server_version?.startsWith(`${version}.`))
    t.is(run.actor?.account.length, 12)
    t.regex(run.input_sha256, /^[0-9a-f]{64}$/)
    t.is(run.duration_ms, Date.parse(run.finished_at) - Date.parse(run.started_at))
  })

  test.serial(
    `${on}a run that fails in the middle records what took effect, what failed and what was not begun; the next converges`,
    async (t) => {
      const broken = bed().declare({ a_first: {}, bad: { encoding: 'LATIN1', locale: 'C.UTF-8' }, z_last: {} })
      const mark = await bed().server.mark()
      const { audit, problems, records } = await broken.apply()
      t.is(audit.run.exit_code, 1)
      t.is(audit.run.outcome, 'failed')
      t.deepEqual(
        problems.map(({ application, field }) => [application, field]),
        [['bad', 'database']],
      )
      t.regex(problems[0]?.message ?? '', /does not match locale/)
      const ran = (await bed().server.changesSince(mark))
        .filter((statement) => !statement.startsWith('CREATE DATABASE "bad'))
        .sort()
      t.deepEqual(statementsOf(audit), ran)
      t.deepEqual(
        records.filter(({ status }) => status === 'failed').map(({ application, object }) => [application, object]),
        [['bad', 'database']],
      )
      t.true(
        records.some(
          ({ application, object, status }) =>
            application === 'z_last' && object === 'database' && status === 'created',
        ),
      )
      broken.applications = { a_first: {}, bad: { locale: 'C' }, z_last: {} }
      await broken.applyOk()
      t.deepEqual(await broken.plan(), [])
    },
  )

  test.serial(
    `${on}no password and no verifier is printed, audited or logged, whether the run changes, repeats, fails or plans`,
    async (t) => {
      const mark = await bed().server.mark()
      const secret = bed().declare({
        keeps: { settings: { work_mem: '8MB' } },
        wrong: { extensions: ['no_such_extension'] },
      })
      for (const application of ['keeps', 'wrong']) secret.setPassword(application, `${SENTINEL}${application}`)
      const texts: string[] = []
      const folder = await mkdtemp(join(tmpdir(), 'rds-provision-audit-'))
      const file = join(folder, 'audit.json')
      const run = async (command: string): Promise<void> => {
        for (const format of ['text', 'json']) {
          const { stdout, stderr } = await secret.bundle([command], {
            RDS_PROVISION_LOG: format,
            RDS_PROVISION_AUDIT_FILE: file,
          })
          texts.push(stdout, stderr, await readFile(file, 'utf8'))
        }
      }
      await run('apply')
      secret.applications = { keeps: {} }
      await run('plan')
      const { audit } = await secret.applyOk()
      t.is(await secret.answer('keeps', 'SELECT 1'), 'ok')
      await bed().server.setPassword('keeps_dev_user', 'x')
      await run('apply')
      bed().aws.putSecret(secret.secretId('keeps'), `{"username":"keeps_dev_user","password":"${SENTINEL}`)
      await run('apply')
      await rm(folder, { recursive: true })
      const log = await bed().server.logSince(mark)
      texts.push(JSON.stringify(audit), ...log.map((entry) => JSON.stringify(entry)))
      t.true(
        texts.some((text) => text.includes('keeps_dev_user')),
        'there is something to search in',
      )
      t.deepEqual(
        texts.filter((text) => text.includes('S3ntinel')),
        [],
      )
      t.deepEqual(
        texts.slice(0, -log.length).filter((text) => text.includes('SCRAM-SHA-256$')),
        [],
      )
      t.false(process.argv.join(' ').includes('S3ntinel'))
    },
  )
}
