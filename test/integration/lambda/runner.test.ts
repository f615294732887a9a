/** Runs that a Lambda function does: from the runner only Lambda and STS can be reached. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { auditOf, launchThrough, putFunction, walledEnv } from '../../support/lambda.ts'
import { ANY_VERSION, type Bed, bedFor, type Stack } from '../../support/provision.ts'

const JSON_LINES = { RDS_PROVISION_LOG: 'json' }

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'rds-provision-lambda-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}

/** An owner and a reader of its database. */
function shopOf(bed: Bed, name: string, more: object = {}): Stack {
  return bed.declare({
    shop: { database_name: name, username: `${name}_owner`, ...more },
    look: { database_name: name, username: `${name}_reader`, access_level: 'reader' },
  })
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)

  test(`the runner of these tests cannot reach the server (${version})`, async (t) => {
    const { code, stdout } = await shopOf(bed(), 'lam_wall').bundle(['apply'], {
      ...walledEnv(bed()),
      RDS_PROVISION_AUDIT_FILE: join(await folder(t), 'a.json'),
    })
    t.is(code, 5, stdout)
  })

  test(`apply, a second one that changes nothing, and what the audit says of who did it (${version})`, async (t) => {
    const stack = shopOf(bed(), 'lam_shop')
    const made = putFunction(bed())
    const file = join(await folder(t), 'audit.json')
    const first = await launchThrough(bed(), stack, made, ['apply', '--audit-file', file], JSON_LINES).ended
    t.is(first.code, 0, first.stdout + first.stderr + made.log)
    const { run, records } = auditOf(first)
    t.is(run.outcome, 'changed')
    t.is(run.actor?.arn, 'arn:aws:sts::123456789012:assumed-role/deployer/test')
    t.regex(run.executed_as?.arn ?? '', /assumed-role\/rds-provision-\w+-role\//)
    t.is(run.database_login, bed().server.admin.user)
    t.true(records.some(({ object, status }) => object === 'database' && status === 'created'))
    t.like(JSON.parse(await readFile(file, 'utf8')), { run: { run_id: run.run_id, outcome: 'changed' }, records })
    t.is(await stack.answer('shop', 'CREATE TABLE t (a int)'), 'ok')
    t.is(await stack.answer('look', 'INSERT INTO t VALUES (1)'), '42501')
    const again = await launchThrough(bed(), stack, made, ['apply', '--audit-file', file], JSON_LINES).ended
    t.is(again.code, 0, again.stdout + again.stderr)
    t.is(auditOf(again).run.outcome, 'no_change')
    const readers = bed()
      .aws.readsOf(stack.secretId('shop'))
      .map(({ caller }) => caller.accessKeyId)
    t.true(readers.length > 0)
    t.false(readers.includes('AKIATEST'))
  })

  test(`what people read is what a run of its own would say; records are in the function's log too (${version})`, async (t) => {
    const stack = shopOf(bed(), 'lam_text')
    const made = putFunction(bed())
    const file = join(await folder(t), 'audit.json')
    const { code, stdout } = await launchThrough(bed(), stack, made, ['apply', '--audit-file', file]).ended
    t.is(code, 0, stdout)
    t.regex(stdout, /lam_text/)
    t.regex(stdout, /\d+ created/)
    t.regex(made.log, /"type":"record".*lam_text_owner/)
    t.regex(made.log, /"type":"run".*"outcome":"changed"/)
  })

  test.serial(
    `plan says the same as without a function, as text and as JSON, with the same exit codes (${version})`,
    async (t) => {
      const stack = shopOf(bed(), 'lam_plan')
      const made = putFunction(bed())
      const through = (...args: string[]) => launchThrough(bed(), stack, made, ['plan', ...args]).ended
      const here = await stack.bundle(['plan'])
      t.deepEqual(await through(), here)
      t.like(await through('--detailed-exitcode'), { code: 2, stdout: here.stdout })
      const [there, own] = [await through('--json'), await stack.bundle(['plan', '--json'])]
      const changes = (text: string): unknown => Reflect.get(JSON.parse(text) as object, 'changes')
      t.deepEqual(changes(there.stdout), changes(own.stdout))
    },
  )

  test.serial(
    `report asks the function for what the server tells, and reads the audit here (${version})`,
    async (t) => {
      const audits = await folder(t)
      const stack = shopOf(bed(), 'lam_report')
      stack.variables = { ...stack.variables, governance_dir: join(audits, 'governance'), audit_dir: audits }
      const made = putFunction(bed())
      t.is((await launchThrough(bed(), stack, made, ['apply']).ended).code, 0)
      t.deepEqual(await readdir(join(audits, 'governance', 'dev')), [
        'access.md',
        'rds_provision_audit.csv',
        'rds_provision_audit.jsonl',
      ])
      const { code, stdout, stderr } = await launchThrough(bed(), stack, made, ['report', '--connect', '--verify'])
        .ended
      t.is(code, 0, stdout + stderr)
      t.regex(stdout, /lam_report_reader/)
      const here = await stack.bundle(['report', '--connect', '--section', 'access,traceability,drift,unmanaged'])
      const there = await launchThrough(bed(), stack, made, [
        'report',
        '--connect',
        '--section',
        'access,traceability,drift,unmanaged',
      ]).ended
      const body = (text: string): string => text.replace(/^.*\d{4}-\d\d-\d\dT.*$/gm, '')
      t.is(body(there.stdout), body(here.stdout))
    },
  )

  test(`a removal: refused without approval, looked at, carried out (${version})`, async (t) => {
    const stack = shopOf(bed(), 'lam_gone', { cleanup_policy: 'delete' })
    stack.variables = { ...stack.variables, environment: 'staging' }
    stack.env = { ALLOW_DB_PROVISION: 'true' }
    const made = putFunction(bed())
    const audit = join(await folder(t), 'audit.json')
    t.is((await launchThrough(bed(), stack, made, ['apply', '--audit-file', audit]).ended).code, 0)
    const remove = (...args: string[]) =>
      launchThrough(bed(), stack, made, ['destroy', '--application', 'shop', '--audit-file', audit, ...args])
    const refused = await remove().ended
    t.is(refused.code, 4, refused.stdout)
    t.regex(refused.stdout, /ALLOW_DB_DESTROY/)
    const looked = await remove('--dry-run').ended
    t.regex(looked.stdout, /lam_gone/)
    stack.env = { ...stack.env, ALLOW_DB_DESTROY: 'true' }
    t.like(await stack.bundle(['plan']), { code: 0 })
    const guest = await launchThrough(bed(), stack, made, ['destroy', '--application', 'look', '--audit-file', audit])
      .ended
    t.is(guest.code, 0, guest.stdout)
    const done = await remove().ended
    t.is(done.code, 0, done.stdout)
    t.deepEqual(await bed().server.sql("SELECT datname FROM pg_database WHERE datname = 'lam_gone'"), [])
  })

  test(`without the approval nothing is begun: exit 4, and no secret is read (${version})`, async (t) => {
    const stack = shopOf(bed(), 'lam_blocked')
    stack.variables = { ...stack.variables, environment: 'staging' }
    const made = putFunction(bed())
    const file = join(await folder(t), 'audit.json')
    const { code, stdout } = await launchThrough(bed(), stack, made, ['apply', '--audit-file', file], JSON_LINES).ended
    t.is(code, 4)
    t.like(auditOf({ code, stdout, stderr: '' }).run, { outcome: 'blocked', error_codes: ['approval'] })
    t.deepEqual(bed().aws.readsOf(stack.secretId('shop')), [])
  })

  test(`a server that the function cannot reach is exit 6, a secret that it may not read exit 5 (${version})`, async (t) => {
    const stack = shopOf(bed(), 'lam_away')
    const file = join(await folder(t), 'audit.json')
    const instance = { host: '127.0.0.1', port: 9, identifier: 'db-1' }
    const made = putFunction(bed(), {
      permits: [{ environments: ['dev'], stacks: ['*'], instances: ['127.0.0.1:*'], callers: ['*'] }],
    })
    stack.variables = { ...stack.variables, instance, connect_timeout: 1 }
    const away = await launchThrough(bed(), stack, made, ['apply', '--audit-file', file], JSON_LINES).ended
    t.is(away.code, 6, away.stdout + away.stderr)
    t.like(auditOf(away).run, { outcome: 'failed', error_codes: ['server_unreachable'] })
    const other = shopOf(bed(), 'lam_denied')
    other.setPassword('shop', 'x')
    bed().aws.denySecret(other.secretId('shop'))
    const denied = await launchThrough(bed(), other, putFunction(bed()), ['apply', '--audit-file', file], JSON_LINES)
      .ended
    t.is(denied.code, 5, denied.stdout + denied.stderr)
    t.like(auditOf(denied).run, { error_codes: ['secret_denied'] })
  })

  test(`the declaration names the function; an input that is piped does too (${version})`, async (t) => {
    const stack = shopOf(bed(), 'lam_named')
    const made = putFunction(bed())
    const named = made.arn.replace(/^.*:function:/, '')
    stack.variables = { ...stack.variables, runner: { function: named } }
    const file = join(await folder(t), 'input.json')
    stack.setPassword('shop', 'pw')
    stack.setPassword('look', 'pw')
    await writeFile(file, JSON.stringify(stack.input()))
    const { code, stdout, stderr } = await stack.bundle(['plan', '--input', file], walledEnv(bed()))
    t.is(code, 0, stdout + stderr)
    t.is(
      bed()
        .aws.callsTo('InvokeWithResponseStream')
        .filter(({ params }) => params['FunctionName'] === named).length,
      1,
    )
  })
}
