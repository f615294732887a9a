/**
 * Plan time and the script accept and refuse the same values, where plan time can tell (src/README.md: The declaration;
 * Names).
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { InvalidInputError } from '../../../src/errors.ts'
import { TAG_FIELDS } from '../../../src/model/tag.ts'
import type { Problem } from '../../../src/model/problem.ts'
import { checkRequest } from '../../../src/guardrails/request.ts'
import { parseDeclaration } from '../../../src/input/parse.ts'
import type { Value, Variables } from '../../support/terraform.ts'
import { makeRig, type Rig } from './rig.ts'
import { DECLARATIONS } from './declarations.ts'
import { SHORT_NAMES } from './value-lists.ts'
import { FIELDS } from './values.ts'

let rig: Rig
test.before(async () => {
  rig = await makeRig({})
  // Plan time looks for the file too.
  await mkdir(join(rig.stack.folder, 'a'))
  for (const file of ['a/b.pem', 'a b']) await writeFile(join(rig.stack.folder, file), '')
})
test.after.always(() => rig.stack.remove())

const LEAST = {
  environment: 'dev',
  instance: { host: 'orders.cluster.example.internal' },
  admin_secret_id: 'platform/dev/rds/provisioner',
}

/** What the script says of a declaration before it reads a secret. */
function scriptProblems(variables: Variables): readonly Problem[] {
  try {
    const { declaration } = parseDeclaration(JSON.stringify({ ...LEAST, ...variables }))
    return checkRequest(declaration, { approval: 'not_required', refusedApproval: null })
  } catch (error) {
    if (error instanceof InvalidInputError) return error.problems
    throw error
  }
}

const TEXTS: readonly Value[] = ['x', 'a b', 'é'.repeat(255), '', ' x', 'x ', 'x\ufeff', 'a\n', 'x'.repeat(256)]
const PROXIES: readonly Value[] = [
  'p.proxy-abc.eu-west-1.rds.amazonaws.com',
  'r.endpoint.proxy-abc.cn-north-1.rds.amazonaws.com.cn',
]
const HOSTS: readonly Value[] = [
  'db.example',
  '10.0.0.1',
  '::1',
  'fe80::1:2',
  'a_b',
  `x${'.x'.repeat(126)}`,
  '',
  'db:5432',
  'postgres://db/x',
  ' db',
  'db\n',
  '-db',
  'x'.repeat(254),
]
const PORTS: readonly Value[] = [1, 65535, '5432', null, 0, 65536, 1.5, 'ten', true, [5432]]
const SECRETS: readonly string[] = ['a/b', 'rds!db-1', '', 'a b', 'a\n', 'x'.repeat(2048), 'x'.repeat(2049)]
const SECONDS: readonly Value[] = [1, 2147483, 0, -1, 1.5, 2147484]

/** Values of the module's other variables; each list is tried one after the other, together with the others'. */
const VARIABLES: Readonly<Record<string, readonly Value[]>> = {
  'instance.host': [...HOSTS, ...PROXIES, null, ['x'], { a: 'x' }],
  'instance.port': PORTS,
  'instance.identifer': ['x', null],
  'instance.Port': [5432],
  'instance.database': SHORT_NAMES,
  'instance.identifier': TEXTS,
  'instance.resource_id': TEXTS,
  'connect_through.host': [...HOSTS, ...PROXIES],
  'connect_through.port': PORTS,
  'connect_through.prot': [5432],
  'tls.mode': ['verify-full', 'verify-ca', 'require', '', null, ['verify-ca']],
  'tls.ca_file': ['a/b.pem', 'a b', '', 'a\n', null, ['a'], { a: 'b' }],
  'tls.cafile': ['a/b.pem'],
  'tls.server_name': [...HOSTS, null],
  environment: ['dev', 'test', 'staging', 'prod', 'Dev', 'qa', ''],
  cluster_name: TEXTS,
  stack: TEXTS,
  build_id: TEXTS,
  run_id: TEXTS,
  accept_tags_from: [[], ['a/dev'], [''], ['a', ' b']],
  admin_secret_id: SECRETS,
  master_secret_id: SECRETS.map((value) => (value === '' ? value : `${value.slice(0, 2047)}m`)),
  admin_auth: ['password', 'iam', 'IAM', ''],
  admin_username: SHORT_NAMES,
  aws_region: ['eu-west-1', 'us-gov-east-1', '', 'eu', 'EU-west-1', 'eu-west-1 '],
  assume_role_arn: [
    'arn:aws:iam::123456789012:role/a/b',
    'arn:aws-cn:iam::123456789012:role/x',
    '',
    'role/x',
    'arn:aws:iam::1:role/x',
    'arn:aws:iam::123456789012:user/x',
    `arn:aws:iam::123456789012:role/${'x'.repeat(513)}`,
  ],
  aws_profile: TEXTS,
  external_id: ['ab', 'a', '', 'org/1:x', 'a b', 'x'.repeat(1224), 'x'.repeat(1225)],
  'runner.functoin': ['rds-provision'],
  'runner.function': [
    'rds-provision',
    'rds-provision:$LATEST',
    'arn:aws:lambda:eu-west-1:123456789012:function:rds-provision',
    'arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:rds_provision:7',
    '',
    'a b',
    'a/b',
    'arn:aws:lambda:eu-west-1:1:function:x',
    'arn:aws:iam::123456789012:role/x',
    'x'.repeat(65),
  ],
  expected_account: ['123456789012', '12345678901', '', '12345678901a'],
  secret_prefix: SECRETS,
  tags: [
    {},
    { Team: 'x' },
    { Team: '' },
    { 'é ü': 'x' },
    { '': 'x' },
    { ' x': 'x' },
    ...TAG_FIELDS.map((field) => ({ [field]: 'x' })),
    { Team: 'a\n' },
    { ['x'.repeat(256)]: 'x' },
  ],
  cleanup_policy: ['retain', 'disable', 'release', 'delete', 'snapshot-and-delete', 'drop', ''],
  governance_dir: ['a/b', '', 'a\n'],
  audit_dir: ['a/b', '', 'a\n'],
  max_connections: [1, 1000, 0, 1001, 1.5],
  verify_logins: ['all', 'changed', 'All', 'never', ''],
  connect_timeout: SECONDS,
  lock_timeout: SECONDS,
}

/** `instance.port` = 0 as `{ instance: { host: …, port: 0 } }`, with all that are given together. */
function declare(cases: readonly { readonly path: string; readonly value: Value }[]): Variables {
  const variables: Record<string, Record<string, Value>> = {}
  const whole: Variables = {}
  for (const { path, value } of cases) {
    const [variable = '', field] = path.split('.')
    if (field === undefined) whole[variable] = value
    else
      variables[variable] = {
        ...(['tls', 'runner'].includes(variable) ? {} : LEAST.instance),
        ...variables[variable],
        [field]: value,
      }
  }
  return { ...whole, ...variables }
}

test.serial('each value of each variable of the module', async (t) => {
  const cases = Object.entries(VARIABLES).flatMap(([path, values]) =>
    values.map((value) => ({ path, value, isRefused: scriptProblems(declare([{ path, value }])).length > 0 })),
  )
  const own = rig.stack.variables
  const disagreements: string[] = []
  // Of the refused ones one of each variable a plan, all of which it must name; the accepted ones together must plan.
  for (const isRefused of [true, false]) {
    let left = cases.filter((item) => item.isRefused === isRefused)
    while (left.length > 0) {
      const round = left.filter(({ path }, at) => left.findIndex((item) => item.path === path) === at)
      left = left.filter((item) => !round.includes(item))
      rig.stack.variables = { ...own, ...declare(round) }
      const { code, text } = await rig.stack.plan()
      t.is(code, isRefused ? 1 : 2, text)
      disagreements.push(
        ...round
          .filter(({ path }) => isRefused && !text.includes(` ${path}: `))
          .map(({ path, value }) => `${path} = ${JSON.stringify(value)}`),
      )
    }
  }
  rig.stack.variables = own
  t.deepEqual(disagreements, [])
})

test.serial('each value of each field of an application', async (t) => {
  const cases = Object.entries(FIELDS).flatMap(([field, values]) => values.map((value) => ({ field, value })))
  const applications: Variables = Object.fromEntries(
    cases.map(({ field, value }, at) => [`a${String(at)}`, { [field]: value }]),
  )
  rig.stack.applications = applications
  const { code, output } = await rig.stack.plan()
  t.is(code, 1)
  const lines = output.replaceAll(/^│ ?/gm, '').split('\n')
  const disagreements = cases.filter(({ field, value }, at) => {
    const app = `a${String(at)}`
    // For itself alone: a name that several entries share is another problem.
    const isRefusedAtPlan = lines.some(
      (line) => line.startsWith(`${app}: `) && !/ is the login of several | owners: /.test(line),
    )
    return isRefusedAtPlan !== scriptProblems({ application_databases: { [app]: { [field]: value } } }).length > 0
  })
  t.deepEqual(
    disagreements.map(({ field, value }) => `${field} = ${JSON.stringify(value)}`),
    [],
  )
})

test.serial('declarations whose entries speak of one another', async (t) => {
  const disagreements: string[] = []
  for (const declared of DECLARATIONS) {
    rig.stack.applications = declared
    const { code, text } = await rig.stack.plan()
    const problems = scriptProblems({ application_databases: declared })
    if ((code === 1) !== problems.length > 0) disagreements.push(JSON.stringify(declared))
    for (const { application, field } of problems) t.true(text.includes(`${application ?? ''}: ${field}: `), text)
  }
  t.deepEqual(disagreements, [])
})
