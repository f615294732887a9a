/** Teardown by tag on a shared instance, orphans and their printed command, an instance that is gone, and the audit of it all. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'

import test from 'ava'
import { listChanges } from '../../../src/preview/preview.ts'
import { difference, dump } from '../../support/catalogs.ts'
import { ANY_VERSION, bedFor, type Entry, type Stack } from '../../support/provision.ts'
import { isTruthful, leftMemberships, statementsOf, told } from '../../support/removal.ts'
import { join } from 'node:path'

const DELETED: Entry = { cleanup_policy: 'delete' }
const CLUSTER = { by: 'cluster-name', value: 'shared' } as const

/** A request says when it was made. */
function withoutTime(statement: string): string {
  return statement.replace(/"At":"[^"]*"/, '"At":""')
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial(
    `${on}tearing one of two stacks down, by each kind of tag, leaves every catalog row of the other as it was`,
    async (t) => {
      const theirs = bed().declare(
        { theirs: DELETED, guest: { database_name: 'theirs_dev_db', access_level: 'reader', ...DELETED } },
        { cluster_name: 'shared', build_id: 'build-x' },
      )
      await theirs.applyOk()
      const before = await dump(bed().server)
      for (const target of [CLUSTER, { by: 'build-id', value: 'build-x' }] as const) {
        const stack = bed().declare(
          {
            'mine-a': DELETED,
            mine_ed: { database_name: 'mine_a_dev_db', access_level: 'editor', ...DELETED },
            mine_b: DELETED,
            keeps: {},
          },
          { cluster_name: 'shared', build_id: 'build-x' },
        )
        await stack.applyOk()
        const full = await dump(bed().server)
        let mark = await bed().server.mark()
        const foreseen = await stack.previewDestroy(target)
        t.deepEqual(await bed().server.changesSince(mark), [])
        t.deepEqual(difference(full, await dump(bed().server)), [])
        mark = await bed().server.mark()
        const outcome = await stack.destroyOk(target)
        await isTruthful(t, bed(), mark, outcome)
        t.deepEqual(
          listChanges(foreseen.plan)
            .flatMap(({ statements }) => statements)
            .map(withoutTime)
            .sort(),
          statementsOf(outcome).map(withoutTime).sort(),
          'the preview told what ran',
        )
        t.deepEqual(
          told(outcome)
            .filter((line) => line.endsWith('skipped'))
            .sort(),
          ['guest role keep skipped', 'keeps role retain skipped', 'theirs role keep skipped'],
        )
        const left = difference(before, await dump(bed().server))
        t.true(
          left.every((line) => line.startsWith('+ ') && line.includes('keeps_dev')),
          left.join('\n'),
        )
        stack.env = { RDS_CLEANUP_POLICY: 'delete' }
        await stack.destroyOk(target)
        t.deepEqual(difference(before, await dump(bed().server)), [])
        t.deepEqual(
          told(await stack.destroyOk(target)).filter((line) => !line.endsWith('keep skipped')),
          [],
        )
      }
      t.deepEqual(await leftMemberships(bed()), [])
      await theirs.destroyOk(CLUSTER)
    },
  )

  test.serial(
    `${on}the program: a dry run needs no build id and no approval and changes nothing; an unknown policy is exit 3`,
    async (t) => {
      const stack = bed().declare({ dry: DELETED }, { environment: 'prod' })
      stack.env = { ALLOW_DB_PROVISION: 'true' }
      await stack.applyOk()
      stack.env = {}
      const before = await dump(bed().server)
      stack.variables = { ...stack.variables, build_id: null }
      for (const target of [
        ['--application', 'dry'],
        ['--build-id', 'build-1'],
        ['--cluster-name', 'db-1'],
      ]) {
        const { code, stdout, stderr } = await stack.bundle(['destroy', ...target, '--dry-run'])
        t.is(code, 0, stderr)
        t.regex(stdout, /DROP DATABASE "dry_prod_db" WITH \(FORCE\)/)
        t.regex(stdout, /DROP ROLE "dry_prod_user"/)
      }
      t.is(
        (
          await stack.bundle(['destroy', '--application', 'dry'], {
            ALLOW_DB_PROVISION: 'true',
            ALLOW_DB_DESTROY: 'true',
          })
        ).code,
        3,
        'no build id',
      )
      t.is((await stack.bundle(['destroy', '--application', 'dry'], { RDS_CLEANUP_POLICY: 'purge' })).code, 3)
      t.deepEqual(difference(before, await dump(bed().server)), [])
      stack.variables = { ...stack.variables, build_id: 'build-2' }
      stack.env = { ALLOW_DB_PROVISION: 'true', ALLOW_DB_DESTROY: 'true' }
      await stack.destroyOk('dry')
    },
  )

  test.serial(
    `${on}orphans: what apply reports is removed by the command that it prints, and nothing else is`,
    async (t) => {
      const stack = bed().declare({
        live: DELETED,
        gone: DELETED,
        calm: {},
        guest: { database_name: 'live_dev_db', access_level: 'editor', ...DELETED },
      })
      await stack.applyOk()
      stack.applications = { live: DELETED, guest: { ...stack.applications['guest'], username: 'guest_renamed' } }
      stack.setPassword('guest', 'after the rename')
      const { records } = await stack.applyOk()
      const orphans = records.filter(({ action }) => action === 'orphan' || action === 'retained')
      t.deepEqual(
        orphans
          .map(({ application, object, action, status }) => [application, object, action, status].join(' '))
          .sort(),
        [
          'calm database retained skipped',
          'calm role retained skipped',
          'gone database orphan warning',
          'gone role orphan warning',
          'guest role orphan warning',
        ],
      )
      const printed = (name: string): string | undefined =>
        /rds-provision (destroy .*)$/.exec(orphans.find(({ application }) => application === name)?.message ?? '')?.[1]
      // The declared login of that name is a live one: no command may lead to its removal.
      t.is(printed('guest'), undefined)
      const command = printed('gone')
      t.is(command, 'destroy --application gone')
      const { code } = await stack.bundle((command ?? '').split(' '))
      t.is(code, 0)
      const rows = await bed().server.sql(
        `SELECT rolname::text AS name FROM pg_roles WHERE rolname ~ '^(live|gone|calm|guest)_' ORDER BY 1`,
      )
      t.deepEqual(
        rows.map(({ name }) => name),
        ['calm_dev_user', 'guest_dev_user', 'guest_renamed', 'live_dev_user'],
      )
      stack.env = { RDS_CLEANUP_POLICY: 'delete' }
      await stack.destroyOk({ by: 'build-id', value: 'build-1' })
    },
  )

  test.serial(
    `${on}a role that owns two databases: the other one stands in the way by name; a forged tag takes nothing of others`,
    async (t) => {
      const stack = bed().declare({ two: { ...DELETED, can_create_databases: true }, victim: DELETED })
      await stack.applyOk()
      await stack.sql('two', 'CREATE DATABASE scratch_db')
      const before = await dump(bed().server)
      for (const target of ['two', { by: 'application', value: 'two' }] as const) {
        const { audit } = await stack.destroy(target)
        t.is(audit.run.exit_code, 4)
        t.regex(audit.run.error ?? '', /two_dev_user owns database scratch_db/)
      }
      t.deepEqual(
        difference(before, await dump(bed().server)).filter((line) => !line.includes('"rolname":"two_dev_user"')),
        [],
      )
      // The owner writes another application's tag on its database: the role's own tag decides (src/README.md: Tags).
      const [row] = await bed().server.sql(
        `SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = 'two_dev_db'`,
      )
      await bed().server.sql('DROP DATABASE scratch_db')
      await bed().server.sql(
        `COMMENT ON DATABASE two_dev_db IS '${String(row?.['comment']).replace('"Application":"two"', '"Application":"victim"')}'`,
      )
      await stack.destroyOk('victim')
      t.deepEqual(
        (
          await bed().server.sql(
            `SELECT datname::text AS name FROM pg_database WHERE datname IN ('two_dev_db', 'victim_dev_db')`,
          )
        ).map(({ name }) => name),
        ['two_dev_db'],
      )
      await stack.destroyOk('two')
    },
  )

  test.serial(`${on}an instance that is gone: retain ends at once, delete with exit 6 and advice`, async (t) => {
    const instance = { host: 'localhost', port: 1, identifier: 'db-1' }
    for (const policy of ['delete', 'snapshot-and-delete']) {
      const stack = bed().declare({ lost: { cleanup_policy: policy } }, { instance, connect_timeout: 1 })
      const { audit } = await stack.destroy('lost')
      t.is(audit.run.exit_code, 6)
      t.regex(audit.run.error ?? '', /If the instance is gone for good.*RDS_CLEANUP_POLICY=retain/)
      await t.throwsAsync(stack.previewDestroy('lost'), { message: /RDS_CLEANUP_POLICY=retain/ })
      stack.env = { RDS_CLEANUP_POLICY: 'retain' }
      t.is((await stack.destroyOk('lost')).audit.run.outcome, 'no_change')
    }
  })

  test.serial(`${on}each removal has its audit by the default path, and a place in the governance files`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'rds-provision-removal-'))
    try {
      const stack: Stack = bed().declare(
        { told: DELETED, kept: {} },
        { audit_dir: join(folder, 'audit'), governance_dir: join(folder, 'governance') },
      )
      await stack.applyOk()
      for (const application of ['told', 'kept']) {
        const { code } = await stack.bundle(['destroy', '--application', application], {
          RDS_PROVISION_INPUT: JSON.stringify(stack.marker(application)),
          RDS_PROVISION_RUN_ID: `run-${application}`,
        })
        t.is(code, 0)
      }
      t.deepEqual((await readdir(join(folder, 'audit'))).sort(), [
        'destroy-kept-run-kept.json',
        'destroy-told-run-told.json',
      ])
      const text = await readFile(join(folder, 'audit', 'destroy-told-run-told.json'), 'utf8')
      t.regex(text, /"command": ?"destroy"/)
      t.regex(text, /DROP DATABASE \\"told_dev_db\\"/)
      const lines = await readFile(join(folder, 'governance', 'dev', 'rds_provision_audit.jsonl'), 'utf8')
      const rows = await readFile(join(folder, 'governance', 'dev', 'rds_provision_audit.csv'), 'utf8')
      for (const run of ['run-told', 'run-kept']) t.true(lines.includes(run), run)
      t.regex(rows, /told_dev_db,told_dev_user,database,drop,removed/)
      t.regex(rows, /kept_dev_db,kept_dev_user,database,retain,skipped/)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}
