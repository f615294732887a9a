/** The way to AWS: proxies, authorities of one's own, and which credentials count, as for the AWS CLI. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { BlockedError, InvalidInputError, ProvisionError } from '../../../src/errors.ts'
import { readAwsEnvironment } from '../../../src/input/aws-environment.ts'
import type { AwsSettings } from '../../../src/model/declaration.ts'
import { awsDependencies } from '../../../src/run/aws.ts'
import { assertAccount } from '../../../src/run/connection/credentials.ts'
import { type Aws, AWS_SETTINGS, startAws } from '../../support/aws.ts'
import { type ConnectProxy, startConnectProxy, startTlsFront } from '../../support/aws/way.ts'
import { type Certificates, makeCertificates } from '../../support/certificates.ts'

type Variables = Readonly<Record<string, string>>

let aws: Aws
let folder: string
let certificates: Certificates
let front: Awaited<ReturnType<typeof startTlsFront>>
test.before(async () => {
  aws = await startAws()
  folder = await mkdtemp(join(tmpdir(), 'rds-provision-way-'))
  certificates = await makeCertificates(folder, 'valid', ['*.eu-west-1.amazonaws.com'])
  front = await startTlsFront(Number(new URL(aws.endpoint).port), certificates)
})
test.beforeEach(() => {
  aws.calls.length = 0
})
test.after.always(async () => {
  await Promise.all([front.stop(), aws.stop()])
  await rm(folder, { recursive: true })
})

/** Puts variables in place of those that any run of this file may have. */
function setVariables(variables: Variables): void {
  for (const name of [...Object.keys(aws.env), 'AWS_PROFILE', 'AWS_CA_BUNDLE'])
    Reflect.deleteProperty(process.env, name)
  Object.assign(process.env, variables)
}

/** The dependencies of a run with exactly these variables of AWS. */
function runWith(variables: Variables): ReturnType<typeof awsDependencies> {
  setVariables(variables)
  return awsDependencies(readAwsEnvironment(variables))
}

/** Without AWS_ENDPOINT_URL: the real names, which only the proxy can reach. */
function real(): Variables {
  const { AWS_ENDPOINT_URL: _endpoint, ...rest } = aws.env
  return rest
}

async function startProxy(t: ExecutionContext, port = front.port): Promise<ConnectProxy> {
  const proxy = await startConnectProxy(port)
  t.teardown(() => proxy.stop())
  return proxy
}

/** Code and text of what a run ends with. */
async function endOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    if (error instanceof ProvisionError) return error.problems.map(({ code, message }) => `${code}: ${message}`).join()
    throw error
  }
}

test.serial('every service is asked through HTTPS_PROXY by CONNECT, with the authority of AWS_CA_BUNDLE', async (t) => {
  const proxy = await startProxy(t)
  aws.putLogin('by-proxy', 'u', 'p')
  aws.putInstance('db')
  const variables = {
    ...real(),
    HTTPS_PROXY: proxy.url.replace('//', '//me:a%20word@'),
    AWS_CA_BUNDLE: certificates.caFile,
  }
  const settings = { ...AWS_SETTINGS, assumeRoleArn: 'arn:aws:iam::123456789012:role/provisioner' }
  const run = runWith(variables)
  t.is((await run.actor(settings)).arn, 'arn:aws:sts::123456789012:assumed-role/provisioner/rds-provision')
  t.is((await run.secrets(AWS_SETTINGS).readCurrent(['by-proxy'])).credentials.size, 1)
  const snapshots = await awsDependencies(readAwsEnvironment(variables)).snapshots(AWS_SETTINGS)
  t.deepEqual(await snapshots.list(await snapshots.locate('db')), [])
  snapshots.close()
  t.deepEqual([...new Set(proxy.tunnels)].sort(), [
    'rds.eu-west-1.amazonaws.com:443',
    'secretsmanager.eu-west-1.amazonaws.com:443',
    'sts.eu-west-1.amazonaws.com:443',
  ])
  t.deepEqual([...new Set(proxy.logins)], [`Basic ${Buffer.from('me:a word').toString('base64')}`])
  t.deepEqual(proxy.plain, [])
  t.is(aws.callsTo('AssumeRole').length, 1)
})

test.serial(
  'a proxy whose authority is unknown is not believed; a bundle that cannot be read is invalid input',
  async (t) => {
    const proxy = await startProxy(t)
    const variables = { ...real(), HTTPS_PROXY: proxy.url }
    t.regex(await endOf(runWith(variables).actor(AWS_SETTINGS)), /^aws_unreachable: .*(CERT|certificate)/)
    const other = { ...variables, AWS_CA_BUNDLE: certificates.otherCaFile }
    t.regex(await endOf(runWith(other).actor(AWS_SETTINGS)), /^aws_unreachable: .*(CERT|certificate)/)
    t.is(aws.calls.length, 0)
    const missing = runWith({ ...variables, AWS_CA_BUNDLE: join(folder, 'none.pem') })
    await t.throwsAsync(missing.actor(AWS_SETTINGS), { instanceOf: InvalidInputError, message: /AWS_CA_BUNDLE/ })
  },
)

test.serial('a proxy that refuses is named by its answer', async (t) => {
  const proxy = await startProxy(t)
  proxy.refuse(407)
  const run = runWith({
    ...real(),
    HTTPS_PROXY: proxy.url.replace('//', '//me:sentinel@'),
    AWS_CA_BUNDLE: certificates.caFile,
  })
  const told = await endOf(run.actor(AWS_SETTINGS))
  t.regex(
    told,
    /^aws_unreachable: GetCallerIdentity in eu-west-1 at sts\.eu-west-1\.amazonaws\.com: Error: the proxy 127\.0\.0\.1:\d+ opens no way to sts\.eu-west-1\.amazonaws\.com: 407 No\.$/,
  )
  t.false(told.includes('sentinel'))
})

test.serial('an endpoint without TLS goes through HTTP_PROXY; what NO_PROXY names goes straight', async (t) => {
  const proxy = await startProxy(t, Number(new URL(aws.endpoint).port))
  const run = runWith({ ...aws.env, HTTP_PROXY: proxy.url, HTTPS_PROXY: 'http://127.0.0.1:1' })
  t.is((await run.actor(AWS_SETTINGS)).account, '123456789012')
  t.deepEqual(proxy.tunnels, [new URL(aws.endpoint).host])
  const direct = runWith({ ...aws.env, HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: 'localhost,127.0.0.1' })
  t.is((await direct.actor(AWS_SETTINGS)).account, '123456789012')
  const tls = `https://localhost:${String(front.port)}`
  const byTls = { ...aws.env, AWS_ENDPOINT_URL: tls, HTTPS_PROXY: 'http://127.0.0.1:1', no_proxy: '*' }
  t.is((await runWith({ ...byTls, AWS_CA_BUNDLE: certificates.caFile }).actor(AWS_SETTINGS)).account, '123456789012')
  t.regex(await endOf(runWith(byTls).actor(AWS_SETTINGS)), /^aws_unreachable: .*(CERT|certificate)/)
})

test.serial('credentials of a container are asked for straight, whatever the proxy', async (t) => {
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...rest } = aws.env
  const closed = { HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: 'localhost' }
  const asked = await startProxy(t)
  const uri = `${asked.url}/credentials`
  t.teardown(() => {
    delete process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI']
  })
  const variables = { ...rest, ...closed, AWS_CONTAINER_CREDENTIALS_FULL_URI: uri }
  await endOf(runWith(variables).actor(AWS_SETTINGS))
  t.true(asked.plain.includes('GET /credentials'))
})

/** A configuration with two profiles: one with keys, one with nothing but a region. */
async function configured(): Promise<Variables> {
  const file = join(folder, 'config')
  await writeFile(
    file,
    '[profile keys]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = x\nregion = eu-central-1\n\n[profile place]\nregion = eu-north-1\n',
  )
  return { ...aws.env, AWS_CONFIG_FILE: file }
}

/** With which access key, in which region, STS was asked last. */
function lastCaller(): string {
  const { accessKeyId = '', region = '' } = aws.calls.at(-1)?.caller ?? {}
  return `${accessKeyId} ${region}`
}

test.serial('keys in the environment go before AWS_PROFILE; a declared profile goes before both', async (t) => {
  const { AWS_REGION: _region, AWS_DEFAULT_REGION: _default, ...variables } = await configured()
  const nowhere: AwsSettings = { ...AWS_SETTINGS, region: null }
  await runWith({ ...variables, AWS_PROFILE: 'keys' }).actor(nowhere)
  t.is(lastCaller(), 'AKIATEST eu-central-1')
  await runWith({ ...variables, AWS_PROFILE: 'place' }).actor({ ...nowhere, profile: 'keys' })
  t.is(lastCaller(), 'AKIAPROFILE eu-central-1')
  await runWith(variables)
    .secrets({ ...nowhere, profile: 'keys' })
    .readCurrent(['x'])
  t.is(lastCaller(), 'AKIAPROFILE eu-central-1')
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...keyless } = variables
  await runWith({ ...keyless, AWS_PROFILE: 'keys' }).actor(nowhere)
  t.is(lastCaller(), 'AKIAPROFILE eu-central-1')
})

test.serial('a profile that does not exist is named, and nothing else is tried in its place', async (t) => {
  const variables = await configured()
  const settings = { ...AWS_SETTINGS, profile: 'nosuch' }
  t.regex(await endOf(runWith(variables).actor(settings)), /^aws_profile_missing: there is no profile "nosuch"/)
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...keyless } = variables
  t.regex(
    await endOf(
      runWith({ ...keyless, AWS_PROFILE: 'gone' })
        .secrets(AWS_SETTINGS)
        .readCurrent(['x']),
    ),
    /^aws_profile_missing: there is no profile "gone"/,
  )
  t.is(aws.calls.length, 0)
})

test.serial('the external id goes along where a role is assumed', async (t) => {
  const settings = { ...AWS_SETTINGS, assumeRoleArn: 'arn:aws:iam::210987654321:role/theirs', externalId: 'of-us' }
  await runWith(aws.env).actor(settings)
  t.like(aws.callsTo('AssumeRole')[0]?.params, { RoleArn: settings.assumeRoleArn, ExternalId: 'of-us' })
})

test.serial('a run in another account than the expected one is blocked', async (t) => {
  const { signal } = new AbortController()
  const dependencies = { ...runWith(aws.env), signal }
  t.is(await assertAccount(AWS_SETTINGS, dependencies), null)
  t.is(aws.calls.length, 0)
  t.is(
    (await assertAccount({ ...AWS_SETTINGS, expectedAccount: '123456789012' }, dependencies))?.account,
    '123456789012',
  )
  const error = await t.throwsAsync(assertAccount({ ...AWS_SETTINGS, expectedAccount: '210987654321' }, dependencies), {
    instanceOf: BlockedError,
  })
  t.is(error.problems[0]?.code, 'foreign_account')
  t.is(error.exitCode, 4)
})
