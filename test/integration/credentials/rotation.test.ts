/** Rotation breaks no run, and a run no rotation (src/README.md: Passwords): AWS's four steps, in every order. */
import test, { type ExecutionContext } from 'ava'
import { parseTag } from '../../../src/model/tag.ts'
import { awsDependencies } from '../../../src/run/aws.ts'
import type { Dependencies } from '../../../src/run/context.ts'
import { startGate } from '../../support/gate.ts'
import { type Bed, bedFor, type Outcome, type Stack, IS_THOROUGH, VERSIONS } from '../../support/provision.ts'
import { beginRotation, type Rotation, type RotationStep, STEPS } from '../../support/rotation.ts'

type Kind = 'single user' | 'alternating users'
const KINDS: readonly Kind[] = ['single user', 'alternating users']

/** From 16 on only who made a role grants it: the admin is the second login (src/README.md: Rights over roles). */
function rotate(bed: Bed, stack: Stack, kind: Kind): Rotation {
  const { server, aws } = bed
  const superuser = server.version >= 16 ? server.admin : server.master
  return beginRotation(aws, server, stack.secretId('app'), kind === 'single user' ? null : superuser)
}

/** The application is let in by the current or the pending version, at every moment. */
async function isLetIn(bed: Bed, stack: Stack, rotation: Rotation): Promise<boolean> {
  for (const stage of ['AWSCURRENT', 'AWSPENDING'] as const) {
    const login = await rotation.login(stage)
    if (login !== null && (await bed.server.canLogin(login.user, login.password, stack.database('app')))) return true
  }
  return false
}

/** Calls `before` with 1, 2, … before each thing that a run asks of Secrets Manager or of the server's door. */
async function applyWatched(
  bed: Bed,
  stack: Stack,
  before: (moment: number) => Promise<void>,
): Promise<{ readonly outcome: Outcome; readonly moments: number }> {
  let moments = 0
  const arrived = async (): Promise<void> => before((moments += 1))
  const secrets: Dependencies['secrets'] = (settings) => {
    const reader = awsDependencies().secrets(settings)
    return {
      readCurrent: async (ids) => arrived().then(() => reader.readCurrent(ids)),
      readStage: async (id, stage) => arrived().then(() => reader.readStage(id, stage)),
    }
  }
  const gate = await startGate(bed.server.port, arrived)
  const { variables } = stack
  try {
    stack.variables = { ...variables, connect_through: { host: '127.0.0.1', port: gate.port } }
    return { outcome: await stack.apply({ secrets }), moments }
  } finally {
    stack.variables = variables
    await gate.close()
  }
}

/** No run ever sets a password that a rotation is about to set, or has set. */
function leavesPasswords(t: ExecutionContext, { audit, records }: Outcome, title: string): void {
  t.is(audit.run.error, null, title)
  t.deepEqual(
    records.filter(({ object, status }) => object === 'password' && status === 'updated'),
    [],
    title,
  )
}

interface Interleaving {
  readonly step: RotationStep
  /** In which moment of the run, the first being 1. */
  readonly moment: number
}

/** Runs a rotation and one run, the steps in the given moments; those not named run before or after, in order. */
async function interleave(
  t: ExecutionContext,
  bed: Bed,
  stack: Stack,
  kind: Kind,
  during: readonly Interleaving[],
): Promise<void> {
  const title = `${kind}: ${during.map(({ step, moment }) => `${step} at ${String(moment)}`).join(', ')}`
  const rotation = rotate(bed, stack, kind)
  const todo = [...STEPS]
  const next = async (step: RotationStep): Promise<void> => {
    if (!todo.includes(step)) return
    todo.splice(todo.indexOf(step), 1)
    await rotation.run(step)
    t.true(await isLetIn(bed, stack, rotation), `${title}: after ${step}`)
  }
  const first = during[0]?.step ?? 'createSecret'
  for (const step of STEPS.slice(0, STEPS.indexOf(first))) await next(step)
  const { outcome } = await applyWatched(bed, stack, async (moment) => {
    for (const planned of during) if (planned.moment === moment) await next(planned.step)
  })
  leavesPasswords(t, outcome, title)
  t.true(await isLetIn(bed, stack, rotation), `${title}: after the run`)
  for (const step of STEPS) await next(step)
  const current = await rotation.login('AWSCURRENT')
  t.true(current !== null && (await bed.server.canLogin(current.user, current.password, stack.database('app'))), title)
  leavesPasswords(t, await stack.apply(), title)
}

/** After the rotation: its password stands, and one run has no more to do than to write the version into the tag. */
async function settles(t: ExecutionContext, bed: Bed, stack: Stack, rotation: Rotation, title: string): Promise<void> {
  const current = await rotation.login('AWSCURRENT')
  t.true(current !== null && (await bed.server.canLogin(current.user, current.password, stack.database('app'))), title)
  const outcome = await stack.apply()
  leavesPasswords(t, outcome, title)
  const changes = outcome.records.filter(
    ({ status }) => status === 'created' || status === 'updated' || status === 'removed',
  )
  t.deepEqual(
    changes.filter(
      ({ object, action, username }) =>
        object !== 'tag' &&
        !(object === 'setting' && action === 'set' && username === `${stack.username('app')}_clone`),
    ),
    [],
    title,
  )
  t.is((await stack.applyOk()).audit.run.outcome, 'no_change', title)
}

/** All ways to spread the four steps over so many moments. */
function spreads(moments: number, steps: readonly RotationStep[] = STEPS, from = 1): Interleaving[][] {
  const [step, ...others] = steps
  if (step === undefined) return [[]]
  return Array.from({ length: moments - from + 1 }, (_, index) => from + index).flatMap((moment) =>
    spreads(moments, others, moment).map((rest) => [{ step, moment }, ...rest]),
  )
}

async function versionInTag(bed: Bed, role: string): Promise<string | undefined> {
  const [row] = await bed.server.sql(
    `SELECT shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = $1`,
    [role],
  )
  return parseTag(String(row?.['comment']))?.get('SecretVersionId')
}

function passwordRecords({ records }: Outcome): string[] {
  return records.filter(({ object }) => object === 'password').map(({ action, status }) => `${action} ${status}`)
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${version}: `

  for (const kind of KINDS) {
    const declare = async (username: string): Promise<Stack> => {
      const stack = bed().declare({ app: { username, database_name: username } })
      await stack.applyOk()
      return stack
    }

    test.serial(
      `${on}${kind}: a run between every two steps leaves the rotation alone, and has nothing to do after it`,
      async (t) => {
        const stack = await declare(kind === 'single user' ? 'between_single' : 'between_other')
        for (const round of [1, 2]) {
          const rotation = rotate(bed(), stack, kind)
          const seen: string[] = []
          for (const step of STEPS.slice(0, 3)) {
            await rotation.run(step)
            const outcome = await stack.applyOk()
            leavesPasswords(t, outcome, step)
            t.is(outcome.audit.run.outcome, 'no_change', `${String(round)} ${step}`)
            seen.push(...passwordRecords(outcome))
            t.true(await isLetIn(bed(), stack, rotation))
          }
          const inFlight = kind === 'single user' ? 'rotation_in_progress skipped' : 'verify no_change'
          t.deepEqual(seen, ['verify no_change', inFlight, inFlight])
          await rotation.run('finishSecret')
          await settles(t, bed(), stack, rotation, String(round))
        }
      },
    )

    test.serial(`${on}${kind}: each step in each moment of a run`, async (t) => {
      const stack = await declare(kind === 'single user' ? 'moment_single' : 'moment_other')
      const { moments } = await applyWatched(bed(), stack, async () => Promise.resolve())
      t.true(moments >= 3)
      const thorough = IS_THOROUGH || (kind === 'single user') === version < 16
      for (const step of thorough ? STEPS : (['setSecret', 'finishSecret'] as const)) {
        for (let moment = 1; moment <= moments + 1; moment += 1)
          await interleave(t, bed(), stack, kind, [{ step, moment }])
      }
    })

    if (IS_THOROUGH) {
      test.serial(`${on}${kind}: all steps within one run, in every order of moments`, async (t) => {
        const stack = await declare(kind === 'single user' ? 'spread_single' : 'spread_other')
        for (const during of spreads(4)) await interleave(t, bed(), stack, kind, during)
      })
    }
  }

  test.serial(`${on}all four steps at once, before, in and after the login check`, async (t) => {
    for (const kind of KINDS) {
      const stack = bed().declare({
        app: { username: `whole_${kind.slice(0, 6)}`, database_name: `whole_${kind.slice(0, 6)}` },
      })
      await stack.applyOk()
      for (const moment of [2, 3, 4])
        await interleave(
          t,
          bed(),
          stack,
          kind,
          STEPS.map((step) => ({ step, moment })),
        )
    }
  })

  test.serial(`${on}a rotation that ended after its secret was read is over, not under way`, async (t) => {
    const stack = bed().declare({ app: { username: 'ended', database_name: 'ended' } })
    await stack.applyOk()
    const rotation = rotate(bed(), stack, 'single user')
    const { outcome } = await applyWatched(bed(), stack, async (moment) => {
      if (moment === 2) for (const step of STEPS) await rotation.run(step)
    })
    t.deepEqual(passwordRecords(outcome), ['verify no_change'])
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change', 'the version is in the tag already')
  })

  test.serial(`${on}a secret changed by hand: updated, with both versions, proven by a login`, async (t) => {
    const stack = bed().declare({ app: { username: 'by_hand', database_name: 'by_hand' } })
    const first = stack.setPassword('app', 'first')
    await stack.applyOk()
    const second = stack.setPassword('app', 'second')
    const outcome = await stack.applyOk()
    const [record, ...others] = outcome.records.filter(({ object }) => object === 'password')
    t.like(record, { action: 'set', status: 'updated', application: 'app' })
    t.true(record?.message.includes(first) === true && record.message.includes(second))
    t.deepEqual(others, [])
    t.is(await stack.answer('app', 'SELECT 1'), 'ok')
    t.is(await versionInTag(bed(), 'by_hand'), second)
    t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
  })

  test.serial(`${on}a pending version that does not work stands not in the way of the current one`, async (t) => {
    const stack = bed().declare({ app: { username: 'pending', database_name: 'pending' } })
    await stack.applyOk()
    const rotation = rotate(bed(), stack, 'single user')
    await rotation.run('createSecret')
    await bed().server.setPassword('pending', 'lost')
    const outcome = await stack.applyOk()
    t.deepEqual(passwordRecords(outcome), ['set updated'])
    t.is(await stack.answer('app', 'SELECT 1'), 'ok')
    for (const step of STEPS) await rotation.run(step)
    await settles(t, bed(), stack, rotation, 'rotation goes on')
  })

  test.serial(`${on}the role still has the previous version's password: the current one is set`, async (t) => {
    const stack = bed().declare({ app: { username: 'previous', database_name: 'previous' } })
    stack.setPassword('app', 'older')
    await stack.applyOk()
    const newer = stack.setPassword('app', 'newer')
    t.deepEqual(passwordRecords(await stack.applyOk()), ['set updated'])
    t.is(await versionInTag(bed(), 'previous'), newer)
    t.false(await bed().server.canLogin('previous', 'older'))
  })

  test.serial(`${on}a secret that changes in any moment of a run that sets it ends as the newest`, async (t) => {
    const stack = bed().declare({ app: { username: 'moving', database_name: 'moving' } })
    await stack.applyOk()
    for (let moment = 1; moment <= 8; moment += 1) {
      stack.setPassword('app', `mismatch ${String(moment)}`)
      const { outcome, moments } = await applyWatched(bed(), stack, async (now) => {
        if (now === moment) stack.setPassword('app', `newest ${String(moment)}`)
        return Promise.resolve()
      })
      t.is(outcome.audit.run.error, null)
      t.true(moments >= moment, 'it changed while the run was under way')
      t.is(await stack.answer('app', 'SELECT 1'), 'ok', String(moment))
      t.is((await stack.applyOk()).audit.run.outcome, 'no_change', String(moment))
    }
  })

  test.serial(`${on}a role is made while its secret changes: it ends with the newest password`, async (t) => {
    for (const moment of [2, 3, 4, 5]) {
      const username = `newborn_${String(moment)}`
      const stack = bed().declare({ app: { username, database_name: username } })
      stack.setPassword('app', 'at first')
      const { outcome } = await applyWatched(bed(), stack, async (now) => {
        if (now === moment) stack.setPassword('app', 'at last')
        return Promise.resolve()
      })
      t.is(outcome.audit.run.error, null)
      t.is(await stack.answer('app', 'SELECT 1'), 'ok', String(moment))
    }
  })

  test.serial(
    `${on}an expired login: skipped, its password not touched, its tag not claiming the new version`,
    async (t) => {
      const stack = bed().declare({
        app: { username: 'expired', database_name: 'expired', valid_until: '2020-01-01T00:00:00Z' },
      })
      const first = stack.setPassword('app', 'first')
      await stack.applyOk()
      stack.setPassword('app', 'second')
      const outcome = await stack.applyOk()
      t.deepEqual(passwordRecords(outcome), ['verify skipped'])
      t.is(outcome.audit.run.outcome, 'no_change')
      t.is(await versionInTag(bed(), 'expired'), first)
      stack.applications = { app: { username: 'expired', database_name: 'expired' } }
      const revived = await stack.applyOk()
      const set = revived.records.find(({ object, status }) => object === 'password' && status === 'updated')
      t.true(set?.message.includes(first))
      t.is(await stack.answer('app', 'SELECT 1'), 'ok')
    },
  )

  test.serial(
    `${on}refused after the password was right: no password is set, the state is told or repaired`,
    async (t) => {
      const stack = bed().declare({ app: { username: 'refused', database_name: 'refused', connection_limit: 1 } })
      await stack.applyOk()
      const busy = await stack.connect('app')
      const full = await stack.applyOk()
      await busy.end()
      t.is(full.audit.run.outcome, 'no_change')
      t.true(
        full.records.some(
          ({ object, status, message }) =>
            object === 'password' && status === 'no_change' && message.includes('too many connections'),
        ),
      )
      for (const damage of [
        'ALTER ROLE refused NOLOGIN',
        'REVOKE CONNECT ON DATABASE refused FROM refused',
        'ALTER DATABASE refused ALLOW_CONNECTIONS false',
      ]) {
        await bed().server.sql(damage)
        const outcome = await stack.applyOk()
        leavesPasswords(t, outcome, damage)
        t.is(outcome.audit.run.outcome, 'changed', damage)
        t.is(await stack.answer('app', 'SELECT 1'), 'ok', damage)
      }
    },
  )

  test.serial(`${on}a clone is accepted only where it is a member of the application's login`, async (t) => {
    const stack = bed().declare({ app: { username: 'stranger', database_name: 'stranger' } })
    await stack.applyOk()
    await bed().server.sql(`CREATE ROLE stranger_clone LOGIN PASSWORD 'x'`)
    bed().aws.putLogin(stack.secretId('app'), 'stranger_clone', 'x')
    const { audit, problems } = await stack.apply()
    t.is(audit.run.exit_code, 4)
    t.like(problems[0], { application: 'app', code: 'secret_of_another_login', field: stack.secretId('app') })
    t.regex(problems[0]?.message ?? '', /stranger_clone/)
    await bed().server.sql('GRANT stranger TO stranger_clone')
    t.is((await stack.apply()).audit.run.exit_code, 0)
  })

  test.serial(
    `${on}a clone acts as the application's login; where the admin may not see to it, the statement is told`,
    async (t) => {
      const stack = bed().declare({ app: { username: 'acting', database_name: 'acting' } })
      await stack.applyOk()
      const { server, aws } = bed()
      const rotation = beginRotation(aws, server, stack.secretId('app'), version >= 16 ? server.admin : server.master)
      for (const step of STEPS) await rotation.run(step)
      const { records } = await stack.applyOk()
      t.true(
        records.some(
          ({ object, username, status }) => object === 'setting' && username === 'acting_clone' && status === 'created',
        ),
      )
      const login = await rotation.login('AWSCURRENT')
      const client = await server.connect({
        user: login?.user ?? '',
        password: login?.password ?? '',
        database: 'acting',
      })
      await client.query('CREATE TABLE made (x int)')
      await client.end()
      const [table] = await server.sql(
        `SELECT pg_get_userbyid(relowner)::text AS owner FROM pg_class WHERE relname = 'made'`,
        [],
        'acting',
      )
      t.is(table?.['owner'], 'acting')
      await server.forget('acting')
      if (version < 16) return
      const other = bed().declare({ app: { username: 'alien', database_name: 'alien' } })
      await other.applyOk()
      await server.sql(`CREATE ROLE alien_clone LOGIN PASSWORD 'x' IN ROLE alien`)
      aws.putLogin(other.secretId('app'), 'alien_clone', 'x')
      const told = (await other.applyOk()).records.find(
        ({ object, status }) => object === 'setting' && status === 'warning',
      )
      const statement = /ALTER ROLE .*(?=;)/.exec(told?.message ?? '')?.[0] ?? ''
      await server.sql(statement)
      t.false(
        (await other.applyOk()).records.some(({ object, status }) => object === 'setting' && status === 'warning'),
      )
    },
  )
}
