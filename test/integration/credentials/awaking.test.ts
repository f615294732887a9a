/** A server that refuses everybody while it awakes, as Aurora Serverless does (src/README.md: Servers that awake). */
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { bedFor, VERSIONS } from '../../support/provision.ts'
import { type Impostor, startImpostor } from '../../support/postgres/impostor.ts'

const bed = bedFor(VERSIONS.at(-1) ?? 18)
let impostor: Impostor

test.serial.before('an impostor at the door', async () => {
  impostor = await startImpostor(bed().server)
})
test.after.always('the impostor leaves', async () => impostor.close())
test.serial.beforeEach(() => {
  impostor.tricks.clear()
  impostor.startups.length = 0
})

function through(): { readonly connect_through: object } {
  return { connect_through: { host: '127.0.0.1', port: impostor.port } }
}

test.serial('refused for 4 s before it asks for anything: waited for', async (t) => {
  impostor.tricks.set(bed().server.admin.user, 'no entry')
  const told: string[] = []
  const run = bed()
    .declare({ awake: {} }, through())
    .applyOk({
      progress: (line) => {
        told.push(line)
      },
    })
  await sleep(4_000)
  impostor.tricks.clear()
  t.is((await run).audit.run.outcome, 'changed')
  t.true(told.some((line) => /^waiting for .*no pg_hba.conf entry/.test(line)))
})

test.serial('PAM that does not take a token is no server that awakes', async (t) => {
  const admin = 'admin_by_token'
  impostor.tricks.set(admin, 'pam')
  const stack = bed().declare({ tokens: {} }, { ...through(), admin_auth: 'iam', admin_username: admin })
  const { audit, problems } = await stack.apply()
  t.is(audit.run.exit_code, 6)
  t.is(problems[0]?.code, 'login_refused')
  t.is(impostor.startups.length, 1)
})

test.serial('no longer than connect_timeout', async (t) => {
  impostor.tricks.set(bed().server.admin.user, 'no entry')
  const stack = bed().declare({ never: {} }, { ...through(), connect_timeout: 2 })
  const started = Date.now()
  const { audit, problems } = await stack.apply()
  t.is(audit.run.exit_code, 6)
  t.is(problems[0]?.code, 'login_refused')
  t.true(Date.now() - started >= 1_500)
  t.true(Date.now() - started < 20_000)
})
