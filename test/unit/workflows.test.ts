/** The workflows for GitHub run the npm scripts that a person runs, with no more rights than they need. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import yaml from 'js-yaml'
import * as v from 'valibot'
import { POSTGRES_VERSIONS } from '../support/postgres.ts'
import { ROOT } from '../support/documents.ts'

const FOLDER = join(ROOT, '.github', 'workflows')
const Step = v.looseObject({ uses: v.optional(v.string()), run: v.optional(v.string()), with: v.optional(v.unknown()) })
const Job = v.looseObject({
  'timeout-minutes': v.pipe(v.number(), v.maxValue(120)),
  permissions: v.optional(v.unknown()),
  strategy: v.optional(v.looseObject({ matrix: v.record(v.string(), v.array(v.unknown())) })),
  steps: v.array(Step),
})
const Workflow = v.looseObject({
  name: v.string(),
  on: v.record(v.string(), v.unknown()),
  permissions: v.strictObject({ contents: v.literal('read') }),
  concurrency: v.looseObject({ group: v.string() }),
  jobs: v.record(v.string(), Job),
})
const Manifest = v.object({
  scripts: v.record(v.string(), v.string()),
  dependencies: v.record(v.string(), v.string()),
})
const Servers = v.object({ optionalDependencies: v.record(v.string(), v.string()) })
const Updates = v.looseObject({
  version: v.literal(2),
  updates: v.array(
    v.looseObject({
      'package-ecosystem': v.string(),
      groups: v.record(v.string(), v.looseObject({ patterns: v.optional(v.array(v.string()), []) })),
    }),
  ),
})

const manifest = v.parse(Manifest, JSON.parse(read('package.json')))
const files = readdirSync(FOLDER)
  .filter((name) => /\.ya?ml$/.test(name))
  .sort()
const workflows = files.map((file): [string, v.InferOutput<typeof Workflow>] => [
  file,
  v.parse(Workflow, yaml.safeLoad(read(`.github/workflows/${file}`))),
])
const jobs = workflows.flatMap(([file, workflow]) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ title: `${file}: ${name}`, name, job })),
)

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** npm scripts that a text runs. */
function scriptsIn(value: unknown): string[] {
  return [...JSON.stringify(value).matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name = '']) => name)
}

test('every workflow is as a workflow has to be: least rights, one at a time, no job without an end', (t) => {
  t.true(workflows.some(([file]) => file === 'ci.yml'))
  t.deepEqual(
    jobs.filter(({ job }) => job.permissions !== undefined).map(({ title }) => title),
    [],
  )
})

test('actions have a version, and the checkout leaves no token behind', (t) => {
  const steps = jobs.flatMap(({ job }) => job.steps)
  const used = steps.filter(({ uses }) => uses !== undefined)
  t.deepEqual(
    used.filter(({ uses = '' }) => !/^[\w-]+\/[\w-]+@(?:v\d+(?:\.\d+)*|[0-9a-f]{40})$/.test(uses)),
    [],
  )
  const checkouts = used.filter(({ uses = '' }) => uses.startsWith('actions/checkout@'))
  t.is(checkouts.length, jobs.length)
  for (const checkout of checkouts) t.like(checkout.with, { 'persist-credentials': false })
})

test('what they run are npm scripts that exist, and everything that must hold is among it', (t) => {
  const run = jobs.flatMap(({ job }) => scriptsIn(job))
  t.deepEqual(
    run.filter((name) => manifest.scripts[name] === undefined),
    [],
  )
  const others = jobs
    .flatMap(({ job }) => job.steps.map((step) => step.run ?? 'npm run x'))
    .filter(
      (line) => !/^npm (?:run [\w:-]+(?: -- \S.*)?|ci --no-audit --no-fund)$|^\$\{\{ matrix\.run \}\}$/.test(line),
    )
  t.deepEqual(others, [])
  const wanted = [
    'typecheck',
    'lint',
    'build:check',
    'test:unit',
    'test:package',
    'test:versions',
    'test:terraform',
    'test:examples',
    'test:compat',
    'test:upgrade',
  ]
  t.deepEqual(
    [...wanted, 'test:browser'].filter((name) => !run.includes(name)),
    [],
  )
})

test('the integration tests run on every version of PostgreSQL that is promised', (t) => {
  const job = jobs.find(({ name }) => name === 'postgresql')?.job
  t.deepEqual(job?.strategy?.matrix['version'], [...POSTGRES_VERSIONS])
  t.true(job?.steps.some(({ run }) => run === 'npm run test:versions -- ${{ matrix.version }}'))
})

test('updates come in groups: the AWS SDK in one, the PostgreSQL packages in one', (t) => {
  const { updates } = v.parse(Updates, yaml.safeLoad(read('.github/dependabot.yml')))
  t.deepEqual(
    updates.map((update) => update['package-ecosystem']),
    ['npm', 'github-actions'],
  )
  const groups = updates[0]?.groups ?? {}
  const isIn = (group: string, name: string): boolean =>
    groups[group]?.patterns.some((pattern) => name.startsWith(pattern.replace('*', ''))) === true
  const sdk = Object.keys(manifest.dependencies).filter((name) => name.startsWith('@aws-sdk/'))
  t.true(sdk.length > 0 && sdk.every((name) => isIn('aws-sdk', name)))
  const { optionalDependencies } = v.parse(Servers, JSON.parse(read('test/support/postgres/package.json')))
  const servers = Object.keys(optionalDependencies)
  t.true(servers.length > 0 && servers.every((name) => isIn('postgresql-binaries', name)))
})
