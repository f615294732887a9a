/**
 * A sentinel for every secret, searched for in everything that a run leaves behind, on every path it can take
 * (src/README.md: Passwords).
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { canWatchProcesses, Corpus, VERIFIER, watchProcesses } from '../../support/leaks.ts'
import { ANY_VERSION, type Bed, bedFor, IS_THOROUGH, type Stack } from '../../support/provision.ts'

const MASTER_SECRET = 'rds!db-master'

/** Runs the program and keeps all it says and writes. */
class Watch {
  readonly corpus = new Corpus()
  readonly folder: string
  #runs = 0

  constructor(folder: string) {
    this.folder = folder
  }

  async run(
    t: ExecutionContext,
    title: string,
    stack: Stack,
    code: number,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    this.#runs += 1
    const audit = join(this.folder, `audit-${String(this.#runs)}.json`)
    const ended = await stack.bundle(args, { RDS_PROVISION_AUDIT_FILE: audit, ...env })
    t.is(ended.code, code, `${title}: ${ended.stdout}${ended.stderr}`)
    if (args[0] === 'apply') t.true(existsSync(audit), title)
    this.corpus.add(`${title}: output`, `${ended.stdout}\n${ended.stderr}`)
  }
}

function sentinel(): string {
  return `Sentinel-${randomBytes(12).toString('hex')}`
}

/** Nobody can change a role meanwhile; logins go on (manual, Explicit Locking: SHARE against ROW EXCLUSIVE). */
async function withRolesLocked(bed: Bed, work: () => Promise<void>): Promise<void> {
  await bed.server.sql('BEGIN')
  await bed.server.sql('LOCK TABLE pg_authid IN SHARE MODE')
  try {
    await work()
  } finally {
    await bed.server.sql('ROLLBACK')
  }
}

for (const version of ANY_VERSION) {
  const bed = bedFor(version, {
    createAdmin: false,
    settings: { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track': 'all' },
  })

  test.serial(
    `PostgreSQL ${version}: no secret in output, audit, governance, arguments, environment, errors, server log or statement statistics`,
    async (t) => {
      const { server, aws } = bed()
      const watch = new Watch(await mkdtemp(join(tmpdir(), 'rds-provision-leak-')))
      const secrets = {
        admin: sentinel(),
        'admin, wrong': sentinel(),
        'master, wrong': sentinel(),
        first: sentinel(),
        second: sentinel(),
        reader: sentinel(),
        stranger: sentinel(),
        misplaced: sentinel(),
        broken: sentinel(),
        pending: sentinel(),
        late: sentinel(),
        master: server.master.password,
      }
      await server.sql('CREATE EXTENSION pg_stat_statements')
      aws.putSecret(MASTER_SECRET, { username: server.master.user, password: server.master.password })
      aws.putLogin('admin', 'leak_admin', secrets.admin)
      const stack = bed().declare(
        { app: {}, reader: { database_name: 'app_dev_db', access_level: 'reader' } },
        {
          admin_secret_id: 'admin',
          master_secret_id: MASTER_SECRET,
          governance_dir: join(watch.folder, 'governance'),
          lock_timeout: 2,
        },
      )
      stack.setPassword('app', secrets.first)
      stack.setPassword('reader', secrets.reader)
      const mark = await server.mark()

      // Bootstrap, creation, change, preview, rotation.
      aws.delay('GetCallerIdentity', 300)
      const running = watch.run(t, 'bootstrap', stack, 0, ['apply'])
      const processes = canWatchProcesses
        ? await watchProcesses(String(stack.variables['stack']), running)
        : new Map<string, string>()
      await running
      aws.heal()
      t.true(!canWatchProcesses || processes.size > 0, 'a process was watched')
      for (const [pid, text] of processes) watch.corpus.add(`process ${pid}`, text)
      stack.setPassword('app', secrets.second)
      await watch.run(t, 'plan', stack, 0, ['plan'])
      await watch.run(t, 'change, as JSON', stack, 0, ['apply'], { RDS_PROVISION_LOG: 'json' })
      aws.putLogin(stack.secretId('app'), stack.username('app'), secrets.pending, ['AWSPENDING'])
      await server.setPassword(stack.username('app'), secrets.pending)
      await watch.run(t, 'rotation', stack, 0, ['apply'])
      await server.setPassword('leak_admin', 'somebody else')
      await watch.run(t, 'repair', stack, 0, ['apply'], { GITHUB_ACTIONS: 'true' })

      // Failures.
      const { applications, variables } = stack
      const failing = async (title: string, code: number, change: () => unknown): Promise<void> => {
        change()
        for (const format of IS_THOROUGH ? ['text', 'json'] : ['text'])
          await watch.run(t, `${title}, ${format}`, stack, code, ['apply'], { RDS_PROVISION_LOG: format })
        stack.applications = applications
        stack.variables = variables
      }
      aws.putLogin('wrong_admin', 'leak_admin', secrets['admin, wrong'])
      aws.putLogin('wrong_master', server.master.user, secrets['master, wrong'])
      await failing('admin refused', 6, () => {
        stack.variables = { ...variables, admin_secret_id: 'wrong_admin', master_secret_id: null }
      })
      await failing('admin and master refused', 6, () => {
        stack.variables = { ...variables, admin_secret_id: 'wrong_admin', master_secret_id: 'wrong_master' }
      })
      await failing('unknown authority', 6, () => {
        stack.variables = { ...variables, tls: { ca_file: server.otherCaFile } }
      })
      await failing('secret of somebody else', 5, () => {
        aws.putLogin('somebody', 'somebody', secrets.stranger)
        stack.applications = { ...applications, app: { secret_id: 'somebody' } }
      })
      await failing('secret that is no JSON', 5, () => {
        aws.putSecret('broken', `{"username": "app_dev_user", "password": "${secrets.broken}"`)
        aws.putSecret('binary', Buffer.from(secrets.broken))
        stack.applications = {
          ...applications,
          app: { secret_id: 'broken' },
          reader: { ...applications['reader'], secret_id: 'binary' },
        }
      })
      await failing('a password in the declaration', 3, () => {
        stack.applications = { app: { password: secrets.misplaced } }
      })
      await server.sql('CREATE ROLE taken')
      await failing('blocked', 4, () => {
        stack.applications = { ...applications, other: { username: 'taken' } }
      })
      await withRolesLocked(bed(), async () => {
        await failing('refused while applying', 1, () => {
          stack.applications = { ...applications, late: { database_name: 'app_dev_db', access_level: 'reader' } }
          stack.setPassword('late', secrets.late)
        })
      })
      await watch.corpus.addFolder('file', watch.folder)

      t.true(
        watch.corpus.has('app_dev_user') && watch.corpus.has('[redacted]'),
        'the search looks where statements stand',
      )
      t.true(watch.corpus.size.texts > 25)
      t.deepEqual(watch.corpus.hits({ ...secrets, 'a verifier': VERIFIER }), [])

      // The server sees verifiers, and no plaintext.
      const log = new Corpus()
      log.add('log', JSON.stringify(await server.logSince(mark)))
      const statistics = await server.sql('SELECT query FROM pg_stat_statements')
      log.add('statistics', JSON.stringify(statistics))
      t.true(log.has(VERIFIER) && log.has('canceling statement due to lock timeout'), 'the log holds what was sent')
      t.true(statistics.length > 20)
      t.deepEqual(log.hits(secrets), [])
      await rm(watch.folder, { recursive: true })
    },
  )
}
