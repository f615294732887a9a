/** The rotation function cut off at every exchange, with the server and with AWS: the same step goes on, nobody is shut out. */
import test, { type ExecutionContext } from 'ava'
import { ROTATION_STEPS, type RotationStep } from '../../../src/lambda/rotation/event.ts'
import { ANY_VERSION, type Bed, bedFor, IS_THOROUGH, type Stack } from '../../support/provision.ts'
import { type CutMode, type Proxy, startProxy } from '../../support/proxy.ts'
import { type FunctionRotation, rotateBy } from '../../support/rotator.ts'

/** What each step calls, in order; the admin's secret is read by those that go to the server. */
const CALLS: Readonly<Record<RotationStep, readonly string[]>> = {
  createSecret: ['DescribeSecret', 'GetSecretValue', 'PutSecretValue'],
  setSecret: ['DescribeSecret', 'GetSecretValue', 'BatchGetSecretValue'],
  testSecret: ['DescribeSecret', 'GetSecretValue', 'BatchGetSecretValue'],
  finishSecret: ['DescribeSecret', 'UpdateSecretVersionStage'],
}

interface Cut {
  readonly step: RotationStep
  readonly mode: CutMode
  readonly flight: number
}

/** One rotation, cut off once, whose steps come again. @returns whether it got so far */
async function cutOnce(
  t: ExecutionContext,
  bed: Bed,
  proxy: Proxy,
  stack: Stack,
  cut: Cut,
  alternates: boolean,
): Promise<boolean> {
  const instance = { connect_through: null, instance: { host: 'localhost', port: proxy.port, identifier: 'db-1' } }
  const rotation = await rotateBy(bed, stack, {
    alternates,
    database: 'postgres',
    instance: { ...instance, connect_timeout: 1 },
  })
  const title = `${JSON.stringify(cut)}${alternates ? ', alternating' : ''}`
  try {
    for (const step of ROTATION_STEPS.slice(0, ROTATION_STEPS.indexOf(cut.step))) await rotation.step(step)
    const seen = { cut: false }
    proxy.reset()
    proxy.cutAt(cut.flight, cut.mode, () => {
      seen.cut = true
    })
    const failed = await rotation.step(cut.step).then(
      () => null,
      (error: unknown) => String(error),
    )
    proxy.reset()
    if (!seen.cut) t.is(failed, null, title)
    await isLetIn(t, rotation, title)
    for (const step of ROTATION_STEPS.slice(ROTATION_STEPS.indexOf(cut.step))) await rotation.step(step)
    t.true(await rotation.isLetIn('AWSCURRENT'), title)
    return seen.cut
  } finally {
    await rotation.remove()
  }
}

async function isLetIn(t: ExecutionContext, rotation: FunctionRotation, title: string): Promise<void> {
  t.true((await rotation.isLetIn('AWSCURRENT')) || (await rotation.isLetIn('AWSPENDING')), title)
}

const BOTH: readonly CutMode[] = ['before', 'after']
const ALL = [
  ['setSecret', false, BOTH],
  ['setSecret', true, BOTH],
  ['testSecret', false, BOTH],
] as const
const SOME = [['setSecret', true, ['after']]] as const

for (const version of ANY_VERSION) {
  const bed = bedFor(version)
  const on = `PostgreSQL ${String(version)}: `

  test.serial(`${on}cut off at every exchange with the server, the same step goes on`, async (t) => {
    t.timeout(600_000)
    const proxy = await startProxy(bed().server.port)
    t.teardown(() => proxy.close())
    let cuts = 0
    for (const [step, alternates, modes] of IS_THOROUGH ? ALL : SOME)
      for (const mode of modes)
        for (let flight = 1, isReached = true; isReached; flight += 1) {
          const name = `cut_${step.slice(0, 3)}_${mode}_${String(flight)}${alternates ? '_two' : ''}`
          const stack = bed().declare({ app: { username: name, access_level: 'none' } })
          await stack.applyOk()
          isReached = await cutOnce(t, bed(), proxy, stack, { step, mode, flight }, alternates)
          cuts += isReached ? 1 : 0
        }
    t.log(`${String(cuts)} cuts`)
    // Of the sample: every exchange of one step, which logs in, takes the lock, looks, and sets a verifier.
    t.true(cuts > (IS_THOROUGH ? 80 : 12))
  })

  test.serial(`${on}cut off at every call of AWS, the same step goes on`, async (t) => {
    const stack = bed().declare({ app: { username: 'cut_aws', database_name: 'cut_aws' } })
    await stack.applyOk()
    for (const step of ROTATION_STEPS)
      for (const call of CALLS[step]) {
        const rotation = await rotateBy(bed(), stack)
        for (const before of ROTATION_STEPS.slice(0, ROTATION_STEPS.indexOf(step))) await rotation.step(before)
        bed().aws.fail(call, { code: 'AccessDeniedException', status: 400 })
        const failed = await rotation.step(step).then(
          () => null,
          (error: unknown) => String(error),
        )
        // What may not be read twenty at a time is read one by one.
        if (call === 'BatchGetSecretValue') t.is(failed, null)
        else t.regex(failed ?? '', /(?:denied|AccessDenied)/, `${step} ${call}`)
        bed().aws.heal()
        await isLetIn(t, rotation, `${step} ${call}`)
        for (const after of ROTATION_STEPS.slice(ROTATION_STEPS.indexOf(step))) await rotation.step(after)
        t.true(await rotation.isLetIn('AWSCURRENT'), `${step} ${call}`)
        await rotation.remove()
      }
  })
}

const [version = 16] = ANY_VERSION.slice(-1)
const strict = bedFor(version, { settings: { 'rds.restrict_password_commands': 'on' } })

test.serial(
  'where password commands are restricted, the admin sets it, if it is a member of rds_password',
  async (t) => {
    const { server } = strict()
    await server.sql('GRANT rds_password TO platform_provisioner')
    const stack = strict().declare({ app: { username: 'strict', database_name: 'strict' } })
    await stack.applyOk()
    const rotation = await rotateBy(strict(), stack)
    t.teardown(rotation.remove)
    await rotation.step('createSecret')
    await server.sql('REVOKE rds_password FROM platform_provisioner')
    await t.throwsAsync(rotation.step('setSecret'), {
      message: /platform_provisioner may not set passwords: the instance restricts that to members of rds_password/,
    })
    t.true(await rotation.isLetIn('AWSCURRENT'))
    await server.sql('GRANT rds_password TO platform_provisioner')
    for (const step of ROTATION_STEPS.slice(1)) await rotation.step(step)
    t.true(await rotation.isLetIn('AWSCURRENT'))
    t.false(await rotation.isLetIn('AWSPREVIOUS'))
  },
)
