/** AWS on its bad days: retried where that is safe, else one error with the call and the remedy, never a hang. */
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { describeProblem } from '../../../src/errors.ts'
import type { SnapshotSource } from '../../../src/model/snapshot.ts'
import { createSecretReader } from '../../../src/secrets/aws-secret-reader.ts'
import { iamToken } from '../../../src/secrets/iam-token.ts'
import { readActor } from '../../../src/secrets/identity.ts'
import { createSnapshotClient } from '../../../src/snapshot/client.ts'
import { type Aws, AWS_SETTINGS as SETTINGS, REGION, startAws } from '../../support/aws.ts'
import { count, IS_WHOLE } from '../../support/faults/intensity.ts'
import { launchBundle } from '../../support/launch.ts'
import { problemsOf } from '../../support/aws/problems.ts'

/** Short for those that wait for nothing but an end. */
const LIMITS = { connect: 1_000, request: 300, call: 15_000 }
const SHORT = { ...LIMITS, call: 1_500 }
const endpoint = { host: 'db.abc.eu-west-1.rds.amazonaws.com', port: 5432 }

const INSTANCE: SnapshotSource = { kind: 'instance', id: 'db' }
const CLUSTER: SnapshotSource = { kind: 'cluster', id: 'cluster' }

/** Made twice, they would be another call. */
const ASKS_FOR_SNAPSHOTS = new Set(['CreateDBSnapshot', 'CreateDBClusterSnapshot'])

interface Call {
  /** How the error names the service. */
  readonly service: string
  readonly action: string
  readonly make: () => Promise<unknown>
}

const snapshots = async <T>(
  use: (client: Awaited<ReturnType<typeof createSnapshotClient>>) => Promise<T>,
): Promise<T> => {
  const client = await createSnapshotClient(SETTINGS, LIMITS)
  return use(client).finally(() => {
    client.close()
  })
}
const CALLS: readonly Call[] = [
  {
    service: 'AWS Secrets Manager',
    action: 'BatchGetSecretValue',
    make: () => createSecretReader(SETTINGS, LIMITS).readCurrent(['a']),
  },
  {
    service: 'AWS Secrets Manager',
    action: 'GetSecretValue',
    make: () => createSecretReader(SETTINGS, LIMITS).readStage('a', 'AWSPENDING'),
  },
  { service: 'AWS STS', action: 'GetCallerIdentity', make: () => readActor(SETTINGS, LIMITS) },
  { service: 'Amazon RDS', action: 'DescribeDBInstances', make: () => snapshots((client) => client.locate('db')) },
  { service: 'Amazon RDS', action: 'DescribeDBSnapshots', make: () => snapshots((client) => client.list(INSTANCE)) },
  {
    service: 'Amazon RDS',
    action: 'DescribeDBSnapshots',
    make: () => snapshots((client) => client.find('snap', INSTANCE)),
  },
  {
    service: 'Amazon RDS',
    action: 'DescribeDBClusterSnapshots',
    make: () => snapshots((client) => client.list(CLUSTER)),
  },
  ...[INSTANCE, CLUSTER].map((source) => ({
    service: 'Amazon RDS',
    action: source === INSTANCE ? 'CreateDBSnapshot' : 'CreateDBClusterSnapshot',
    make: () => snapshots((client) => client.create('snap', source, new Map())),
  })),
]

interface Event {
  readonly title: string
  readonly strike: (aws: Aws, action: string) => void
  /** Field of the error; the service where it is not given. */
  readonly field?: string
  readonly message: RegExp
  readonly remedy: RegExp
  /** The call is made again by itself. */
  readonly isRetried: boolean
}

const CREDENTIALS = { field: 'AWS credentials', remedy: /valid now.*clock/ } as const
const NETWORK = { remedy: /network path/ } as const
const EVENTS: readonly Event[] = [
  {
    title: 'throttled for ever',
    strike: (aws, action) => {
      aws.throttle(action, Infinity)
    },
    message: /Throttl.*Rate exceeded/,
    remedy: /Run again later/,
    isRetried: true,
  },
  {
    title: '500 for ever',
    strike: (aws, action) => {
      aws.fail(action, { code: 'InternalFailure', status: 500 })
    },
    message: /InternalFailure/,
    ...NETWORK,
    isRetried: true,
  },
  {
    title: '503 for ever',
    strike: (aws, action) => {
      aws.fail(action, { code: 'ServiceUnavailable', status: 503 })
    },
    message: /ServiceUnavailable/,
    ...NETWORK,
    isRetried: true,
  },
  {
    title: 'every connection reset',
    strike: (aws, action) => {
      aws.reset(action, Infinity)
    },
    message: /ECONNRESET|socket hang up/,
    ...NETWORK,
    isRetried: true,
  },
  {
    title: 'no answer, ever',
    strike: (aws, action) => {
      aws.delay(action, 600_000)
    },
    message: /Timeout/,
    ...NETWORK,
    isRetried: true,
  },
  {
    title: 'an expired token',
    strike: (aws, action) => {
      aws.fail(action, {
        code: 'ExpiredTokenException',
        status: 400,
        message: 'The security token included in the request is expired',
      })
    },
    ...CREDENTIALS,
    message: /expired/,
    isRetried: false,
  },
  {
    title: 'an expired token, as STS and RDS say it',
    strike: (aws, action) => {
      aws.fail(action, { code: 'ExpiredToken', status: 403 })
    },
    ...CREDENTIALS,
    message: /ExpiredToken/,
    isRetried: false,
  },
  {
    title: 'a clock that is wrong for ever',
    strike: (aws, action) => {
      aws.fail(action, { code: 'RequestTimeTooSkewed', status: 403 })
    },
    ...CREDENTIALS,
    message: /RequestTimeTooSkewed/,
    isRetried: false,
  },
  {
    title: 'a wrong signature',
    strike: (aws, action) => {
      aws.fail(action, { code: 'SignatureDoesNotMatch', status: 403 })
    },
    ...CREDENTIALS,
    message: /SignatureDoesNotMatch/,
    isRetried: false,
  },
]

let aws: Aws
test.before(async () => {
  aws = await startAws()
  Object.assign(process.env, aws.env)
  aws.putInstance('db')
  aws.putCluster('cluster')
})
test.beforeEach(() => {
  aws.heal()
  aws.calls.length = 0
})
test.after.always(() => aws.stop())

for (const { title, strike, field, message, remedy, isRetried } of EVENTS) {
  test.serial(`${title}: one error that names the call's service and the remedy`, async (t) => {
    aws.putLogin('a', 'u', 'p')
    for (const action of new Set(CALLS.map((call) => call.action))) strike(aws, action)
    const answers = await Promise.all(CALLS.map(({ make }) => problemsOf(make())))
    for (const [index, { service, action }] of CALLS.entries()) {
      const [problem, ...others] = answers[index] ?? []
      t.is(problem?.field, field ?? service, `${action}: ${problem?.message ?? 'no error'}`)
      const told = problem === undefined ? '' : describeProblem({ ...problem, remedy: '' })
      t.is(told.split(service).length - 1, 1, `the service is named once: ${told}`)
      t.regex(problem?.message ?? '', message, action)
      t.true(told.includes(`${action} in ${REGION} at ${new URL(aws.endpoint).host}`), told)
      t.regex(problem?.remedy ?? '', remedy, action)
      t.deepEqual(others, [])
      const tries = aws.callsTo(action).length / CALLS.filter((call) => call.action === action).length
      t.is(tries > 1, isRetried, `${action}: ${String(tries)} tries`)
      count('events', 'AWS')
    }
  })
}

test.serial('denied: the secret or the permission is named', async (t) => {
  aws.putLogin('a', 'u', 'p')
  for (const { service, action, make } of CALLS.filter((call) => call.action !== 'BatchGetSecretValue')) {
    aws.deny(action)
    const [problem] = await problemsOf(make())
    t.regex(
      `${problem?.message ?? ''} ${problem?.remedy ?? ''}`,
      service === 'AWS STS' ? /permissions/ : new RegExp(`Allow (?:secretsmanager|rds):${action}\\b`),
      action,
    )
    t.true(problem?.message.includes(`${action} in ${REGION} at ${new URL(aws.endpoint).host}`), problem?.message)
    t.is(aws.callsTo(action).length, 1, 'a refusal is not asked for again')
    aws.heal()
    aws.calls.length = 0
    count('events', 'AWS')
  }
})

test.serial('what passes is waited for: one failure of each kind, then an answer', async (t) => {
  for (const { action, make } of CALLS.filter(
    (call) => call.action !== 'GetSecretValue' && !ASKS_FOR_SNAPSHOTS.has(call.action),
  )) {
    aws.calls.length = 0
    aws.putLogin('a', 'u', 'p')
    aws.throttle(action, 1)
    aws.fail(action, { code: 'InternalFailure', status: 500, times: 1 })
    aws.reset(action, 1)
    await t.notThrowsAsync(make(), action)
    t.is(aws.callsTo(action).length, 4, action)
    count('events', 'AWS', 3)
  }
})

test.serial('a clock of ours that is hours off is allowed for', async (t) => {
  for (const skew of [-7_200_000, 7_200_000]) {
    aws.putLogin('a', 'u', 'p')
    aws.skewClock(skew)
    for (const { action, make } of CALLS.filter((call) => !ASKS_FOR_SNAPSHOTS.has(call.action))) {
      aws.calls.length = 0
      await t.notThrowsAsync(make(), action)
      t.true(aws.callsTo(action).length > 1, action)
      count('events', 'AWS')
    }
  }
})

/** Takes connections and says nothing. */
async function silent(t: ExecutionContext): Promise<number> {
  const open = new Set<Socket>()
  const server = createServer((socket) => open.add(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Runs with other variables of AWS, the stub's keys taken away. */
async function withVariables<T>(variables: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
  const before = process.env
  process.env = { ...before, ...variables }
  delete process.env['AWS_ACCESS_KEY_ID']
  delete process.env['AWS_SECRET_ACCESS_KEY']
  try {
    return await work()
  } finally {
    process.env = before
  }
}

async function profile(t: ExecutionContext, text: string): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-provision-aws-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'config'), `[profile odd]\nregion = ${REGION}\n${text}\n`)
  return {
    AWS_PROFILE: 'odd',
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
  }
}

test.serial(
  'credentials that do not come: an instance or container that is silent, a process that hangs or fails, an unknown profile',
  async (t) => {
    const port = String(await silent(t))
    const sources: readonly (readonly [string, Record<string, string>])[] = [
      [
        'instance metadata',
        { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}` },
      ],
      ['container', { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/` }],
      ['credential_process that hangs', await profile(t, 'credential_process = sleep 3')],
      ['credential_process that fails', await profile(t, 'credential_process = false')],
      ['credential_process that talks nonsense', await profile(t, 'credential_process = echo no')],
      ['unknown profile', { ...(await profile(t, '')), AWS_PROFILE: 'no-such-profile' }],
    ]
    for (const [title, variables] of sources) {
      const calls = [
        () => readActor(SETTINGS, SHORT),
        () => createSecretReader(SETTINGS, SHORT).readCurrent(['a']),
        () => iamToken({ endpoint, username: 'u', aws: SETTINGS }, SHORT),
      ]
      const answers = await withVariables(variables, () => Promise.all(calls.map((call) => problemsOf(call()))))
      for (const [problem, ...others] of answers) {
        const [field, message] = problem === undefined ? [] : [problem.field, problem.message]
        if (field === 'AWS credentials') t.regex(message ?? '', /Could not load credentials/, title)
        else
          t.regex(
            `${field ?? ''}: ${message ?? ''}`,
            /^(AWS STS: GetCallerIdentity|AWS Secrets Manager: BatchGetSecretValue|IAM login token)( in eu-west-1)?: TimeoutError: no answer within 1.5 s/,
            title,
          )
        t.deepEqual(others, [])
      }
      count('events', 'AWS credentials')
    }
    t.is(aws.calls.length, 0)
  },
)

test.serial('a role that cannot be assumed: denied, throttled, silent', async (t) => {
  const settings = { ...SETTINGS, assumeRoleArn: 'arn:aws:iam::123456789012:role/provisioner' }
  const strikes: readonly ((aws: Aws) => void)[] = [
    (stub) => {
      stub.deny('AssumeRole')
    },
    (stub) => {
      stub.throttle('AssumeRole', Infinity)
    },
    (stub) => {
      stub.delay('AssumeRole', 600_000)
    },
  ]
  for (const strike of strikes) {
    aws.heal()
    strike(aws)
    const [problem, ...others] = await problemsOf(readActor(settings, LIMITS))
    t.regex(
      `${problem?.field ?? ''} ${problem?.message ?? ''}`,
      /^(?:assume_role_arn AWS STS: GetCallerIdentity in eu-west-1: AccessDenied|AWS STS GetCallerIdentity in eu-west-1: (?:Thrott|Timeout))/,
    )
    t.deepEqual(others, [])
    count('events', 'AWS')
  }
})

if (IS_WHOLE) {
  test.serial('the program itself ends, whatever hangs', async (t) => {
    const variables = await profile(t, 'credential_process = sleep 600')
    const input = JSON.stringify({
      environment: 'dev',
      instance: { host: 'localhost' },
      admin_secret_id: 'a',
      application_databases: {},
    })
    const { code, stdout, stderr } = await launchBundle(
      ['apply', '--audit-file', join(tmpdir(), 'rds-provision-hang.json')],
      { PATH: process.env['PATH'] ?? '', ...variables, AWS_ENDPOINT_URL: aws.endpoint, RDS_PROVISION_INPUT: input },
    ).ended
    t.is(code, 5)
    t.regex(stdout + stderr, /no answer within 60 s/)
    count('events', 'AWS')
  })
}
