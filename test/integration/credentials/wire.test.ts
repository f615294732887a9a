/** What the server at the other end may do, and what comes of it (src/README.md: Connections and TLS). */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ANY_VERSION, type Bed, bedFor, type Entry, type Stack } from '../../support/provision.ts'
import { type Impostor, startImpostor, type Trick } from '../../support/postgres/impostor.ts'

/** What the admin's run is told, by code and words. */
const AT_LOGIN: readonly (readonly [Trick, RegExp])[] = [
  ['no question', /without asking for its password.*pg_hba\.conf/],
  ['md5', /MD5 hash of the password; it was not sent.*password_encryption = scram-sha-256/],
  ['gss', /cannot be read.*type 7.*rds_ad/],
  ['sspi', /cannot be read.*type 9/],
  ['other mechanism', /did not prove by SCRAM.*offers SCRAM-SHA-256/],
  ['wrong signature', /did not prove by SCRAM.*signature does not match/],
  ['no signature', /without asking for its password/],
  ['too early', /cannot be read/],
  ['unknown message', /cannot be read/],
]

for (const version of ANY_VERSION) {
  const on = `PostgreSQL ${version}: `
  const bed = bedFor(version)
  let impostor: Impostor

  test.serial.before(`${on}an impostor at the door`, async () => {
    impostor = await startImpostor(bed().server)
  })
  test.after.always(`${on}the impostor leaves`, async () => impostor.close())
  test.serial.beforeEach(() => {
    impostor.tricks.clear()
    impostor.startups.length = 0
  })

  function through(applications: Readonly<Record<string, Entry>>, variables: Entry = {}): Stack {
    const connect_through = { host: '127.0.0.1', port: impostor.port }
    return bed().declare(applications, { connect_through, connect_timeout: 1, ...variables })
  }

  test.serial(`${on}an honest server is logged in to with its certificate bound, and SCRAM alone`, async (t) => {
    await through({}).applyOk()
    const sent = impostor.sent.get(bed().server.admin.user)?.toString() ?? ''
    t.regex(sent, /SCRAM-SHA-256-PLUS.*p=tls-server-end-point,,n=\*/s)
  })

  for (const [trick, told] of AT_LOGIN) {
    test.serial(`${on}the admin's login, ${trick}: exit 6 at once, and no password goes out`, async (t) => {
      impostor.tricks.set(bed().server.admin.user, trick)
      const { audit, problems } = await through({}).apply()
      t.is(audit.run.exit_code, 6)
      t.is(problems[0]?.code, 'server_unproven')
      t.regex(`${problems[0]?.message ?? ''} ${problems[0]?.remedy ?? ''}`, told)
      t.is(impostor.startups.length, 1, 'tried once')
      nothingGivenAway(t, bed(), impostor)
    })
  }

  test.serial(`${on}the admin's login, asked for in clear: its password is not sent`, async (t) => {
    impostor.tricks.set(bed().server.admin.user, 'cleartext')
    const { audit, problems } = await through({}).apply()
    t.is(audit.run.exit_code, 6)
    t.is(problems[0]?.code, 'other_authentication')
    nothingGivenAway(t, bed(), impostor)
  })

  test.serial(`${on}an answer that is cut off is waited for like any server that is away`, async (t) => {
    impostor.tricks.set(bed().server.admin.user, 'cut')
    const { audit, problems } = await through({}).apply()
    t.is(audit.run.exit_code, 6)
    t.is(problems[0]?.code, 'server_unreachable')
  })

  // Five connections are made before the run gives up.
  for (const trick of version === ANY_VERSION.at(-1) ? (['unknown message later', 'error at once'] as const) : []) {
    test.serial(`${on}the admin's session, ${trick}: an end with an audit`, async (t) => {
      impostor.tricks.set(bed().server.admin.user, trick)
      const { audit, problems } = await through({}).apply()
      t.is(audit.run.outcome, 'failed')
      t.is(audit.run.exit_code, 1, audit.run.error ?? '')
      t.is(problems[0]?.code, 'connection_lost')
    })
  }

  test.serial(`${on}a login of one application: a warning of its own, and nothing of it is changed`, async (t) => {
    const names = { odd: { username: `odd_${version}`, database_name: `odd_${version}` }, even: {} }
    const stack = through(names)
    await stack.applyOk()
    for (const trick of [
      ...AT_LOGIN.map(([name]) => name),
      'broken row',
      'unknown message later',
      'cut later',
      'error at once',
    ] as const) {
      impostor.tricks.set(`odd_${version}`, trick)
      const { audit, records } = await stack.apply()
      t.is(audit.run.exit_code, 0, `${trick}: ${audit.run.error ?? ''}`)
      t.is(audit.run.outcome, 'no_change', trick)
      const warnings = records.filter(({ status, object }) => status === 'warning' && object !== 'schema')
      t.deepEqual(
        warnings.map(({ application, object, action }) => [application, object, action]),
        [['odd', 'login', 'verify']],
        trick,
      )
      t.regex(warnings[0]?.message ?? '', /cannot be proven: .+\. [A-Z].+\.$/)
      t.true(
        records.some(
          ({ application, object, status }) =>
            application === 'even' && object === 'password' && status === 'no_change',
        ),
      )
    }
    t.true(await bed().server.canLogin(`odd_${version}`, stack.password('odd'), `odd_${version}`))
  })

  test.serial(`${on}a master mends an admin whose password is stored as an MD5 hash`, async (t) => {
    const { server, aws } = bed()
    aws.putLogin('master', server.master.user, server.master.password)
    const { user } = server.admin
    impostor.tricks.set(user, 'md5')
    const stack = through({}, { master_secret_id: 'master' })
    const mark = await server.mark()
    const { audit } = await stack.apply()
    t.is(audit.run.exit_code, 6, 'the impostor still asks')
    t.true((await server.changesSince(mark)).some((text) => text.startsWith(`ALTER ROLE "${user}" PASSWORD`)))
  })

  test.serial(`${on}the program itself: exit code and audit, and no stack trace`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'rds-provision-wire-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const cases: readonly (readonly [Trick, number])[] = [
      ['no question', 6],
      ['md5', 6],
      ['gss', 6],
      ['wrong signature', 6],
      ['unknown message', 6],
      ['broken row', 1],
    ]
    for (const [trick, expected] of cases) {
      impostor.tricks.set(bed().server.admin.user, trick)
      const file = join(folder, `${trick}.json`)
      const { code, stdout, stderr } = await through({}).bundle(['apply', '--audit-file', file])
      t.is(code, expected, `${trick}: ${stdout}${stderr}`)
      t.notRegex(stdout + stderr, /rds-provision\.mjs:\d+|^\s+at /m, trick)
      t.regex(await readFile(file, 'utf8'), new RegExp(`"exit_code": ?${String(expected)}`), trick)
    }
  })
}

function nothingGivenAway(t: ExecutionContext, bed: Bed, impostor: Impostor): void {
  const sent = impostor.sent.get(bed.server.admin.user)?.toString() ?? ''
  t.false(sent.includes(bed.server.admin.password))
  t.notRegex(sent, /md5[0-9a-f]{32}/)
}
