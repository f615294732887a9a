/** The rotation function on a real server: each step once, twice, cut off, refused, and beside a run. */
import test, { type ExecutionContext } from 'ava'
import { ROTATION_STEPS, type RotationStep } from '../../../src/lambda/rotation/event.ts'
import { holder } from '../../support/aws/secret-store.ts'
import { type Bed, bedFor, type Entry, type Outcome, type Stack, VERSIONS } from '../../support/provision.ts'
import { type FunctionRotation, rotateBy, type RotationOptions } from '../../support/rotator.ts'
import { ADMIN_SECRET } from '../../support/provision/stack.ts'

async function declared(bed: Bed, name: string, more: Entry = {}): Promise<Stack> {
  const stack = bed.declare({ app: { username: name, database_name: name, ...more } })
  await stack.applyOk()
  return stack
}

async function begun(
  t: ExecutionContext,
  bed: Bed,
  stack: Stack,
  options?: RotationOptions,
): Promise<FunctionRotation> {
  const rotation = await rotateBy(bed, stack, options)
  t.teardown(rotation.remove)
  return rotation
}

/** The application is let in by the current version, at every moment. */
async function twice(t: ExecutionContext, rotation: FunctionRotation, step: RotationStep): Promise<void> {
  for (const time of [1, 2]) {
    await rotation.step(step)
    const letIn = (await rotation.isLetIn('AWSCURRENT')) || (await rotation.isLetIn('AWSPENDING'))
    t.true(letIn, `${step}, time ${String(time)}`)
  }
}

function passwords({ records }: Outcome): string[] {
  return records.filter(({ object }) => object === 'password').map(({ action, status }) => `${action} ${status}`)
}

/** After a rotation: its password stands, and a run has at most a tag to write. */
async function settles(t: ExecutionContext, stack: Stack, rotation: FunctionRotation): Promise<void> {
  t.true(await rotation.isLetIn('AWSCURRENT'))
  const outcome = await stack.applyOk()
  t.deepEqual(passwords(outcome), ['verify no_change'])
  const changed = outcome.records.filter(({ status }) => ['created', 'updated', 'removed'].includes(status))
  t.deepEqual(
    changed.filter(({ object }) => object !== 'tag'),
    [],
  )
  t.is((await stack.applyOk()).audit.run.outcome, 'no_change')
}

for (const version of VERSIONS) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${String(version)}: `

  test.serial(`${on}single user: every step twice; the server sees no password`, async (t) => {
    const stack = await declared(bed(), 'rot_single')
    const { server, aws } = bed()
    const mark = await server.mark()
    const rotation = await begun(t, bed(), stack)
    const old = rotation.login('AWSCURRENT')
    for (const step of ROTATION_STEPS) await twice(t, rotation, step)
    const [current, previous] = [rotation.login('AWSCURRENT'), rotation.login('AWSPREVIOUS')]
    t.is(current?.user, 'rot_single')
    t.deepEqual(previous, old)
    t.not(current?.password, old?.password)
    t.false(await rotation.isLetIn('AWSPREVIOUS'))
    t.like(JSON.parse(aws.valueOf(stack.secretId('app'), 'AWSCURRENT') ?? '{}'), { engine: 'postgres' })
    const logged = JSON.stringify(await server.logSince(mark))
    t.regex(logged, /ALTER ROLE .*rot_single.* PASSWORD 'SCRAM-SHA-256/)
    for (const text of [logged, rotation.log()]) t.false(text.includes(current?.password ?? 'none'))
    t.notRegex(rotation.log(), /SCRAM-SHA-256\$4096/)
    t.regex(rotation.log(), /"object":"password","action":"rotate","status":"updated"/)
    await settles(t, stack, rotation)
  })

  test.serial(`${on}alternating users: the clone is made, acts as the login, and they take turns`, async (t) => {
    const stack = await declared(bed(), 'rot_turns', { settings: { work_mem: '8MB' }, connection_limit: 7 })
    const first = await begun(t, bed(), stack, { alternates: true })
    for (const step of ROTATION_STEPS) await twice(t, first, step)
    const clone = first.login('AWSCURRENT')
    t.is(clone?.user, 'rot_turns_clone')
    t.true(await first.isLetIn('AWSPREVIOUS'))
    const session = await bed().server.connect({ user: '', password: '', ...clone, database: 'rot_turns' })
    try {
      await session.query('CREATE TABLE made_by_clone (a int)')
      const { rows } = await session.query("SELECT current_user AS me, current_setting('work_mem') AS memory")
      t.deepEqual(rows, [{ me: 'rot_turns', memory: '8MB' }])
    } finally {
      await session.end()
    }
    t.deepEqual(await bed().server.sql("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'rot_turns_clone'"), [
      { rolconnlimit: 7 },
    ])
    t.is(await stack.answer('app', 'SELECT 1 FROM made_by_clone'), 'ok')
    await settles(t, stack, first)
    stack.applications = {
      app: { username: 'rot_turns', database_name: 'rot_turns', settings: { work_mem: '16MB' }, connection_limit: 7 },
    }
    await stack.applyOk()
    for (const user of ['rot_turns', 'rot_turns_clone']) {
      const next = await begun(t, bed(), stack, { alternates: true })
      await next.all()
      t.is(next.login('AWSCURRENT')?.user, user)
      t.true(await next.isLetIn('AWSPREVIOUS'))
      await settles(t, stack, next)
    }
    t.deepEqual(
      await bed().server.sql(
        `SELECT array_to_string(setconfig, ',') AS set FROM pg_db_role_setting
         WHERE setrole = 'rot_turns_clone'::regrole ORDER BY 1`,
      ),
      [{ set: 'work_mem=16MB,role=rot_turns' }],
    )
  })

  test.serial(`${on}a run between every two steps leaves the rotation alone`, async (t) => {
    for (const alternates of [false, true]) {
      const name = alternates ? 'rot_runs_two' : 'rot_runs_one'
      const stack = await declared(bed(), name)
      const rotation = await begun(t, bed(), stack, { alternates })
      for (const step of ROTATION_STEPS) {
        await rotation.step(step)
        const seen = passwords(await stack.applyOk())
        t.false(
          seen.some((one) => /updated|created/.test(one)),
          `${step}: ${seen.join()}`,
        )
        t.true((await rotation.isLetIn('AWSCURRENT')) || (await rotation.isLetIn('AWSPENDING')), step)
      }
      await settles(t, stack, rotation)
    }
  })

  test.serial(`${on}a login that acts as another, and one of level none without a database`, async (t) => {
    const stack = bed().declare({
      app: { username: 'rot_boss', database_name: 'rot_boss' },
      hand: {
        username: 'rot_hand',
        database_name: 'rot_boss',
        access_level: 'editor',
        member_of: ['app'],
        acts_as: 'app',
      },
      idle: { username: 'rot_idle', access_level: 'none' },
    })
    await stack.applyOk()
    for (const [application, alternates] of [
      ['hand', false],
      ['hand', true],
    ] as const) {
      const rotation = await begun(t, bed(), stack, { application, alternates })
      await rotation.all()
      const login = rotation.login('AWSCURRENT')
      t.true(login !== null && (await bed().server.canLogin(login.user, login.password, 'rot_boss')))
    }
    const idle = await begun(t, bed(), stack, { application: 'idle' })
    await idle.all()
    t.not(idle.login('AWSCURRENT')?.password, idle.login('AWSPREVIOUS')?.password)
    t.is((await stack.applyOk()).audit.run.exit_code, 0)
  })

  test.serial(`${on}what is no step of a rotation under way is refused, and changes nothing`, async (t) => {
    const stack = await declared(bed(), 'rot_refused')
    const { aws } = bed()
    const rotation = await begun(t, bed(), stack)
    const before = rotation.login('AWSCURRENT')
    const current = aws.putLogin(stack.secretId('app'), 'rot_refused', before?.password ?? '', ['AWSCURRENT'])
    await t.throwsAsync(rotation.step('createSecret', '00000000-0000-4000-8000-000000000000'), {
      message: /the secret has no version 00000000-.*: nothing was done/,
    })
    const old = holder(aws.stored(stack.secretId('app')), 'AWSPREVIOUS')?.id ?? ''
    await t.throwsAsync(rotation.step('setSecret', old), { message: /is not the one that is pending/ })
    await rotation.step('setSecret', current)
    t.regex(rotation.log(), /is current already/)
    await t.throwsAsync(rotation.step('setSecret'), { message: /has no value that is AWSPENDING/ })
    aws.stored(stack.secretId('app')).rotatingTo = null
    await t.throwsAsync(rotation.step('createSecret'), { message: /the secret has no rotation/ })
    t.true(await rotation.isLetIn('AWSCURRENT'))
  })

  test.serial(`${on}secrets of others: the admin's, of no login, for another user`, async (t) => {
    const stack = await declared(bed(), 'rot_other')
    const { aws } = bed()
    aws.putLogin('platform/dev/stranger/postgres', 'rot_other', 'x')
    for (const secretId of [ADMIN_SECRET, 'platform/dev/stranger/postgres']) {
      const other = await begun(t, bed(), stack, { secretId })
      await t.throwsAsync(other.step('createSecret'), {
        message: /is the secret of no login that this function rotates/,
      })
    }
    const rotation = await begun(t, bed(), stack)
    aws.putLogin(stack.secretId('app'), 'dbmaster', 'x')
    await t.throwsAsync(rotation.step('createSecret'), { message: /the secret is for the user "dbmaster"/ })
    aws.putLogin(stack.secretId('app'), 'rot_other', 'x')
    aws.putPending(stack.secretId('app'), rotation.versionId, { username: 'dbmaster', password: 'x' })
    await t.throwsAsync(rotation.step('setSecret'), { message: /the pending version is for the user "dbmaster"/ })
  })

  test.serial(`${on}a login that is not ours, is closed, or whose clone is a stranger gets no password`, async (t) => {
    const { server } = bed()
    const stack = await declared(bed(), 'rot_stray')
    const rotation = await begun(t, bed(), stack)
    await rotation.step('createSecret')
    await server.sql('ALTER ROLE rot_stray NOLOGIN')
    await t.throwsAsync(rotation.step('setSecret'), { message: /the login rot_stray is closed/ })
    await server.sql('ALTER ROLE rot_stray LOGIN')
    const [tag] = await server.sql("SELECT shobj_description('rot_stray'::regrole, 'pg_authid') AS tag")
    await server.sql("COMMENT ON ROLE rot_stray IS 'mine'")
    await t.throwsAsync(rotation.step('setSecret'), { message: /carries no tag of the stack/ })
    await server.sql(`COMMENT ON ROLE rot_stray IS '${String(tag?.['tag'])}'`)
    await rotation.step('setSecret')

    const turns = await begun(t, bed(), stack, { alternates: true })
    await server.sql('CREATE ROLE rot_stray_clone LOGIN')
    await turns.step('createSecret')
    const { message } = await t.throwsAsync(turns.step('setSecret'))
    t.regex(message, /a role rot_stray_clone exists, and is no member of rot_stray/)
    const [, statement = ''] = /where it is the clone: (GRANT [^;]+;)/.exec(message) ?? []
    const admin = await server.connect({ ...server.admin, database: 'postgres' })
    await admin.query(statement)
    await admin.end()
    if (version >= 16)
      await server.sql('GRANT rot_stray_clone TO platform_provisioner WITH ADMIN TRUE, INHERIT FALSE, SET FALSE')
    await turns.step('setSecret')
    t.true(await turns.isLetIn('AWSPENDING'))
  })

  test.serial(`${on}beside a run: the instance's lock is waited for, as long as the function has time`, async (t) => {
    const stack = await declared(bed(), 'rot_lock')
    const { server } = bed()
    const rotation = await begun(t, bed(), stack)
    await rotation.step('createSecret')
    const holder = await server.connect({ ...server.admin, database: 'postgres' })
    await holder.query('SELECT pg_advisory_lock(8242267087886938998)')
    const short = await begun(t, bed(), stack, { remainingMs: 4_000 })
    await short.step('createSecret')
    await t.throwsAsync(short.step('setSecret'), { message: /lock|nearly up/ })
    t.true(await short.isLetIn('AWSCURRENT'))
    t.false(await short.isLetIn('AWSPENDING'))
    const waiting = short.step('setSecret').catch((error: unknown) => error)
    await holder.end()
    t.is(await waiting, undefined)
    t.true(await short.isLetIn('AWSPENDING'))
  })
}
