/** Taking over what people already use, without anybody losing access (src/README.md: Guardrails). */
import { randomBytes } from 'node:crypto'
import test from 'ava'
import pg from 'pg'
import type { AuditRecord } from '../../../src/model/audit.ts'
import { difference, dump } from '../../support/catalogs.ts'
import { type Bed, bedFor, type Entry, type Stack, VERSIONS } from '../../support/provision.ts'
import { blocked } from '../../support/provision/outcome.ts'

const MASTER_SECRET = 'rds!db-master'

/** What people do in a database, each for itself. */
const PROBES: Readonly<Record<string, string>> = {
  read: 'SELECT * FROM public.t',
  'read what everybody may': 'SELECT * FROM public.open_to_all',
  write: 'INSERT INTO public.t VALUES (1)',
  create: 'CREATE TABLE public.probe (x int)',
  'create temporarily': 'CREATE TEMP TABLE probe (x int)',
}

/** A database as people make it by hand, with logins of every kind that use it. */
class Legacy {
  readonly name: string
  readonly password = `Pw_${randomBytes(9).toString('hex')}`
  readonly #bed: Bed

  constructor(bed: Bed, name: string) {
    this.#bed = bed
    this.name = name
  }

  /** Logins that no declaration knows: a privilege of its own, through a group, through a group that it has to act as, through PUBLIC alone. */
  get others(): string[] {
    return ['granted', 'member', 'actor', 'passer_by'].map((kind) => `${this.name}_${kind}`)
  }

  async make(): Promise<this> {
    const { sql } = this.#bed.server
    const [granted, member, actor, passerBy] = this.others
    const login = `LOGIN PASSWORD '${this.password}'`
    const group = `${this.name}_group`
    await sql('SET ROLE dbmaster')
    for (const role of [this.name, granted, member, passerBy]) await sql(`CREATE ROLE ${String(role)} ${login}`)
    await sql(`CREATE ROLE ${String(actor)} ${login} NOINHERIT`)
    await sql(
      `CREATE ROLE ${group}; GRANT ${group} TO ${String(member)}, ${String(actor)}; GRANT ${group} TO ${this.name}`,
    )
    await sql('RESET ROLE')
    await sql(`CREATE DATABASE ${this.name} OWNER ${this.name}`)
    // As in a database that came from before 15 (src/README.md: Access levels).
    if (this.#bed.server.version >= 15) await sql('GRANT CREATE ON SCHEMA public TO PUBLIC', [], this.name)
    await sql(
      `SET ROLE ${this.name}; CREATE TABLE t (x int); CREATE TABLE open_to_all (x int); GRANT SELECT ON open_to_all TO PUBLIC;
      GRANT SELECT, INSERT ON t TO ${String(granted)}; GRANT SELECT ON t TO ${group}; RESET ROLE`,
      [],
      this.name,
    )
    await this.#bed.server.forget(this.name)
    return this
  }

  /** `login: probe: answer`, for everybody: SQLSTATE or `ok`. Nothing stays. */
  async answers(): Promise<string[]> {
    const answers = await Promise.all([this.name, ...this.others].map(async (login) => this.#answersOf(login)))
    return answers.flat()
  }

  async #answersOf(login: string): Promise<string[]> {
    try {
      const client = await this.#bed.server.connect({ user: login, password: this.password, database: this.name })
      const answers: string[] = []
      const group = login.endsWith('_actor') ? `SET LOCAL ROLE ${this.name}_group; ` : ''
      for (const [probe, text] of Object.entries(PROBES)) {
        answers.push(`${login}: ${probe}: ${await answerOf(client, `${group}${text}`)}`)
      }
      await client.end()
      return answers
    } catch (error) {
      if (error instanceof pg.DatabaseError) return [`${login}: connect: ${String(error.code)}`]
      throw error
    }
  }

  declare(variables: Entry = {}): Stack {
    const stack = this.#bed.declare(
      { app: { username: this.name, database_name: this.name, adopt_existing: true } },
      variables,
    )
    stack.setPassword('app', this.password)
    return stack
  }
}

async function answerOf(client: pg.Client, text: string): Promise<string> {
  await client.query('BEGIN')
  try {
    await client.query(text)
    return 'ok'
  } catch (error) {
    if (error instanceof pg.DatabaseError) return String(error.code)
    throw error
  } finally {
    await client.query('ROLLBACK')
  }
}

/** From 16 on somebody has to give the admin the right over a role that it has not made. */
async function giveRight(bed: Bed, role: string): Promise<void> {
  if (bed.server.version < 16) return
  await bed.server.sql(
    `SET ROLE dbmaster; GRANT ${role} TO ${bed.server.admin.user} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE; RESET ROLE`,
  )
}

function statementsOf(records: readonly AuditRecord[]): string[] {
  return records.flatMap(({ statements }) => statements)
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  test.serial.before(`${on}the master's secret`, () => {
    const { user, password } = bed().server.master
    bed().aws.putSecret(MASTER_SECRET, { username: user, password })
  })

  test.serial(
    `${on}everybody who could still can; the plan shows what is run, and the catalogs show nothing else`,
    async (t) => {
      const { server } = bed()
      const legacy = await new Legacy(bed(), 'old').make()
      await giveRight(bed(), legacy.name)
      const stack = legacy.declare()
      const answers = await legacy.answers()
      t.true(
        answers.includes('old_passer_by: read what everybody may: ok') &&
          answers.includes('old_passer_by: create: ok') &&
          answers.includes('old_passer_by: read: 42501'),
      )
      const before = await dump(server)
      const planned = (await stack.plan()).flatMap((step) => step.statements.map((statement) => statement.redacted))
      t.deepEqual(difference(before, await dump(server)), [], 'the plan changes nothing')

      const mark = await server.mark()
      const { audit, records } = await stack.applyOk()
      t.deepEqual(statementsOf(records), planned)
      t.deepEqual([...(await server.changesSince(mark))].sort(), [...planned].sort())
      t.deepEqual(await legacy.answers(), answers)
      t.false(JSON.stringify(audit).includes(legacy.password))

      const changed = difference(before, await dump(server))
      const lines = (catalog: string, sign: string): string[] =>
        changed.filter((line) => line.startsWith(`${sign} ${catalog}: `))
      const catalogs = new Set(changed.map((line) => line.slice(2, line.indexOf(': '))))
      t.deepEqual([...catalogs].sort(), ['databases', 'roles'])
      t.is(lines('roles', '-').length, 1)
      t.is(lines('databases', '-').length, 1)
      const role = lines('roles', '+')[0] ?? ''
      t.is(
        role.replace(/"comment":".*"\}$/, '"comment":null}'),
        (lines('roles', '-')[0] ?? '').replace('-', '+'),
        'the role got a tag and nothing else',
      )

      const kept = records.find(({ object, action }) => object === 'grant' && action === 'keep')
      t.truthy(kept)
      t.true(
        records.some(({ status, message }) => status === 'skipped' && message.includes('old_group')),
        'memberships are told',
      )
      t.deepEqual(
        (
          await server.sql(
            `SELECT FROM pg_auth_members WHERE member = 'old'::regrole AND roleid = 'old_group'::regrole`,
          )
        ).length,
        1,
      )

      const after = await dump(server)
      const again = await stack.applyOk()
      t.is(again.audit.run.outcome, 'no_change')
      t.deepEqual(difference(after, await dump(server)), [])
    },
  )

  test.serial(
    `${on}a run that ends between any two steps of an adoption costs nobody anything, and the next one finishes`,
    async (t) => {
      let steps = 99
      for (let end = 1; end < steps; end += 1) {
        const legacy = await new Legacy(bed(), `cut${String(end)}`).make()
        await giveRight(bed(), legacy.name)
        const stack = legacy.declare()
        const answers = await legacy.answers()
        const interrupt = new AbortController()
        let seen = 0
        const { audit } = await stack.apply({
          signal: interrupt.signal,
          sinks: [
            ({ statements }) => {
              if (statements.length > 0 && (seen += 1) === end) interrupt.abort('test')
            },
          ],
        })
        if (audit.run.exit_code === 0) steps = end
        t.deepEqual(await legacy.answers(), answers, `ended after step ${String(end)}`)
        await stack.applyOk()
        t.deepEqual(await legacy.answers(), answers, `went on after step ${String(end)}`)
        t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
      }
      t.true(steps > 2 && steps < 99)
    },
  )

  test.serial(`${on}what is ours already is not adopted again`, async (t) => {
    const stack = bed().declare({ app: { username: 'ours', database_name: 'ours' } })
    await stack.applyOk()
    stack.applications = { app: { username: 'ours', database_name: 'ours', adopt_existing: true } }
    t.deepEqual(await stack.plan(), [])
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })

  test.serial(`${on}adopt_existing is no claim on what another stack manages`, async (t) => {
    await bed()
      .declare({ app: { username: 'theirs', database_name: 'theirs' } })
      .applyOk()
    const stack = bed().declare({ app: { username: 'theirs', database_name: 'theirs', adopt_existing: true } })
    t.regex(blocked(t, await stack.apply(), 'foreign claim'), /accept_tags_from/)
  })

  for (const [title, give] of [
    ['CREATEROLE', 'ALTER ROLE % CREATEROLE'],
    ['REPLICATION', 'ALTER ROLE % REPLICATION'],
    ['BYPASSRLS', 'ALTER ROLE % BYPASSRLS'],
    ['rds_superuser', 'GRANT rds_superuser TO %'],
    ['rds_superuser through a group', 'CREATE ROLE %_between; GRANT rds_superuser TO %_between; GRANT %_between TO %'],
  ] as const) {
    test.serial(`${on}a role with ${title} is not adopted`, async (t) => {
      const name = `strong_${title.toLowerCase().replaceAll(' ', '_')}`
      await bed().server.sql(
        `SET ROLE dbmaster; CREATE ROLE ${name} LOGIN PASSWORD 'x'; RESET ROLE; ${give.replaceAll('%', name)}`,
      )
      const stack = bed().declare(
        { app: { username: name, database_name: name, adopt_existing: true } },
        { master_secret_id: MASTER_SECRET },
      )
      const before = await dump(bed().server)
      const { audit, problems } = await stack.apply()
      t.is(audit.run.exit_code, 4)
      t.true(
        problems.some(
          ({ field, message }) => field === 'privileged role' && message.includes(title.split(' ', 1)[0] ?? ''),
        ),
      )
      t.deepEqual(difference(before, await dump(bed().server)), [])
    })
  }

  if (version >= 16) {
    test.serial(
      `${on}a right that is missing: the error names the grant and who can give it; the master gives it where it may`,
      async (t) => {
        const { server, aws } = bed()
        const legacy = await new Legacy(bed(), 'righted').make()
        const stack = legacy.declare()
        const answers = await legacy.answers()
        const before = await dump(server)
        const remedy = blocked(t, await stack.apply(), 'missing right')
        t.regex(
          remedy,
          /As dbmaster: GRANT "righted" TO "platform_provisioner" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;/,
        )
        t.deepEqual(difference(before, await dump(server)), [])

        stack.variables = { ...stack.variables, master_secret_id: MASTER_SECRET }
        const { audit, records } = await stack.applyOk()
        t.is(audit.run.database_login, server.admin.user)
        const given = records.filter(({ object }) => object === 'admin')
        t.deepEqual(
          given.map(({ action, statements }) => [action, ...statements]),
          [['grant', /GRANT .*(?=;)/.exec(remedy)?.[0] ?? '']],
        )
        t.true(given[0]?.message.includes('(as dbmaster)'))
        t.deepEqual(await legacy.answers(), answers)
        const reads = aws.readsOf(MASTER_SECRET).length
        t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
        t.is(aws.readsOf(MASTER_SECRET).length, reads)
      },
    )

    test.serial(`${on}a role in rds_iam is not adopted by an admin whose password login it would end`, async (t) => {
      const { server } = bed()
      await server.sql(`SET ROLE dbmaster; CREATE ROLE by_token LOGIN; RESET ROLE; GRANT rds_iam TO by_token`)
      const stack = bed().declare(
        { app: { username: 'by_token', database_name: 'by_token', adopt_existing: true } },
        { master_secret_id: MASTER_SECRET },
      )
      const { audit, problems } = await stack.apply()
      t.is(audit.run.exit_code, 4)
      t.true(problems.some(({ field }) => field === 'IAM'))
      t.true(await server.canLogin(server.admin.user, server.admin.password))
      await server.sql('REVOKE rds_iam FROM by_token')
      await stack.applyOk()
      t.is(await stack.answer('app', 'SELECT 1'), 'ok')
    })

    test.serial(
      `${on}a right that the master has not got either: blocked, and said, and no other right given`,
      async (t) => {
        const { server } = bed()
        await server.sql(
          `CREATE ROLE untouchable LOGIN PASSWORD 'x'; SET ROLE dbmaster; CREATE ROLE touchable LOGIN PASSWORD 'x'; RESET ROLE`,
        )
        const entry = (name: string): Entry => ({ username: name, database_name: name, adopt_existing: true })
        const stack = bed().declare(
          { app: entry('untouchable'), other: entry('touchable') },
          { master_secret_id: MASTER_SECRET },
        )
        const before = await dump(server)
        const { audit, problems } = await stack.apply()
        t.is(audit.run.exit_code, 4)
        t.deepEqual(
          problems.map(({ application, field }) => [application, field]),
          [['app', 'missing right']],
        )
        t.regex(problems[0]?.remedy ?? '', /Only a superuser/)
        t.deepEqual(difference(before, await dump(server)), [])
      },
    )

    test.serial(
      `${on}a right that came with INHERIT and SET is told of, with the statement that narrows it`,
      async (t) => {
        const { server } = bed()
        await server.sql(
          `SET ROLE dbmaster; CREATE ROLE leaking LOGIN; GRANT leaking TO platform_provisioner WITH ADMIN OPTION; RESET ROLE`,
        )
        const stack = bed().declare({ app: { username: 'leaking', database_name: 'leaking', adopt_existing: true } })
        const warned = async (): Promise<string[]> =>
          (await stack.applyOk()).records
            .filter(({ object, status }) => object === 'grant' && status === 'warning')
            .map(({ message }) => message)
        const [message = '', ...others] = await warned()
        t.deepEqual(others, [])
        t.regex(message, /^platform_provisioner may act as leaking, by a grant of dbmaster/)
        await server.sql(`SET ROLE dbmaster; ${/GRANT .*;/.exec(message)?.[0] ?? ''} RESET ROLE`)
        t.deepEqual(await warned(), [])
      },
    )

    test.serial(`${on}roles that another admin made: the master gives the new admin the right over them`, async (t) => {
      const { server, aws } = bed()
      const stack = bed().declare({ app: { username: 'inherited', database_name: 'inherited' } })
      await stack.applyOk()
      aws.putLogin('admin/next', 'next_admin', 'next one')
      stack.variables = { ...stack.variables, admin_secret_id: 'admin/next', master_secret_id: MASTER_SECRET }
      const before = await dump(server)
      t.regex(
        blocked(t, await stack.apply(), 'missing right'),
        /As platform_provisioner: GRANT "inherited" TO "next_admin" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE/,
      )
      t.deepEqual(
        difference(before, await dump(server)).filter((line) => line.includes('inherited')),
        [],
        'the admin is made, and nothing given to it',
      )
      await server.sql(
        'SET ROLE platform_provisioner; GRANT inherited TO dbmaster WITH ADMIN TRUE, INHERIT FALSE, SET FALSE; RESET ROLE',
      )
      const { audit } = await stack.applyOk()
      t.is(audit.run.database_login, 'next_admin')
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
    })
  }
}
