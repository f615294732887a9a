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

const SYSTEMS: readonly (readonly [string, Record<string, string>, object])[] = [
  [
    'GitHub Actions',
    { GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: '1658821493' },
    { buildId: '1658821493', runId: '1658821493' },
  ],
  ['GitLab', { GITLAB_CI: 'true', CI_PIPELINE_ID: '10', CI_JOB_ID: '99' }, { buildId: '10', runId: '99' }],
  ['Jenkins', { JENKINS_URL: 'http://ci', BUILD_NUMBER: '7', GIT_COMMIT: 'abc' }, { buildId: '7', runId: '7' }],
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
