import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { readCiIds } from '../../src/ci.ts'

test('outside of a CI system there are no ids', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ci-'))
  t.teardown(() => rm(folder, { recursive: true }))
  t.deepEqual(await readCiIds({ PATH: process.env['PATH'] }, folder), { buildId: null, runId: null })
})

const both = (id: string): object => ({ buildId: id, runId: id })

const SYSTEMS: readonly (readonly [string, Record<string, string>, object])[] = [
  [
    'GitHub Actions',
    { GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: '1658821493' },
    { buildId: '1658821493', runId: '1658821493' },
  ],
  ['GitLab', { GITLAB_CI: 'true', CI_PIPELINE_ID: '10', CI_JOB_ID: '99' }, { buildId: '10', runId: '99' }],
  ['Jenkins', { JENKINS_URL: 'http://ci', BUILD_NUMBER: '7', GIT_COMMIT: 'abc' }, { buildId: '7', runId: '7' }],
  ['HCP Terraform', { TFC_RUN_ID: 'run-CKuwsxMGgMd3W7Ui' }, both('run-CKuwsxMGgMd3W7Ui')],
  ['Scalr', { SCALR_RUN_ID: 'run-v0oabc' }, both('run-v0oabc')],
  ['Spacelift', { TF_VAR_spacelift_run_id: '01JKZAHVAQ' }, both('01JKZAHVAQ')],
  ['env0', { ENV0_DEPLOYMENT_LOG_ID: 'ec975e5e-f9a2' }, both('ec975e5e-f9a2')],
  ['Atlantis', { PULL_NUM: '12', HEAD_COMMIT: 'abc123' }, both('12-abc123')],
  ['a pull request without its commit', { PULL_NUM: '12', BUILDKITE: 'true' }, { buildId: null, runId: null }],
  [
    'HCP Terraform before what else is set',
    { TFC_RUN_ID: 'run-1', GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: '1' },
    both('run-1'),
  ],
  ['a system that gives no number', { BUILDKITE: 'true' }, { buildId: null, runId: null }],
  [
    'a number that cannot stand in a tag',
    { GITLAB_CI: 'true', CI_PIPELINE_ID: 'a\nb', CI_JOB_ID: '' },
    { buildId: null, runId: null },
  ],
  [
    'an event file that cannot be read',
    {
      GITHUB_ACTIONS: 'true',
      GITHUB_RUN_ID: '1',
      GITHUB_EVENT_NAME: 'pull_request_target',
      GITHUB_EVENT_PATH: '/nowhere',
    },
    { buildId: null, runId: null },
  ],
]
for (const [name, env, expected] of SYSTEMS) {
  test(`ids of ${name}`, async (t) => {
    t.deepEqual<object, object>(await readCiIds(env, process.cwd()), expected)
  })
}
